import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { asyncApiTest, readText } from "../../../test/engine/async-api.ts";
import { type Exceptions, except } from "../../../test/platform.ts";
import type { AddressInput } from "../../address/address.ts";
import type { EngineName } from "../../engine/engine.ts";
import { AF, SOCK } from "../../posix/constants.ts";
import { Socket } from "../../posix/owned-socket.ts";
import { socketpair } from "../../posix/socketpair.ts";
import { connect } from "../connection/connect.ts";
import { listen } from "../listener/listen.ts";
import { handOver } from "./hand-over.ts";
import { takeOver } from "./take-over.ts";

const program = fileURLToPath(new URL("./hand-over.child.js", import.meta.url));

/** A server of which each generation hands over to the next one. */
interface Chain {
  readonly address: AddressInput;
  /** When the last process has ended, and the status of the first. */
  readonly ended: Promise<unknown[]>;
}

async function startChain(args: readonly (string | number)[]): Promise<Chain> {
  const child: ChildProcess = spawn(process.execPath, [program, "0", ...args.map(String)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  // All generations have its standard output: it ends with the last of them.
  const ended = once(child, "close");
  assert.ok(child.stdout !== null);
  const [line] = await once(child.stdout.setEncoding("utf8"), "data");
  return { address: JSON.parse(line), ended };
}

/** Asks for the generation on a connection of its own: whatever goes wrong is thrown. */
async function ask(address: AddressInput, question: string, engine: EngineName): Promise<number> {
  await using client = await connect({ address, engine });
  await client.write(Buffer.from(question));
  const answer = await readText(client);
  assert.match(answer, /^\d+\n$/);
  return Number(answer);
}

const CLIENTS = 4;

/**
 * Clients that ask all the time until the generation has come; gives how many answers there were,
 * and which generations.
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

const noMessages: Exceptions = { windows: "Windows passes no sockets between processes by messages" };

for (const transport of ["tcp", "unix"] as const) {
  const restarts = transport === "tcp" ? 50 : 5;
  asyncApiTest(
    `handOver: ${restarts} restarts under load over ${transport}, and no connection is refused, reset or lost`,
    async (engine, fixture) => {
      const path = transport === "unix" ? [join(fixture.folder(), "socket")] : [];
      const { address, ended } = await startChain([restarts, 20, engine, ...path]);
      const { answers, generations } = await load(address, restarts, engine);
      assert.ok(generations > 1 && answers >= restarts * 20, `${answers} answers of ${generations}`);
      // For a moment the one before the last accepts, too.
      while ((await ask(address, "quit", engine)) !== restarts);
      assert.deepEqual(await ended, [0, null]);
      // The first process made the path, and the last has removed it.
      for (const each of path) assert.ok(!existsSync(each));
    },
    noMessages,
  );
}

asyncApiTest(
  "handOver: what was accepted ahead is still given, and goes on; the other end of the channel is a program's own",
  async (engine, fixture) => {
    const [ours, theirs] = fixture.pair(SOCK.STREAM);
    const old = await listen({ host: "127.0.0.1", engine });
    const first = await connect({ address: old.address, engine });
    const loop = old[Symbol.asyncIterator]();
    const given = await loop.next();
    // It is asked for once more, so some are accepted ahead.
    const second = loop.next();
    const clients = await Promise.all(
      Array.from({ length: 4 }, () => connect({ address: old.address, engine })),
    );
    await second;
    const handed = handOver(old, ours);
    const taken = await takeOver({ channel: theirs });
    assert.deepEqual(taken.addresses, old.addresses);
    const renewed = await listen({ socket: taken, engine });
    taken.ready();
    await handed;
    assert.ok(old.closed && !renewed.closed);
    const late = await connect({ address: renewed.address, engine });
    let accepted = 2;
    for await (const connection of { [Symbol.asyncIterator]: () => loop }) {
      accepted += 1;
      await connection.close();
    }
    for (; accepted < 6; accepted++) await (await renewed.accept()).close();
    assert.equal(old.stats.dropped, 0);
    if (!given.done) await given.value.close();
    for (const each of [first, late, ...clients]) each.reset();
    const waiting = await second;
    if (!waiting.done) waiting.value.reset();
    await renewed.close({ drain: 0 });
    await old.close({ drain: 0 });
  },
  noMessages,
);

asyncApiTest(
  "handOver: a new process that ends, or is too slow, leaves the listener as it was",
  async (engine, fixture) => {
    const listener = await listen({ host: "127.0.0.1", engine });
    const [ours, theirs] = fixture.pair(SOCK.STREAM);
    theirs[Symbol.dispose]();
    await assert.rejects(handOver(listener, ours), { name: "BrokenPipe" });
    const [slow, silent] = fixture.pair(SOCK.STREAM);
    await assert.rejects(handOver(listener, slow, { timeout: 20 }), { name: "TimeoutError" });
    // It had come all the same, and is told when it says that it is ready.
    const taken = await takeOver({ channel: silent });
    assert.throws(() => taken.ready(), { name: "BrokenPipe" });
    taken[Symbol.dispose]();
    const client = await connect({ address: listener.address, engine });
    await (await listener.accept()).close();
    await client.close();
    await listener.close();
    const [late] = fixture.pair(SOCK.STREAM);
    await assert.rejects(handOver(listener, late), { name: "SocketClosed" });
  },
  noMessages,
);

test("takeOver: gives up, and says where nothing comes", except(noMessages), async () => {
  const [ours, theirs] = socketpair(AF.UNIX, SOCK.STREAM);
  await assert.rejects(takeOver({ channel: theirs, timeout: 10 }), { name: "TimeoutError" });
  assert.ok(theirs.closed);
  ours[Symbol.dispose]();
  const [left, right] = socketpair(AF.UNIX, SOCK.STREAM);
  left[Symbol.dispose]();
  await assert.rejects(takeOver({ channel: right }), { name: "BrokenPipe" });
});

test("handOver: what is malformed is refused", except(noMessages), async () => {
  await using listener = await listen({ host: "127.0.0.1" });
  // @ts-expect-error
  await assert.rejects(handOver({}, Socket), TypeError);
  const child = spawn(process.execPath, ["--version"], { stdio: "ignore" });
  const ended = once(child, "close");
  await assert.rejects(handOver(listener, child), /has no pipe as its descriptor 3/);
  await ended;
});

asyncApiTest(
  "handOver: a path that is another program's by the time of takeOver() is not removed",
  async (engine, fixture) => {
    const path = join(fixture.folder(), "socket");
    const [ours, theirs] = fixture.pair(SOCK.STREAM);
    const old = await listen({ path, engine });
    const handed = handOver(old, ours);
    const taken = await takeOver({ channel: theirs });
    unlinkSync(path);
    writeFileSync(path, "another program's");
    const renewed = await listen({ socket: taken, engine });
    taken.ready();
    await handed;
    await renewed.close();
    assert.ok(existsSync(path));
  },
  noMessages,
);
