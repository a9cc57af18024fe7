import { host } from "../../system/host.ts";
import { hasReadinessQueue, openReadinessQueue } from "../../system/host-readiness-queue.ts";
import type { Engine } from "../engine.ts";
import { hasLibuv, wakeUp } from "../wake.ts";
import { openAioBatch } from "./aio-batch.ts";
import { openLoopPoller } from "./loop-poller.ts";
import type { OpenPoller } from "./poller.ts";
import { QueuePoller } from "./queue-poller.ts";
import { ReadinessEngine } from "./readiness.ts";

/** A poller over a queue of the system, whose descriptor is on the runtime's loop. */
const openQueuePoller: OpenPoller = (awake) => {
  const queue = openReadinessQueue();
  if (typeof queue === "number") return queue;
  // Before it is put on the loop, since cleanup at the end of a thread runs in reverse order.
  host.closeAtThreadEnd(queue.fd);
  const { ref, unref, stop } = wakeUp(queue.fd, awake);
  return new QueuePoller(queue, {
    ref,
    unref,
    stop() {
      stop();
      host.keepAtThreadEnd(queue.fd);
    },
  });
};

/**
 * If the system has a queue, only its descriptor is on the runtime's event loop; otherwise each
 * descriptor is.
 */
export const openPoller: OpenPoller = hasReadinessQueue ? openQueuePoller : openLoopPoller;

/** This thread's engine. */
export const readiness: Engine = new ReadinessEngine(host, openPoller, undefined, () => openAioBatch());

/** The reason it is unavailable here; undefined if it is available. */
export function readinessLacks(): string | undefined {
  if (hasReadinessQueue || hasLibuv) return undefined;
  return "the system has no readiness queue for sockets, and the runtime has no libuv to poll them instead";
}
