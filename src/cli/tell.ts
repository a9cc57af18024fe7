import type { Explanation } from "../diagnose/explanation.ts";
import { hostAndPort, pathText, printable, sentenceOf } from "../diagnose/sentences.ts";
import type { Output } from "./output.ts";
import { paragraph, withCommand } from "./paragraph.ts";

/** What is told below the first line is set in. */
const INDENT = 2;

/** Writes an account for people: what the matter is, what else there is to know, and what to do about it. */
export function tell({ address, verdict, causes, notes, advice }: Explanation, output: Output): void {
  const { write, colors, columns } = output;
  const name = address.family === "unix" ? printable(pathText(address)) : nameOf(address);
  const colour = { free: colors.green, taken: colors.red, unavailable: colors.red, unknown: colors.yellow }[
    verdict
  ];
  const [first = "free", ...others] = causes.map(sentenceOf);
  write(paragraph(`${colors.bold(name)}: ${colour(first)}`, columns));
  for (const other of others) write(paragraph(other, columns, INDENT));
  for (const note of notes) write(paragraph(colors.dim(note), columns, INDENT));
  const said = new Set<string>();
  for (const { sentence, command } of advice) {
    const lines =
      command === undefined
        ? paragraph(sentence, columns, INDENT)
        : withCommand(`${sentence} Run:`, colors.cyan(command), columns, INDENT);
    if (!said.has(lines)) write(lines);
    said.add(lines);
  }
}

/** Every address was asked about where no host was given. */
function nameOf(address: Parameters<typeof hostAndPort>[0]): string {
  const isEvery = address.address === "::" || address.address === "0.0.0.0";
  return isEvery ? `port ${address.port}` : hostAndPort(address);
}
