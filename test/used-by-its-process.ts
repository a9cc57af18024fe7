import { SO } from "../src/options/so.ts";
import type { Socket } from "../src/posix/owned-socket.ts";
import { setsockopt } from "../src/posix/setsockopt.ts";

/**
 * For after bind() or listen(): Wine tells whose a socket is once its process has a descriptor of
 * it, and not its server alone: an option that Wine sets in the process itself takes care of that.
 * It changes nothing for the tests.
 */
export function usedByItsProcess(socket: Socket): Socket {
  if (process.platform === "win32") setsockopt(socket, SO.KEEPALIVE, true);
  return socket;
}
