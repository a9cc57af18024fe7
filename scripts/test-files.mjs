import { readdirSync } from "node:fs";
import { join, posix, sep } from "node:path";
import { root } from "./install-and-build.mjs";

/**
 * The compiled tests, or those whose path contains one of the words, as paths from the root:
 * build/src/posix/listen.test.js.
 */
export function testFiles(wanted) {
  // From the sources rather than build/, which may still contain the output of a deleted test.
  return ["src", "test"]
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true }).map((path) => join(folder, path)),
    )
    .map((path) => path.replaceAll(sep, posix.sep))
    .filter((path) => path.endsWith(".test.ts"))
    .filter((path) => wanted.length === 0 || wanted.some((part) => path.includes(part)))
    .map((path) => posix.join("build", path.replace(/\.ts$/, ".js")))
    .sort();
}
