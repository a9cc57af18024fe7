import { host } from "../../system/host.ts";
import { hasReadinessQueue } from "../../system/host-readiness-queue.ts";
import type { Engine } from "../engine.ts";
import { hasLibuv } from "../wake.ts";
import { openLoopPoller } from "./loop-poller.ts";
import type { OpenPoller } from "./poller.ts";
import { openQueuePoller } from "./queue-poller.ts";
import { ReadinessEngine } from "./readiness.ts";

/**
 * If the system has a queue, only its descriptor is on the runtime's event loop; otherwise each
 * descriptor is.
 */
export const openPoller: OpenPoller = hasReadinessQueue ? openQueuePoller : openLoopPoller;

/** This thread's engine. */
export const readiness: Engine = new ReadinessEngine(host, openPoller);

/** The reason it is unavailable here; undefined if it is available. */
export function readinessLacks(): string | undefined {
  if (hasReadinessQueue || hasLibuv) return undefined;
  return "the system has no readiness queue for sockets, and the runtime has no libuv to poll them instead";
}
