import { openEpoll } from "./linux/epoll.ts";
import type { ReadinessQueue } from "./readiness-queue.ts";

/** A new queue of the system that this process runs on, or a negative errno. */
export const openReadinessQueue: () => ReadinessQueue | number = openEpoll;
