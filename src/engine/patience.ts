/**
 * For how many milliseconds an error of the engine's own call is taken to be temporary: after that
 * nothing will be sent or received any more, and programs should know.
 */
export const PATIENCE = 5000;
