import { PollHandle, UV_READABLE } from "./poll-handle.ts";

/**
 * Puts a descriptor on Node's event loop with libuv's uv_poll: `callback` is called whenever it is
 * readable, and the process lives on, until `stop()`; that may be called from inside the callback.
 *
 * Safety: `fd` must be open, of a kind that epoll takes, and stay open until the end. `callback`
 * must not throw, for koffi would swallow it, and must be short: a worker thread may be terminated
 * in it, and the rest of it is not run.
 *
 * koffi has a uv_poll of its own, koffi.node.poll(). It ends the process where uv_poll_init fails,
 * where a worker thread is terminated while its descriptor is ready, and where a closed handle is
 * stopped (3.3.4, src/koffi/src/uv.cc).
 */
export function onReadable(fd: number, callback: () => void): OnLoop {
  const handle = opened(fd, callback);
  check("uv_poll_start", handle.start(UV_READABLE));
  return onLoop(handle);
}

/**
 * The same, but that nothing is called: the loop takes a turn whenever the descriptor is readable,
 * immediates included. That costs some microseconds less.
 */
export function turnsWhileReadable(fd: number): OnLoop {
  const handle = opened(fd, () => {});
  check("uv_poll_start", handle.startSilently(UV_READABLE));
  return onLoop(handle);
}

/** A descriptor on the event loop. */
export interface OnLoop {
  /** Has it hold the process, as at the start. */
  ref(): void;
  /** Lets the process end though it is watched. */
  unref(): void;
  /** Ends it for good. May be repeated. */
  stop(): void;
}

function opened(fd: number, polled: () => void): PollHandle {
  const handle = PollHandle.open(fd, { polled });
  if (typeof handle !== "number") return handle;
  throw new Error(`uv_poll_init_socket failed: ${handle}`);
}

const onLoop = (handle: PollHandle): OnLoop => ({
  ref: () => handle.ref(),
  unref: () => handle.unref(),
  stop: () => handle.close(),
});

function check(call: string, returned: number) {
  if (returned !== 0) throw new Error(`${call} failed: ${returned}`);
}
