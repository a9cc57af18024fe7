/** Larger than any errno, so that the ranges cannot meet. */
const OFFSET = 0x1_0000;

/**
 * The number that an engine reports instead of an errno once its io_uring has failed permanently.
 * The errno is io_uring_enter()'s, so its meaning for the call in progress does not apply: EPERM is
 * not a firewall rule, and EBADF not a closed socket.
 */
export const ringErrno = (errno: number): number => errno - OFFSET;

/** The same for the readiness engine's queue: epoll_wait() or kevent(). */
export const queueErrno = (errno: number): number => errno - 2 * OFFSET;

/** Whether the engine itself has failed, rather than a call. */
export const isOfEngine = (errno: number): boolean => errno < -OFFSET;

/** The negative errno of io_uring_enter(); undefined if the error is another call's. */
export const errnoOfRing = (errno: number): number | undefined =>
  isOfEngine(errno) && errno >= -2 * OFFSET ? errno + OFFSET : undefined;

/** The negative errno of the readiness queue; undefined if the error is another call's. */
export const errnoOfQueue = (errno: number): number | undefined =>
  errno < -2 * OFFSET ? errno + 2 * OFFSET : undefined;
