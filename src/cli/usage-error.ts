/** A request that is wrong or cannot be met. The command prints the message and exits with 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  /** A command that helps; it is printed after the message. */
  readonly command: string | undefined;

  constructor(
    message: string,
    { command, ...options }: ErrorOptions & { readonly command?: string | undefined } = {},
  ) {
    super(message, options);
    this.command = command;
  }
}
