// npm run check:columns: prose and comments wrap at 100 columns. Tables, links and code blocks may
// be wider; code is left to the formatter (110).
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { filesOf } from "./files-of.mjs";
import { root } from "./install-and-build.mjs";

const MOST = 100;
const generated = new Set(["docs/conformance.md", "docs/listen.md"]);

const files = filesOf().filter((file) => /\.(c?ts|[cm]?js|c|h|md)$/.test(file) && !generated.has(file));
const wide = files.flatMap((file) => {
  const lines = readFileSync(join(root, file), "utf8").split("\n");
  const prose = file.endsWith(".md") ? markdownProse(lines) : comments(lines);
  return prose
    .filter(({ text }) => text.length > MOST && !/https?:\/\/|\{@link/.test(text))
    .map(({ number, text }) => `${file}:${number}: ${text.length} columns`);
});
for (const line of wide) console.error(line);
console.log(`${files.length} files, ${wide.length} lines of prose wider than ${MOST} columns`);
process.exitCode = wide.length === 0 ? 0 : 1;

/** The lines of Markdown outside code blocks and tables. */
function markdownProse(lines) {
  let isCode = false;
  return lines.flatMap((text, index) => {
    if (text.trimStart().startsWith("```")) isCode = !isCode;
    const isProse = !isCode && !/^ {4}|^\s*(\||```|<)/.test(text);
    return isProse ? [{ text, number: index + 1 }] : [];
  });
}

/** The lines that are comments and nothing else, outside the examples of doc comments. */
function comments(lines) {
  let isExample = false;
  return lines.flatMap((text, index) => {
    if (/^\s*\*\s*```/.test(text)) isExample = !isExample;
    const isComment = /^\s*(\/\/|\*|\/\*)/.test(text);
    return isComment && !isExample ? [{ text, number: index + 1 }] : [];
  });
}
