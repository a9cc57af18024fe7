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
import {
  addToEpoll,
  changeInEpoll,
  createEpoll,
  EPOLLERR,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  readyInEpoll,
  removeFromEpoll,
} from "../system/linux/epoll.ts";
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
  const { epoll } = instance ?? start();
  const id = nextId();
  try {
    check(addToEpoll(epoll, fd, events[interest], id));
  } catch (error) {
    endIfIdle();
    throw error;
  }
  watched.set(id, { handler, stop });
  function stop() {
    if (!watched.delete(id)) return;
    removeFromEpoll(epoll, fd);
    endIfIdle();
  }
  function change(to: Interest) {
    if (watched.has(id)) check(changeInEpoll(epoll, fd, events[to], id));
  }
  return { change, stop };
}

const events: Readonly<Record<Interest, number>> = {
  readable: EPOLLIN,
  writable: EPOLLOUT,
  both: EPOLLIN | EPOLLOUT,
};

interface Watched {
  readonly handler: (ready: Ready) => void;
  stop(): void;
}

// All watches of a thread share an epoll instance, which exists for as long as there are any. It is the only descriptor
// on the runtime's loop, so a bad one of the caller's is an errno, and one that Node polls too does no harm.
const watched = new Map<number, Watched>();
let instance: { readonly epoll: number; readonly stopWaking: () => void } | undefined;
let lastId = 0;

function start(): { readonly epoll: number } {
  const epoll = check(createEpoll());
  instance = { epoll, stopWaking: wake(epoll, () => dispatch(epoll)) };
  return instance;
}

function endIfIdle() {
  if (watched.size > 0 || instance === undefined) return;
  instance.stopWaking();
  host.close(instance.epoll);
  instance = undefined;
}

function dispatch(epoll: number) {
  for (const { data, events } of readyInEpoll(epoll)) {
    const failed = (events & (EPOLLERR | EPOLLHUP)) !== 0;
    // A handler that was called before this one may have stopped it.
    const found = watched.get(data);
    if (found === undefined) continue;
    try {
      found.handler({
        readable: failed || (events & EPOLLIN) !== 0,
        writable: failed || (events & EPOLLOUT) !== 0,
      });
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
