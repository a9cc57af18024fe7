/**
 * How many milliseconds an error of the engine's own system call may last before it counts as
 * permanent: nothing will be sent or received any more, and programs must be notified.
 */
export const PATIENCE = 5000;
