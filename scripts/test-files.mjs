import { readdirSync } from "node:fs";
import { join, posix, sep } from "node:path";
import { root } from "./install-and-build.mjs";

/** These run under `npm run check:ecosystem`, with additional packages. */
const ECOSYSTEM = "build/test/ecosystem/";

/**
 * The compiled tests, or those whose path contains one of the words, as paths from the root:
 * build/src/posix/listen.test.js.
 */
export function testFiles(wanted) {
  return allTestFiles()
    .filter((path) => !path.startsWith(ECOSYSTEM))
    .filter((path) => wanted.length === 0 || wanted.some((part) => path.includes(part)));
}

/** The compiled tests of test/ecosystem/. */
export function ecosystemTests() {
  return allTestFiles().filter((path) => path.startsWith(ECOSYSTEM));
}

function allTestFiles() {
  // From the sources and not from build/, where the output of a deleted test may still lie.
  return ["src", "test"]
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true }).map((path) => join(folder, path)),
    )
    .map((path) => path.replaceAll(sep, posix.sep))
    .filter((path) => path.endsWith(".test.ts"))
    .map((path) => posix.join("build", path.replace(/\.ts$/, ".js")))
    .sort();
}
