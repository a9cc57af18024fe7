// npm run soak: a million short connections to one server, on each engine. Afterwards it must have
// as many descriptors open as before, and be no larger. Exits with 1 otherwise.
import { readdirSync } from "node:fs";
import { parseArgs } from "node:util";
import { installAndBuild } from "../scripts/install-and-build.mjs";
import { resident } from "./engine/memory.mjs";
import { chosen, everyServer } from "./engine/servers.mjs";
import { during, serving, start } from "./engine/start.mjs";
import { processors } from "./machine.mjs";

/** A server's allowed growth: its garbage collector does not return everything. */
const ALLOWED = 8 << 20;
const AT_A_TIME = 64;
/** This many come first: after them V8's young generation, on Deno above all, keeps its size. */
const WARM_UP = 200_000;
const HOUR = 3_600_000;
/** How long a server may take to close the last connections, in milliseconds. */
const PATIENCE = 5000;

const mebibytes = (bytes) => (bytes / 2 ** 20).toFixed(1);

const { values: options } = parseArgs({
  options: {
    servers: { type: "string", default: "node20:uring,node20:readiness" },
    connections: { type: "string", default: "1000000" },
    help: { type: "boolean", default: false },
  },
});

if (options.help) {
  console.log(`npm run soak -- [--servers NAMES] [--connections N]

  --servers NAMES      those of npm run bench; node20:uring,node20:readiness by default
  --connections N      1000000 by default`);
  process.exit(0);
}

installAndBuild();
const programs = everyServer();
if (programs === undefined) process.exit(1);
const allowed = processors();
for (const server of chosen(programs.servers, options.servers)) {
  const { before, after, rate } = await soak(server);
  const grown = after.bytes - before.bytes;
  const well = after.descriptors === before.descriptors && grown <= ALLOWED;
  console.log(
    `${server.name}: ${options.connections} connections, ${rate} a second; ` +
      `descriptors ${before.descriptors}, then ${after.descriptors}; ` +
      `${mebibytes(before.bytes)} MiB, then ${mebibytes(after.bytes)}: ${well ? "well" : "FAILED"}`,
  );
  if (!well) process.exitCode = 1;
}

function soak(server) {
  return serving(server, "echo", allowed.at(-1), async ({ pid, port, tell, answer }) => {
    const state = async () => {
      tell("collect");
      await answer();
      return { descriptors: readdirSync(`/proc/${pid}/fd`).length, bytes: resident(pid) };
    };
    /** The load leaves the last connections open when it ends: the server must notice. */
    const rest = async ({ descriptors }) => {
      const end = performance.now() + PATIENCE;
      for (;;) {
        const now = await state();
        if (now.descriptors <= descriptors || performance.now() > end) return now;
      }
    };
    const connect = async (count) => {
      const command = [programs.load.plain, "connections", port, pid, 64, AT_A_TIME, HOUR, count].map(String);
      const { requests, seconds } = await during(start(command, allowed.at(-2) ?? allowed.at(-1)), (load) =>
        load.answer(HOUR),
      );
      return Math.round(requests / seconds);
    };
    const fresh = await state();
    await connect(WARM_UP);
    const before = await rest(fresh);
    const rate = await connect(Number(options.connections));
    return { before, after: await rest(before), rate };
  });
}
