import { AsyncResource } from "node:async_hooks";
import type { Immediate } from "../clock/clock.ts";
import { machineClock } from "../clock/machine-clock.ts";
import { type OnLoop, onReadable, type PausableOnLoop, turnsWhileReadable } from "../native/event-loop.ts";
import { onReadableByThread } from "../native/poll-thread.ts";

export type { OnLoop, PausableOnLoop };

/**
 * Whether the event loop is libuv's, and its functions can be called. Bun and Deno have different
 * loops.
 */
export const hasLibuv: boolean = !("bun" in process.versions || "deno" in process.versions);

const putOnLoop = hasLibuv ? onReadable : onReadableByThread;

/**
 * Calls `handler` from the event loop whenever a descriptor is readable, and again until the
 * handler has read everything. Keeps the process running until `stop()`.
 *
 * A handler that throws is not called again, and its error is an uncaught exception.
 *
 * @param fd an open, pollable descriptor that the engine owns: an epoll instance, an eventfd or a
 * ring. It must stay open until `stop()`
 */
export function wakeUp(fd: number, handler: () => void): OnLoop {
  let immediate: Immediate | undefined;
  // The handler runs from an immediate, which libuv runs right after the ready descriptors and
  // before it polls again. In the callback itself it would run outside Node's callback scope: ticks
  // and promises would run in the middle of it, or never, and Node would abort
  // (InternalCallbackScope::Close in src/api/callback.cc). Also, koffi swallows exceptions of a
  // callback, and aborts if it calls process.exit() in a worker thread.
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
 * Like `wakeUp()` with less delay, for a handler that does not throw. It may run in any turn of the
 * event loop, and always runs in those that the readable descriptor causes.
 */
export function wakeEachTurn(fd: number, handler: () => void): PausableOnLoop {
  if (putOnLoop !== onReadable) return wakeUpAgain(fd, handler);
  const onLoop = turnsWhileReadable(fd);
  // An unref'd immediate would not keep the loop from sleeping.
  let immediate: Immediate | undefined;
  const takeTurns = () =>
    nobody.runInAsyncScope(() => {
      immediate = machineClock.setImmediate(turn).unref();
    });
  function turn() {
    immediate = machineClock.setImmediate(turn).unref();
    handler();
  }
  const takeNone = () => machineClock.clearImmediate(immediate);
  takeTurns();
  return {
    ref: onLoop.ref,
    unref: onLoop.unref,
    pause() {
      takeNone();
      onLoop.pause();
    },
    resume() {
      onLoop.resume();
      takeTurns();
    },
    stop() {
      takeNone();
      onLoop.stop();
    },
  };
}

/** `wakeUp()`, started anew after each pause. */
function wakeUpAgain(fd: number, handler: () => void): PausableOnLoop {
  let onLoop = wakeUp(fd, handler);
  const stop = () => onLoop.stop();
  return {
    ref: () => onLoop.ref(),
    unref: () => onLoop.unref(),
    pause: stop,
    resume() {
      onLoop = wakeUp(fd, handler);
    },
    stop,
  };
}

/**
 * Handlers run in an empty AsyncLocalStorage context, not in the context that opened the first
 * connection.
 */
const nobody = new AsyncResource("berkeley");
