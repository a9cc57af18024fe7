import { type ErrorOf, ErrorSet, type NameOf } from "../errors/error-set.ts";
import {
  BadFileDescriptor,
  ProcessFdQuotaExceeded,
  SystemFdQuotaExceeded,
  SystemResources,
  Unexpected,
} from "../errors/rows.ts";
import { unwrap } from "../errors/socket-error.ts";
import { host } from "../system/host.ts";
import { openReadinessQueue } from "../system/host-readiness-queue.ts";
import { READABLE, type ReadinessQueue, WRITABLE } from "../system/readiness-queue.ts";
import { wake } from "./wake.ts";

/** Everything that `watch()` can fail with. */
export const watchErrors = new ErrorSet("epoll_ctl", {
  AlreadyWatched: {
    codes: ["EEXIST"],
    sentence: "The descriptor is watched already.",
    advice: "Stop the first watch, or change what it waits for.",
  },
  BadFileDescriptor,
  OperationNotSupported: {
    codes: ["EPERM", "EINVAL", "ELOOP"],
    sentence: "The descriptor is of a kind that cannot be waited for, such as a regular file.",
  },
  ProcessFdQuotaExceeded,
  SystemFdQuotaExceeded,
  SystemResources: {
    ...SystemResources,
    codes: [...SystemResources.codes, "ENOSPC"],
    sentence: "The system is out of memory, or the user watches as many descriptors as allowed.",
    advice: "See fs.epoll.max_user_watches.",
  },
  Unexpected,
});

export type WatchErrorName = NameOf<typeof watchErrors>;
export type WatchError = ErrorOf<typeof watchErrors>;

/** Whether an error is one that `watch()` threw. */
export const isWatchError = (error: unknown): error is WatchError => watchErrors.has(error);

/** What to wait for. */
export type Interest = "readable" | "writable" | "both";

/** What a descriptor is ready for. One that has failed or hung up is ready for both: the next call on it tells. */
export interface Ready {
  readonly readable: boolean;
  readonly writable: boolean;
}

/** A descriptor that is watched. */
export interface Watch {
  /** Waits for something else from now on. */
  change(interest: Interest): void;
  /** Ends the watch for good. It must come before the descriptor is closed; it may be repeated. */
  stop(): void;
}

/**
 * Calls `handler` on the event loop whenever a descriptor is ready, for as long as it is. The process lives on until the
 * watch is stopped.
 *
 * A handler that throws stops its watch, and its error is an uncaught exception.
 *
 * @param fd an open, non-blocking descriptor; it stays the caller's
 * @throws WatchError named `AlreadyWatched`, `BadFileDescriptor`, `OperationNotSupported`, `ProcessFdQuotaExceeded`,
 * `SystemFdQuotaExceeded`, `SystemResources` or `Unexpected`
 */
export function watch(fd: number, interest: Interest, handler: (ready: Ready) => void): Watch {
  const { queue } = instance ?? start();
  const id = nextId();
  try {
    check(queue.add(fd, interests[interest], id, 0));
  } catch (error) {
    endIfIdle();
    throw error;
  }
  watched.set(id, { handler, stop });
  function stop() {
    if (!watched.delete(id)) return;
    queue.remove(fd);
    endIfIdle();
  }
  function change(to: Interest) {
    if (watched.has(id)) check(queue.change(fd, interests[to], id, 0));
  }
  return { change, stop };
}

const interests: Readonly<Record<Interest, number>> = {
  readable: READABLE,
  writable: WRITABLE,
  both: READABLE | WRITABLE,
};

interface Watched {
  readonly handler: (ready: Ready) => void;
  stop(): void;
}

// All watches of a thread share a queue, which exists for as long as there are any. It is the only descriptor
// on the runtime's loop, so a bad one of the caller's is an errno, and one that Node polls too does no harm.
const watched = new Map<number, Watched>();
let instance: { readonly queue: ReadinessQueue; readonly stopWaking: () => void } | undefined;
let lastId = 0;

function start(): { readonly queue: ReadinessQueue } {
  const queue = openReadinessQueue();
  if (typeof queue === "number") return unwrap(watchErrors.failure(host, queue), watch);
  instance = { queue, stopWaking: wake(queue.fd, () => dispatch(queue)) };
  return instance;
}

function endIfIdle() {
  if (watched.size > 0 || instance === undefined) return;
  instance.stopWaking();
  instance.queue.close();
  instance = undefined;
}

function dispatch(queue: ReadinessQueue) {
  const count = queue.look();
  // Handlers may start and stop watches, and so look again.
  const events = Array.from({ length: Math.max(0, count) }, (_, index) => ({
    id: queue.slot(index),
    ready: queue.ready(index),
  }));
  for (const { id, ready } of events) {
    // A handler that was called before this one may have stopped it.
    const found = watched.get(id);
    if (found === undefined) continue;
    try {
      found.handler({ readable: (ready & READABLE) !== 0, writable: (ready & WRITABLE) !== 0 });
    } catch (error) {
      found.stop();
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}

/** Every watch has a number of its own, so that an event of one that ended is never taken for a later one's. */
function nextId(): number {
  do lastId = (lastId + 1) >>> 0;
  while (watched.has(lastId));
  return lastId;
}

function check(returned: number): number {
  return returned >= 0 ? returned : unwrap(watchErrors.failure(host, returned), watch);
}
