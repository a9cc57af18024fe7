/**
 * What the user asked for cannot be done. The message is one sentence; the command prints it and
 * ends with status 2.
 */
export class UsageError extends Error {
  override readonly name = "UsageError";
  /** What to run about it; the message leads to it. */
  readonly command: string | undefined;

  constructor(
    message: string,
    { command, ...options }: ErrorOptions & { readonly command?: string | undefined } = {},
  ) {
    super(message, options);
    this.command = command;
  }
}
