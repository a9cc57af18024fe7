// node hold.mjs COUNT: listens on this many ports of 127.0.0.1, prints them as a JSON array, and
// holds them until standard input ends.
import { AF, bind, close, getsockname, listen, SOCK, socket } from "../../dist/posix/index.js";

const sockets = Array.from({ length: Number(process.argv[2]) }, () => {
  const opened = socket(AF.INET, SOCK.STREAM);
  bind(opened, { family: "ipv4", address: "127.0.0.1", port: 0 });
  listen(opened, 16);
  return opened;
});
console.log(JSON.stringify(sockets.map((opened) => getsockname(opened).port)));
process.stdin.resume();
// Sockets in a closure are not garbage-collected, which would close them early.
process.stdin.once("end", () => {
  for (const opened of sockets) close(opened);
});
