// Run with few descriptors: uses them all up, gets the error for four connections, and accepts them
// once descriptors are free.
import { closeSync, openSync } from "node:fs";
import { engine } from "../../src/engine/choice.ts";
import { AF, bind, connect, getsockname, listen, SOCK, socket } from "../../src/posix/index.ts";
import { host } from "../../src/system/host.ts";
import { someTurns } from "./engine-test.ts";

const name = process.argv[2] === "readiness" ? "readiness" : "uring";
const listener = socket(AF.INET, SOCK.STREAM, 0, { nonblocking: true });
bind(listener, { family: "ipv4", address: "127.0.0.1", port: 0 });
listen(listener, 16);
const address = getsockname(listener);
const clients = Array.from({ length: 4 }, () => socket(AF.INET, SOCK.STREAM));

let accepted = 0;
const told: string[] = [];
const acceptor = engine(name).acceptor(listener.detach(), {
  onAccept() {
    accepted++;
  },
  onError(errno) {
    told.push(`failed ${host.errnoName(-errno)}`);
  },
});
// By now the engine has opened everything it needs for itself.
acceptor.accept(Number.POSITIVE_INFINITY);
await someTurns();

const used: number[] = [];
try {
  while (true) used.push(openSync("/dev/null", "r"));
} catch {
  // None is left.
}
for (const client of clients) connect(client, address);
while (told.length === 0) await someTurns();
await someTurns();
for (const fd of used.splice(0, 8)) closeSync(fd);
await someTurns();
acceptor.accept(Number.POSITIVE_INFINITY);
while (accepted < 4) await someTurns();
console.log(told.join("\n"));
console.log(`accepted ${accepted}`);
acceptor.close();
