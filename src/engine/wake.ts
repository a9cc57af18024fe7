import { isMainThread } from "node:worker_threads";
import { type OnLoop, onReadable } from "../native/event-loop.ts";
import { onReadableByThread } from "../native/poll-thread.ts";

export type { OnLoop };

/** Bun and Deno have no libuv. */
const putOnLoop = "bun" in process.versions || "deno" in process.versions ? onReadableByThread : onReadable;

/**
 * Calls `handler` on the event loop whenever a descriptor is readable, for as long as it is: what the handler does not
 * read, it is called for again. The process lives on until the returned function is called, which ends it for good.
 *
 * A handler that throws is not called again, and its error is an uncaught exception.
 *
 * @param fd an open descriptor of the engine's own, of a kind that can be waited for: an epoll instance or an eventfd.
 * It must stay open until the end.
 */
export function wake(fd: number, handler: () => void): () => void {
  return wakeUp(fd, handler).stop;
}

/** The same, for one that is to hold the process at some times and not at others. */
export function wakeUp(fd: number, handler: () => void): OnLoop {
  let immediate: NodeJS.Immediate | undefined;
  // libuv runs immediates right after the descriptors that are ready, and before it looks at them again. The handler
  // waits for that, since koffi swallows what a callback throws, and ends the process where it calls process.exit() in a
  // worker thread.
  const { ref, unref, stop } = putOnLoop(fd, () => {
    immediate ??= setImmediate(run);
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
    clearImmediate(immediate);
    stop();
  }
  return { ref, unref, stop: end };
}

/**
 * The same with less delay, some 3 us of the processor for each time: on the main thread of Node the handler, which must not
 * throw, is called in the callback from native code. What promises and ticks it starts runs after it.
 */
export function wakeAtOnce(fd: number, handler: () => void): OnLoop {
  if (!isMainThread || putOnLoop !== onReadable || runTicks === undefined) return wakeUp(fd, handler);
  const ticks = runTicks;
  return onReadable(fd, () => {
    handler();
    // Node 20 to 24 would run them after the callback by themselves, Node 26 not until something else happens.
    try {
      ticks();
    } catch (error) {
      setImmediate(() => {
        throw error;
      });
    }
  });
}

/** Node's own, without documentation (lib/internal/process/task_queues.js): it runs ticks and microtasks. */
const runTicks = ticksOf(process);

function ticksOf(of: object): (() => void) | undefined {
  const run: unknown = Reflect.get(of, "_tickCallback");
  return typeof run === "function" ? () => Reflect.apply(run, of, []) : undefined;
}
