import type { Engine, PendingConnect } from "../../engine/engine.ts";
import { pendingError } from "../../engine/pending-error.ts";
import { host } from "../../system/host.ts";
import type { ValueResult } from "../../system/value-result.ts";

/**
 * Connects as the engine's own `connect()` does, for a family that io_uring cannot connect: it
 * calls connect() again once the socket is writable, and vsock_connect() of
 * net/vmw_vsock/af_vsock.c answers that with EALREADY.
 */
export function connectByPolling(
  engine: Engine,
  fd: number,
  address: ValueResult,
  done: (errno: number) => void,
): PendingConnect {
  const returned = host.connect(fd, address);
  const isUnderWay = host.errnoName(-returned) === "EINPROGRESS";
  return engine.poll(fd, "send", (errno) => {
    if (errno !== 0) done(errno);
    else done(isUnderWay ? pendingError(host, fd) : returned);
  });
}
