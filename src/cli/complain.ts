import { standardError } from "./output.ts";
import { paragraph, withCommand } from "./paragraph.ts";
import { joinLines, text } from "./terminal-text.ts";

/** Prints a problem on standard error, and a command that helps. */
export function complain(message: string, command?: string): void {
  const { write, columns } = standardError();
  const words = text`berkeley: ${message}`;
  write(command === undefined ? paragraph(words, columns) : withCommand(words, command, columns));
}

/** Prints an error caused by a bug in this package, with its stack for a bug report. */
export function complainOfDefect(error: unknown): void {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  standardError().write(text`${joinLines(`berkeley: ${stack}`.split("\n"))}\n`);
}
