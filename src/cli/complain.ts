import { standardError } from "./output.ts";
import { paragraph, withCommand } from "./paragraph.ts";
import { joinLines, text } from "./terminal-text.ts";

/** Says on standard error what the matter is, and what to run about it. */
export function complain(message: string, command?: string): void {
  const { write, columns } = standardError();
  const words = text`berkeley: ${message}`;
  write(command === undefined ? paragraph(words, columns) : withCommand(words, command, columns));
}

/** Says that we have failed by a mistake of our own, with the stack for whoever reports it. */
export function complainOfDefect(error: unknown): void {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  standardError().write(text`${joinLines(`berkeley: ${stack}`.split("\n"))}\n`);
}
