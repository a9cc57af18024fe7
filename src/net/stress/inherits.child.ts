// Has sockets of every kind open, and prints which of them child processes have: none.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { connect } from "../connection/connect.ts";
import { listen } from "../listener/listen.ts";

const engine = process.argv[2] === "uring" ? "uring" : "readiness";
const server = await listen(
  { host: "localhost", engine },
  { data: (connection, bytes) => connection.write(bytes) },
);
const listener = await listen({ path: `\0berkeley-inherits-${process.pid}`, engine });
const clients = await Promise.all([
  connect({ address: server.address, engine }),
  connect({ address: listener.address, engine }),
]);
const accepted = await listener.accept();
accepted.read().catch(() => {});
const duplex = clients[1].toDuplex();
duplex.resume();
await clients[0].write("x");
await clients[0].read();

const list = ["-l", "/proc/self/fd"] as const;
// A child process, one forked by a shell, and one with an additional pipe.
const lists = [
  spawnSync("ls", list, { encoding: "utf8" }).stdout,
  spawnSync("sh", ["-c", "(ls -l /proc/self/fd); true"], { encoding: "utf8" }).stdout,
  execFileSync("ls", list, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore", "pipe"] }),
];
for (const text of lists) {
  const descriptors = text.split("\n").filter((line) => line.includes("->"));
  assert.ok(descriptors.length >= 3);
  // The pipes that Node creates for child processes are sockets, at 0 to 3.
  for (const line of descriptors) if (/ (?![0-3] )\d+ -> (socket:|anon_inode:)/.test(line)) console.log(line);
}
duplex.destroy();
accepted.reset();
clients[0].reset();
await Promise.all([server.close({ drain: 0 }), listener.close({ drain: 0 })]);
