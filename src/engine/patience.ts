/**
 * How many milliseconds an error of the engine's own system call may last before it counts as
 * permanent. After that nothing will be sent or received, and programs must be told.
 */
export const PATIENCE = 5000;
