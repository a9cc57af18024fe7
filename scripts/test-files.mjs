import { readdirSync } from "node:fs";
import { join, posix, sep } from "node:path";
import { root } from "./install-and-build.mjs";

/** The compiled tests of src/, or those whose path contains one of the words, as paths from the root: dist/posix/listen.test.js. */
export function testFiles(wanted) {
  // From src/ and not from dist/, where the output of a deleted test may still lie.
  return readdirSync(join(root, "src"), { recursive: true })
    .map((path) => path.replaceAll(sep, posix.sep))
    .filter((path) => path.endsWith(".test.ts"))
    .filter((path) => wanted.length === 0 || wanted.some((part) => path.includes(part)))
    .map((path) => posix.join("dist", path.replace(/\.ts$/, ".js")))
    .sort();
}
