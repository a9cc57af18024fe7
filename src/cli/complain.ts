import { standardError } from "./output.ts";
import { paragraph, withCommand } from "./paragraph.ts";

/** Says on standard error what the matter is, and what to run about it. */
export function complain(text: string, command?: string): void {
  const { write, columns } = standardError();
  const words = `berkeley: ${text}`;
  write(command === undefined ? paragraph(words, columns) : withCommand(words, command, columns));
}
