import { AsyncResource } from "node:async_hooks";
import { type Immediate, machineClock } from "../clock/clock.ts";
import { type OnLoop, onReadable, turnsWhileReadable } from "../native/event-loop.ts";
import { onReadableByThread } from "../native/poll-thread.ts";

export type { OnLoop };

/**
 * Whether the event loop is libuv's, and its functions can be called. Bun and Deno have another.
 */
export const hasLibuv: boolean = !("bun" in process.versions || "deno" in process.versions);

const putOnLoop = hasLibuv ? onReadable : onReadableByThread;

/**
 * Calls `handler` on the event loop whenever a descriptor is readable, for as long as it is: what
 * the handler does not read, it is called for again. The process lives on until `stop()`.
 *
 * A handler that throws is not called again, and its error is an uncaught exception.
 *
 * @param fd an open descriptor of the engine's own, of a kind that can be waited for: an epoll
 * instance or an eventfd. It must stay open until the end.
 */
export function wakeUp(fd: number, handler: () => void): OnLoop {
  let immediate: Immediate | undefined;
  // libuv runs immediates right after the descriptors that are ready, and before it looks at them
  // again. The handler waits for that. In the callback it would run outside of Node's own scope for
  // callbacks: ticks and promises would run in the midst of it, or not at all, and Node would end
  // the process (InternalCallbackScope::Close in src/api/callback.cc). koffi swallows what a
  // callback throws, besides, and ends the process where it calls process.exit() in a worker
  // thread.
  const { ref, unref, stop } = putOnLoop(fd, () => {
    immediate ??= machineClock.setImmediate(run);
  });
  function run() {
    immediate = undefined;
    try {
      handler();
    } catch (error) {
      end();
      throw error;
    }
  }
  function end() {
    machineClock.clearImmediate(immediate);
    stop();
  }
  return { ref, unref, stop: end };
}

/**
 * The same with less delay, for a handler that must not throw: it may be called in any turn of the
 * event loop, and is called in those that the descriptor brings about by being readable.
 */
export function wakeEachTurn(fd: number, handler: () => void): OnLoop {
  if (putOnLoop !== onReadable) return wakeUp(fd, handler);
  const { ref, unref, stop } = turnsWhileReadable(fd);
  // An immediate that does not hold the process does not keep the loop from waiting, either.
  let immediate = nobody.runInAsyncScope(() => machineClock.setImmediate(turn).unref());
  function turn() {
    immediate = machineClock.setImmediate(turn).unref();
    handler();
  }
  function end() {
    machineClock.clearImmediate(immediate);
    stop();
  }
  return { ref, unref, stop: end };
}

/**
 * Handlers are called in the context of nobody, as an AsyncLocalStorage sees it, and not of who
 * opened the first connection.
 */
const nobody = new AsyncResource("berkeley");
