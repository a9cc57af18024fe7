// Servers that hand over to one another, one after the other, while clients make requests. Each
// restart takes half a second: `npm run check:long` runs fifty of them, set by RESTARTS.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { asyncApiTest, readText } from "../../../test/engine/async-api.ts";
import type { AddressInput } from "../../address/address.ts";
import type { EngineName } from "../../engine/engine.ts";
import { connect } from "../connection/connect.ts";

const RESTARTS = Number(process.env.RESTARTS ?? 4);

const program = fileURLToPath(new URL("./hand-over-chain.child.js", import.meta.url));

/** A server each generation of which hands over to the next one. */
interface Chain {
  readonly address: AddressInput;
  /** Resolves when the last process has ended, with the exit status of the first. */
  readonly ended: Promise<unknown[]>;
}

async function startChain(args: readonly (string | number)[]): Promise<Chain> {
  const child: ChildProcess = spawn(process.execPath, [program, "0", ...args.map(String)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  // All generations share its standard output, which ends with the last of them.
  const ended = once(child, "close");
  assert.ok(child.stdout !== null);
  const [line] = await once(child.stdout.setEncoding("utf8"), "data");
  return { address: JSON.parse(line), ended };
}

/** Requests the generation on a new connection; throws on any failure. */
async function ask(address: AddressInput, question: string, engine: EngineName): Promise<number> {
  await using client = await connect({ address, engine });
  await client.write(Buffer.from(question));
  const answer = await readText(client);
  assert.match(answer, /^\d+\n$/);
  return Number(answer);
}

const CLIENTS = 4;

/**
 * Clients that make requests until the generation appears; returns the number of responses, and
 * their generations.
 */
async function load(address: AddressInput, last: number, engine: EngineName) {
  const seen = new Set<number>();
  let answers = 0;
  const client = async () => {
    while (!seen.has(last)) {
      seen.add(await ask(address, "?", engine));
      answers += 1;
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return { answers, generations: seen.size };
}

for (const transport of ["tcp", "unix"] as const) {
  asyncApiTest(
    `handOver: ${RESTARTS} restarts under load over ${transport} refuse, reset or lose no connection`,
    async (engine, fixture) => {
      const path = transport === "unix" ? [join(fixture.folder(), "socket")] : [];
      const { address, ended } = await startChain([RESTARTS, 20, engine, ...path]);
      const { answers, generations } = await load(address, RESTARTS, engine);
      assert.ok(generations > 1 && answers >= RESTARTS * 20, `${answers} answers of ${generations}`);
      // For a moment the one before the last accepts too.
      while ((await ask(address, "quit", engine)) !== RESTARTS);
      assert.deepEqual(await ended, [0, null]);
      // The first process created the path, and the last has removed it.
      for (const each of path) assert.ok(!existsSync(each));
    },
    { windows: "Windows cannot pass sockets between processes in messages" },
  );
}
