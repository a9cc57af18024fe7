import type { Explanation } from "../diagnose/explanation.ts";
import { hostAndPort, messageOf, pathText } from "../diagnose/messages.ts";
import type { Output } from "./output.ts";
import { paragraph, withCommand } from "./paragraph.ts";
import { text } from "./terminal-text.ts";

/** What is told below the first line is set in. */
const INDENT = 2;

/**
 * Writes an account for people: what the matter is, what else there is to know, and what to do
 * about it.
 */
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

/** The address as it was asked about: every one where no host was given. */
export function nameOf(address: Explanation["address"]): string {
  if (address.family === "unix") return pathText(address);
  const isEvery = address.address === "::" || address.address === "0.0.0.0";
  return isEvery ? `port ${address.port}` : hostAndPort(address);
}
