import type { Ipv4Address, Ipv6Address } from "../address/address.ts";
import { machineClock } from "../clock/machine-clock.ts";
import { SO } from "../options/so.ts";
import { close } from "../posix/close.ts";
import { tryConnect } from "../posix/connect.ts";
import { AF, POLL, SOCK } from "../posix/constants.ts";
import { getsockopt } from "../posix/getsockopt.ts";
import type { Socket } from "../posix/owned-socket.ts";
import { poll } from "../posix/poll.ts";
import { socket } from "../posix/socket.ts";

/** How long to wait for an answer before connecting again, in milliseconds. */
const PATIENCE = 2000;

/** Finds a listener by connecting: one attempt at a time, closed as soon as it succeeds. */
export function connectionProbe(address: Ipv4Address | Ipv6Address): {
  isListening(): boolean;
  stop(): void;
} {
  let pending: { readonly socket: Socket; readonly since: number } | undefined;
  function stop() {
    if (pending !== undefined) close(pending.socket);
    pending = undefined;
  }
  function start(): boolean {
    const made = socket(address.family === "ipv6" ? AF.INET6 : AF.INET, SOCK.STREAM, 0, {
      nonblocking: true,
    });
    const connected = tryConnect(made, address);
    if (connected.ok || connected.error.name !== "ConnectionPending") close(made);
    else pending = { socket: made, since: machineClock.now() };
    return connected.ok;
  }
  function isListening(): boolean {
    if (pending === undefined) return start();
    const { socket, since } = pending;
    if (poll([{ socket, events: POLL.OUT }], 0).length === 0) {
      if (machineClock.now() - since > PATIENCE) stop();
      return false;
    }
    const error = getsockopt(socket, SO.ERROR);
    stop();
    return error === null;
  }
  return { isListening, stop };
}
