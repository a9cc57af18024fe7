// `old ENGINE` listens and hands over to a child process, `new ENGINE`, which takes over, prints
// "listening", and waits for a line before it calls ready(). Each ends by itself after a while.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { AF, SOCK } from "../../posix/constants.ts";
import { socketpair } from "../../posix/socketpair.ts";
import { listen } from "../listener/listen.ts";
import { handOver } from "./hand-over.ts";
import { takeOver } from "./take-over.ts";

const [program = "", role, engineName, namespace] = process.argv.slice(1);
const engine = engineName === "uring" ? "uring" : "readiness";
setTimeout(() => process.exit(9), 30_000).unref();

if (role === "old") {
  const server = await listen({ host: "127.0.0.1", engine }, {});
  const [ours, theirs] = socketpair(AF.UNIX, SOCK.STREAM);
  // The new process reads our descriptor 3: Node destroys the standard input of a child that has
  // ended.
  const next = [process.execPath, program, "new", engine];
  const [command = "", ...words] = namespace === undefined ? next : ["unshare", "--pid", "--fork", ...next];
  spawn(command, words, { stdio: [3, 1, 2, theirs.fd] });
  theirs[Symbol.dispose]();
  await handOver(server, ours);
} else {
  const taken = await takeOver();
  const server = await listen(
    { socket: taken, engine },
    { open: (connection) => connection.end("served by the new process") },
  );
  console.log(JSON.stringify({ port: server.port }));
  await once(process.stdin, "data");
  try {
    taken.ready();
    console.log(JSON.stringify({ ready: true }));
  } catch (error) {
    console.log(JSON.stringify({ ready: `${error}` }));
  }
  await once(process.stdin, "data");
  process.exit();
}
