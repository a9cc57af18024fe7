// A server that answers with its generation, and hands over to the next one after a number of
// connections, until the last generation, which ends when a client sends "quit". Its arguments: the
// generation, the last one, the number of connections, the engine; for the first generation, also
// where to listen. It prints its address.
import { spawn } from "node:child_process";
import { AF, SOCK } from "../../posix/constants.ts";
import { socketpair } from "../../posix/socketpair.ts";
import { listen } from "../listener/listen.ts";
import type { ListenOptions } from "../options/listen-options.ts";
import { handOver } from "./hand-over.ts";
import { type TakenOverSockets, takeOver } from "./take-over.ts";

const [program = "", generation = "", last = "", count = "", engine = "", path] = process.argv.slice(1);
const taken: TakenOverSockets | undefined = generation === "0" ? undefined : await takeOver();
const endpoint = path === undefined ? { host: "127.0.0.1" } : { path };
const where: ListenOptions = taken === undefined ? endpoint : { socket: taken };
let left = Number(count);

const server = await listen(
  { ...where, engine: engine === "uring" ? "uring" : "readiness" },
  {
    data(connection, bytes) {
      connection.write(Buffer.from(`${generation}\n`));
      void connection.end();
      if (bytes[0] === 113 && generation === last) void server.close({ drain: 10_000 });
      left -= 1;
      if (left === 0 && generation !== last) void next();
    },
  },
);
taken?.ready();
if (taken === undefined) console.log(JSON.stringify(server.address));

async function next(): Promise<void> {
  const [ours, theirs] = socketpair(AF.UNIX, SOCK.STREAM);
  const child = spawn(process.execPath, [program, `${Number(generation) + 1}`, last, count, engine], {
    stdio: [0, 1, 2, theirs.fd],
  });
  // It continues after this process has ended.
  child.unref();
  theirs[Symbol.dispose]();
  await handOver(server, ours, { drain: 10_000 });
}
