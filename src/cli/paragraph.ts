import wrapAnsi from "wrap-ansi";
import { TerminalText, text, type Words } from "./terminal-text.ts";

/** How far the lines after the first are set in. */
const HANG = 2;

/**
 * Sentences as lines of a screen, broken between words and never within one: a terminal itself
 * breaks where its last column is. Without columns it is one line. With a newline at the end.
 */
export function paragraph(words: Words, columns: number | undefined, indent = 0): TerminalText {
  const { raw } = TerminalText.of(words);
  const first = " ".repeat(indent);
  if (columns === undefined) return TerminalText.trust(`${first}${raw}\n`);
  const lines = wrapAnsi(raw, Math.max(1, columns - indent - HANG)).split("\n");
  return TerminalText.trust(`${first}${lines.join(`\n${first}${" ".repeat(HANG)}`)}\n`);
}

/**
 * Sentences and a command to run, which stands on one line: whoever copies a piece of a command
 * would run another one.
 */
export function withCommand(
  words: Words,
  command: Words,
  columns: number | undefined,
  indent = 0,
): TerminalText {
  const whole = paragraph(text`${words} ${command}`, columns, indent);
  return whole.raw.indexOf("\n") === whole.raw.length - 1
    ? whole
    : text`${paragraph(words, columns, indent)}${" ".repeat(indent + HANG)}${command}\n`;
}
