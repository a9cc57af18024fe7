/** What the user asked for cannot be done. The message is one sentence; the command prints it and ends with status 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
