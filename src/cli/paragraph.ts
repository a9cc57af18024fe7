import wrapAnsi from "wrap-ansi";

/** How far the lines after the first are set in. */
const HANG = 2;

/**
 * Sentences as lines of a screen, broken between words and never within one: a terminal itself breaks where its last column is. Without
 * columns it is one line. With a newline at the end.
 */
export function paragraph(text: string, columns: number | undefined, indent = 0): string {
  const first = " ".repeat(indent);
  if (columns === undefined) return `${first}${text}\n`;
  const lines = wrapAnsi(text, Math.max(1, columns - indent - HANG)).split("\n");
  return `${first}${lines.join(`\n${first}${" ".repeat(HANG)}`)}\n`;
}

/** Sentences and a command to run, which stands on one line: whoever copies a piece of a command would run another one. */
export function withCommand(text: string, command: string, columns: number | undefined, indent = 0): string {
  const whole = paragraph(`${text} ${command}`, columns, indent);
  return whole.indexOf("\n") === whole.length - 1
    ? whole
    : `${paragraph(text, columns, indent)}${" ".repeat(indent + HANG)}${command}\n`;
}
