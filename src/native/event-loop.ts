import { FailedCall } from "./failed-call.ts";
import { PollHandle, UV_READABLE } from "./poll-handle.ts";

/**
 * Polls a descriptor on Node's event loop with libuv's uv_poll: calls `callback` whenever it is
 * readable, and keeps the process running until `stop()`, which may be called inside the callback.
 * Throws a FailedCall if that fails.
 *
 * Safety: `fd` must be open, of a kind that epoll accepts, and stay open until `stop()`. `callback`
 * must not throw, because koffi would swallow it, and must be short: if a worker thread is
 * terminated in it, the rest does not run.
 *
 * koffi's own uv_poll, koffi.node.poll(), aborts the process if uv_poll_init fails, if a worker
 * thread is terminated while its descriptor is ready, and if a closed handle is stopped (3.3.4,
 * src/koffi/src/uv.cc).
 */
export function onReadable(fd: number, callback: () => void): OnLoop {
  const handle = opened(fd, callback);
  check("uv_poll_start", handle.start(UV_READABLE));
  return onLoop(handle);
}

/**
 * The same without a callback: the loop takes a turn whenever the descriptor is readable,
 * immediates included. That saves some microseconds.
 */
export function turnsWhileReadable(fd: number): PausableOnLoop {
  const handle = opened(fd, () => {});
  const resume = () => check("uv_poll_start", handle.startSilently(UV_READABLE));
  resume();
  return { ...onLoop(handle), pause: () => handle.stop(), resume };
}

/** A descriptor on the event loop. */
export interface OnLoop {
  /** Keeps the process running, as by default. */
  ref(): void;
  /** Lets the process exit while it is polled. */
  unref(): void;
  /** Stops polling for good. May be called again. */
  stop(): void;
}

/** A descriptor on the event loop whose polling can pause, which costs no system call. */
export interface PausableOnLoop extends OnLoop {
  /** Stops polling, and does not keep the process running. */
  pause(): void;
  /** Resumes polling. May throw like the call that created it. */
  resume(): void;
}

function opened(fd: number, polled: () => void): PollHandle {
  const handle = PollHandle.open(fd, { polled });
  if (typeof handle !== "number") return handle;
  throw new FailedCall("uv_poll_init_socket", -handle);
}

const onLoop = (handle: PollHandle): OnLoop => ({
  ref: () => handle.ref(),
  unref: () => handle.unref(),
  stop: () => handle.close(),
});

function check(call: string, returned: number) {
  if (returned !== 0) throw new FailedCall(call, -returned);
}
