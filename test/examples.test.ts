import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import * as posix from "../src/posix/index.ts";
import { docExamples, type Example, markdownExamples } from "./examples.ts";
import { root } from "./root.ts";

// Every example is compiled, strictly, as a program that uses the package, and run: it must end by
// itself, successfully, leave no socket open, and print what its comments say. Examples in doc
// comments have the names of berkeley/posix in scope; those of README.md must be complete.

const examples = [
  ...docExamples(root).map((example) => ({ ...example, code: prelude(example.code) + example.code })),
  ...markdownExamples(root, "README.md"),
  ...markdownExamples(root, "docs/simulated.md"),
];

// Inside the package, so that it finds itself by its name.
mkdirSync(join(root, ".cache"), { recursive: true });
const folder = mkdtempSync(join(root, ".cache/examples-"));
after(() => rmSync(folder, { recursive: true }));
const diagnostics = compile(examples);

test("there are examples", () => assert.ok(examples.length > 20, `found only ${examples.length}`));

for (const [index, example] of examples.entries()) {
  test(`the example of ${example.position} compiles${example.run ? " and runs" : ""}`, () => {
    assert.deepEqual(
      diagnostics.filter((line) => line.startsWith(`${fileName(index, example)}(`)),
      [],
    );
    if (example.run) run(index, example);
  });
}

/**
 * Imports the names of berkeley/posix that an example uses and does not import itself, as examples
 * of the async API do.
 */
function prelude(code: string): string {
  const own = [...code.matchAll(/^import \{([^}]*)\}/gm)].flatMap(([, names = ""]) => names.split(/[ ,]+/));
  const used = Object.keys(posix)
    .filter((name) => !own.includes(name))
    .filter((name) => new RegExp(`(?<![\\w.])${name}\\b`).test(code));
  return `import { ${used.join(", ")} } from "berkeley/posix";\n`;
}

function fileName(index: number, { language }: Example): string {
  return `example-${index}.${language}`;
}

/** Compiles all of them at once, and returns the compiler's lines. */
function compile(all: readonly Example[]): string[] {
  for (const [index, example] of all.entries())
    writeFileSync(join(folder, fileName(index, example)), example.code);
  const options = { rootDir: ".", outDir: "out", allowJs: true, incremental: false, declaration: false };
  const project = { extends: "../../tsconfig.json", compilerOptions: options, include: ["."] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(project));
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  const { stdout } = spawnSync(process.execPath, [compiler, "-p", ".", "--pretty", "false"], {
    cwd: folder,
    encoding: "utf8",
  });
  return stdout.split("\n").filter((line) => line !== "");
}

function run(index: number, example: Example): void {
  const program = join(folder, "out", `example-${index}.js`);
  const guard = new URL("example.child.js", import.meta.url).href;
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, ["--import", guard, program], {
    encoding: "utf8",
    timeout: 20_000,
  });
  assert.deepEqual({ status, signal, stderr }, { status: 0, signal: null, stderr: "" });
  compareOutput(example.code, stdout.split("\n").slice(0, -1));
}

/** Compares the output with the comments after console.log(): `// 5` or `// 0: the end`. */
function compareOutput(code: string, printed: readonly string[]): void {
  const expected = [...code.matchAll(/console\.log\(.*\);(?: \/\/ (.*))?$/gm)].map(([, comment]) => comment);
  if (expected.every((comment) => comment === undefined)) return;
  assert.equal(printed.length, expected.length, `it printed:\n${printed.join("\n")}`);
  for (const [index, line] of printed.entries()) {
    const comment = expected[index];
    if (comment === undefined) continue;
    const value = steady(line);
    assert.ok(steady(comment) === value || steady(comment).startsWith(`${value}:`), `${line} // ${comment}`);
  }
}

/** The text of a line on every host: with any port number, and Linux's usual somaxconn. */
function steady(line: string): string {
  const somaxconn = readFileSync("/proc/sys/net/core/somaxconn", "utf8").trim();
  return line
    .replaceAll("'", '"')
    .replace(/port: \d+/g, "port: 0")
    .replace(new RegExp(`\\b${somaxconn}\\b`, "g"), "4096");
}
