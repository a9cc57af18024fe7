// How socket(), accept() and socketpair() make their descriptors. They are flags of ours, since not
// every system has flags for both.

/** Programs that this process starts do not inherit the descriptor. */
export const CLOSE_ON_EXEC = 1;

/** Calls on it that would block fail instead. */
export const NONBLOCKING = 2;
