// Holds the sockets that its argument asks for until its standard input ends; prints their
// addresses, as JSON.
import { writeSync } from "node:fs";
import { IPV6 } from "../src/options/ipv6.ts";
import { SO } from "../src/options/so.ts";
import { bind } from "../src/posix/bind.ts";
import { close } from "../src/posix/close.ts";
import { AF, SOCK } from "../src/posix/constants.ts";
import { getsockname } from "../src/posix/getsockname.ts";
import { listen } from "../src/posix/listen.ts";
import { setsockopt } from "../src/posix/setsockopt.ts";
import { socket } from "../src/posix/socket.ts";
import type { HeldByChild, HoldRequest } from "./holding.ts";
import { becomeUnprivileged } from "./unprivileged.ts";
import { usedByItsProcess } from "./used-by-its-process.ts";

const { sockets, unprivileged = false, stubborn = false }: HoldRequest = JSON.parse(process.argv[2] ?? "");
if (unprivileged) becomeUnprivileged();
if (stubborn) process.on("SIGTERM", () => {});
const held = sockets.map(hold);
writeSync(1, `${JSON.stringify(held.map(getsockname))}\n`);
process.stdin.resume().on("end", () => {
  // They must stay reachable until here: a garbage-collected Socket is closed.
  held.forEach(close);
  process.exit();
});

function hold({ address, datagram = false, v6only, reusePort = false, backlog }: HeldByChild) {
  const domain = { ipv4: AF.INET, ipv6: AF.INET6, unix: AF.UNIX }[address.family];
  const made = socket(domain, datagram ? SOCK.DGRAM : SOCK.STREAM);
  if (v6only !== undefined) setsockopt(made, IPV6.V6ONLY, v6only);
  if (reusePort) setsockopt(made, SO.REUSEPORT, true);
  bind(made, address);
  if (backlog !== undefined) listen(made, backlog);
  return usedByItsProcess(made);
}
