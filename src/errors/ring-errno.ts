/** Larger than any errno, so that the two ranges cannot meet. */
const OFFSET = 0x1_0000;

/**
 * What an engine reports in place of an errno once its io_uring has failed for good. The errno is
 * io_uring_enter()'s, so its meaning for the call that was under way does not apply: EPERM is no
 * firewall rule, and EBADF no closed socket.
 */
export const ringErrno = (errno: number): number => errno - OFFSET;

/** The negative errno of io_uring_enter(); undefined if the error is a call's own. */
export const errnoOfRing = (errno: number): number | undefined =>
  errno < -OFFSET ? errno + OFFSET : undefined;
