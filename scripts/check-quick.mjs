// npm run check:quick [-- BASE]: the checks that take under a minute. Format, types, layers,
// columns, names, and the tests of the folders' files that differ from BASE (by default from the
// branch's start on main, and in the working tree).
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { installAndBuildTests, root } from "./install-and-build.mjs";

/** After this, no further test file is started: the rest are for `npm test`. */
const ENOUGH = 45_000;
const began = performance.now();
let failed = 0;

const biome = join(root, "node_modules/@biomejs/biome/bin/biome");
check("format", [biome, "check", "--error-on-warnings", "."]);
check("columns", ["scripts/check-columns.mjs"]);
check("names", ["scripts/check-names.mjs"]);
// Exits if the types are wrong.
installAndBuildTests();
console.log("ok - types");
check("layers", ["--test", "build/src/layers.test.js"]);

const files = testsOfChanges();
let run = 0;
for (const file of files) {
  if (performance.now() - began > ENOUGH) break;
  check(file, ["--test", "--test-timeout=30000", file]);
  run += 1;
}
const left = files.slice(run);
if (left.length > 0) console.log(`not run, for lack of time: npm test -- ${left.map(source).join(" ")}`);
const seconds = Math.round((performance.now() - began) / 1000);
console.log(`${failed} failed, ${run} of ${files.length} changed tests run, ${seconds} s`);
process.exitCode = failed === 0 ? 0 : 1;

function check(what, args) {
  const { status, error, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 2 ** 26,
  });
  console.log(`${status === 0 ? "ok" : "not ok"} - ${what}`);
  if (status === 0) return;
  failed += 1;
  console.log(error ?? `${stdout}${stderr}`);
}

/** The compiled tests that changed, or that are named after a changed module or child program. */
function testsOfChanges() {
  const base = process.argv[2] ?? (git("merge-base", "HEAD", "main")[0] || "HEAD");
  const changed = [...git("diff", "--name-only", base), ...git("ls-files", "--others", "--exclude-standard")];
  const tests = changed
    .filter((file) => /^(src|test)\/.*\.ts$/.test(file))
    .map((file) => file.replace(/(\.(test|child|type-test))?\.ts$/, ".test.ts"))
    .filter((file) => existsSync(join(root, file)) && file !== "src/layers.test.ts");
  return [...new Set(tests)].sort().map((file) => join("build", file.replace(/\.ts$/, ".js")));
}

function git(...args) {
  const { stdout, status } = spawnSync("git", args, { cwd: root, encoding: "utf8" });
  return status === 0 ? stdout.split("\n").filter((line) => line !== "") : [];
}

function source(file) {
  return file.replace(/^build\/(src\/)?/, "").replace(/\.test\.js$/, "");
}
