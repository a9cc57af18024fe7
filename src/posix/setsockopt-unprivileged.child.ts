// Run as root: becomes user nobody, and prints the kernel's answers to options that need a
// privilege.
import { SO } from "../options/so.ts";
import { TCP } from "../options/tcp.ts";
import { AF, SOCK } from "./constants.ts";
import { trySetsockopt } from "./setsockopt.ts";
import { socket } from "./socket.ts";

using client = socket(AF.INET, SOCK.STREAM);
process.setgroups?.([]);
process.setgid?.(65534);
process.setuid?.(65534);
const results = {
  SO_DEBUG: trySetsockopt(client, SO.DEBUG, true),
  SO_MARK: trySetsockopt(client, SO.MARK, 1),
  SO_PRIORITY: trySetsockopt(client, SO.PRIORITY, 7),
  SO_RCVBUFFORCE: trySetsockopt(client, SO.RCVBUFFORCE, 1 << 20),
  TCP_REPAIR: trySetsockopt(client, TCP.REPAIR, 1),
};
const told = Object.entries(results).map(([option, result]) => [
  option,
  result.ok ? ["success"] : [result.error.name, result.error.code],
]);
console.log(JSON.stringify(Object.fromEntries(told)));
