import { errnoOfCall } from "../../native/failed-call.ts";
import { host } from "../../system/host.ts";
import { hasReadinessQueue, openReadinessQueue } from "../../system/host-readiness-queue.ts";
import type { ReadinessQueue } from "../../system/readiness-queue.ts";
import type { Engine } from "../engine.ts";
import { hasLibuv, type OnLoop, wakeUp } from "../wake.ts";
import { openAioBatch } from "./aio-batch.ts";
import { openLoopPoller } from "./loop-poller.ts";
import type { OpenPoller } from "./poller.ts";
import { QueuePoller } from "./queue-poller.ts";
import { ReadinessEngine } from "./readiness.ts";

/** A poller over a system queue whose descriptor the runtime's loop watches. */
const openQueuePoller: OpenPoller = (awake) => {
  const queue = openReadinessQueue();
  if (typeof queue === "number") return queue;
  // Register this before adding it to the loop, since thread cleanup runs in reverse order.
  host.closeAtThreadEnd(queue.fd);
  const onLoop = putOnLoop(queue, awake);
  if (typeof onLoop === "number") return onLoop;
  const { ref, unref, stop } = onLoop;
  return new QueuePoller(queue, {
    ref,
    unref,
    stop() {
      stop();
      host.keepAtThreadEnd(queue.fd);
    },
  });
};

/** Adds the queue to the runtime's loop. If that fails, closes it and returns a negative errno. */
function putOnLoop(queue: ReadinessQueue, awake: () => void): OnLoop | number {
  try {
    return wakeUp(queue.fd, awake);
  } catch (error) {
    host.keepAtThreadEnd(queue.fd);
    queue.close();
    return errnoOfCall(error);
  }
}

/**
 * If the system has a queue, the runtime's event loop watches only that; otherwise it watches each
 * descriptor.
 */
export const openPoller: OpenPoller = hasReadinessQueue ? openQueuePoller : openLoopPoller;

/** This thread's engine. */
export const readiness: Engine = new ReadinessEngine(host, openPoller, undefined, () => openAioBatch());

/** Returns the reason it is unavailable here; undefined if it is available. */
export function readinessLacks(): string | undefined {
  if (hasReadinessQueue || hasLibuv) return undefined;
  return "the system has no readiness queue for sockets, and the runtime has no libuv to poll them instead";
}
