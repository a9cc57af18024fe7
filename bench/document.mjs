// docs/benchmarks.md, whose tables lie between two comments that name the command that writes them.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../scripts/install-and-build.mjs";

const DOCUMENT = join(root, "docs/benchmarks.md");

/** Replaces the parts between the comments of a command. */
export function writeBetween(command, parts) {
  const text = readFileSync(DOCUMENT, "utf8");
  const [BEGIN, END] = [`<!-- ${command}: begin -->`, `<!-- ${command}: end -->`];
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${DOCUMENT} has no "${BEGIN}" with its end`);
  writeFileSync(
    DOCUMENT,
    `${text.slice(0, begin + BEGIN.length)}\n\n${parts.join("\n")}\n${text.slice(end)}`,
  );
}
