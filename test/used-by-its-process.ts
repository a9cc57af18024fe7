import { SO } from "../src/options/so.ts";
import type { Socket } from "../src/posix/owned-socket.ts";
import { setsockopt } from "../src/posix/setsockopt.ts";

/**
 * Call it after bind() or listen(): Wine reports a socket's owner only once the owning process
 * itself, and not just Wine's server, has a descriptor for it. Setting an option that Wine handles
 * in the process causes that, and changes nothing for the tests.
 */
export function usedByItsProcess(socket: Socket): Socket {
  if (process.platform === "win32") setsockopt(socket, SO.KEEPALIVE, true);
  return socket;
}
