import { TerminalText, text, type Words } from "./terminal-text.ts";
import { wrap } from "./wrap.ts";

/** The indentation of the lines after the first. */
const HANG = 2;

/**
 * Wraps text between words, since a terminal breaks lines at its last column even within a word. If
 * `columns` is undefined, returns one line. Ends with a newline.
 */
export function paragraph(words: Words, columns: number | undefined, indent = 0): TerminalText {
  const { raw } = TerminalText.of(words);
  const first = " ".repeat(indent);
  if (columns === undefined) return TerminalText.trust(`${first}${raw}\n`);
  const lines = wrap(raw, Math.max(1, columns - indent - HANG));
  return TerminalText.trust(`${first}${lines.join(`\n${first}${" ".repeat(HANG)}`)}\n`);
}

/** Wraps text, but keeps the command after it on one line, so that it can be copied. */
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
