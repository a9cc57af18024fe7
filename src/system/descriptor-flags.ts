// Flags for descriptors from socket(), accept() and socketpair(). They are our own, since not every
// system has flags for both.

/** Child processes do not inherit the descriptor. */
export const CLOSE_ON_EXEC = 1;

/** Calls that would block fail instead. */
export const NONBLOCKING = 2;
