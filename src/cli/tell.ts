import type { Explanation } from "../diagnose/explanation.ts";
import { hostAndPort, messageOf, pathText } from "../diagnose/messages.ts";
import type { Output } from "./output.ts";
import { paragraph, withCommand } from "./paragraph.ts";
import { text } from "./terminal-text.ts";

/** The indentation below the first line. */
const INDENT = 2;

/** Prints an explanation for people: the causes, the notes, then the advice. */
export function tell({ address, verdict, causes, notes, advice }: Explanation, output: Output): void {
  const { write, styles, columns } = output;
  const colour = { free: styles.green, taken: styles.red, unavailable: styles.red, unknown: styles.yellow }[
    verdict
  ];
  const [first = "free", ...others] = causes.map(messageOf);
  write(paragraph(text`${styles.bold(nameOf(address))}: ${colour(first)}`, columns));
  for (const other of others) write(paragraph(other, columns, INDENT));
  for (const note of notes) write(paragraph(styles.dim(note), columns, INDENT));
  const said = new Set<string>();
  for (const { message, command } of advice) {
    const lines =
      command === undefined
        ? paragraph(message, columns, INDENT)
        : withCommand(`${message} Run:`, styles.cyan(command), columns, INDENT);
    if (!said.has(lines.raw)) write(lines);
    said.add(lines.raw);
  }
}

/** The address as the user gave it: a port alone means every address. */
export function nameOf(address: Explanation["address"]): string {
  if (address.family === "unix") return pathText(address);
  const isEvery = address.address === "::" || address.address === "0.0.0.0";
  return isEvery ? `port ${address.port}` : hostAndPort(address);
}
