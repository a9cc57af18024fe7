import { defined } from "../../invariant.ts";
import { PARAMS } from "../../system/linux/io-uring.ts";
import { linux } from "../../system/linux/linux.ts";
import type { Engine } from "../engine.ts";
import { hasLibuv } from "../wake.ts";
import { UringAcceptor } from "./acceptor.ts";
import { UringConnect } from "./connect.ts";
import { UringDatagrams } from "./datagrams.ts";
import { Loop } from "./loop.ts";
import { UringPoll } from "./poll.ts";
import { Ring } from "./ring.ts";
import { checked, setupRing } from "./ring-setup.ts";
import { UringStream } from "./stream.ts";
import { checkFeatures, unavailable } from "./unavailable.ts";

/** This thread's ring, or the reason there is none. */
let loop: Loop | string | undefined;

/** The engine on a loop; `getLoop` is called when something is opened. */
export const uringOn = (getLoop: () => Loop): Engine => ({
  name: "uring",
  system: linux,
  acceptor: (fd, handlers) => new UringAcceptor(getLoop(), fd, handlers),
  stream: (fd, handlers) => new UringStream(getLoop(), fd, handlers),
  connect: (fd, address, done) => new UringConnect(getLoop(), fd, address, done),
  poll: (fd, direction, done) => new UringPoll(getLoop(), fd, direction, done),
  datagrams: (fd, handlers) => new UringDatagrams(getLoop(), fd, handlers),
  busyPoll: (microseconds) => getLoop().tick.busyPoll.start(microseconds),
});

/** The io_uring engine: submits operations to the kernel, which reports when they complete. */
export const uring: Engine = uringOn(started);

/** Whether the last failure may be temporary. */
let mayRecover = false;

/**
 * Returns the reason io_uring is unavailable, or undefined. Keeps the ring that it created.
 *
 * @param again whether to retry after a lack of memory or descriptors
 */
export function uringLacks(again = false): string | undefined {
  if (loop === undefined || (again && mayRecover)) start();
  return typeof loop === "string" ? loop : undefined;
}

function started(): Loop {
  const lacks = uringLacks(true);
  if (loop instanceof Loop) return loop;
  throw new Error(`io_uring is unavailable: ${lacks}`);
}

function start(): void {
  try {
    loop = opened();
    mayRecover = false;
  } catch (error) {
    const { reason, mayPass } = unavailable(error);
    loop = reason;
    mayRecover = mayPass;
  }
}

/** Creates a ring and everything it needs. If this throws, it leaves nothing open. */
function opened(): Loop {
  const set = setupRing();
  const { fd, params } = set;
  checked("io_uring_setup", fd);
  try {
    checkFeatures(defined(params[PARAMS.features], "the kernel's structure has the word"));
  } catch (error) {
    linux.close(fd);
    throw error;
  }
  const ring = new Ring(set);
  try {
    checkWatched(ring);
    return new Loop(ring, failed);
  } catch (error) {
    ring.release();
    throw error;
  }
}

/** A thread that polls the ring for the loop (poll-thread.ts) was not always woken. */
function checkWatched({ watched, fd }: Ring): void {
  if (watched === fd && !hasLibuv)
    throw new Error(
      "this kernel may signal a ring's eventfd only once, as Linux 6.12.117 does, and only Node's event " +
        "loop can watch the ring itself",
    );
}

/** This thread's ring has failed permanently, so sockets opened from now on use another engine. */
function failed(errno: number): void {
  loop = `io_uring_enter failed with ${linux.errnoName(-errno) ?? -errno}`;
  mayRecover = false;
}
