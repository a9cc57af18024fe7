import { KEVENT_SIZE } from "./bsd/kevent.ts";
import { openKqueue } from "./bsd/kqueue.ts";
import { darwinNumbers } from "./darwin/numbers.ts";
import { freebsdNumbers } from "./freebsd/numbers.ts";
import { host } from "./host.ts";
import { openEpoll } from "./linux/epoll.ts";
import type { ReadinessQueue } from "./readiness-queue.ts";

const queues: Readonly<Partial<Record<NodeJS.Platform, () => ReadinessQueue | number>>> = {
  darwin: () => openKqueue(KEVENT_SIZE.darwin, darwinNumbers.errnos),
  freebsd: () => openKqueue(KEVENT_SIZE.freebsd, freebsdNumbers.errnos),
  linux: openEpoll,
};

const here = queues[process.platform];

/** Whether the host's system has a readiness queue. Windows does not. */
export const hasReadinessQueue: boolean = here !== undefined;

/** Returns a new readiness queue, or a negative errno. */
export const openReadinessQueue: () => ReadinessQueue | number = here ?? (() => -host.errnos.EOPNOTSUPP);
