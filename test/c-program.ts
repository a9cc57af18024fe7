import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";

/** A C statement that prints a number under a name. */
export const print = (name: string, expression: string): string =>
  `printf("%s %lld\\n", "${name}", (long long)(${expression}));`;

/**
 * The output of a C program with these statements. Skips, with the reason, if there is no compiler,
 * or a header is missing.
 */
export function printedByC(
  context: TestContext,
  headers: readonly string[],
  statements: readonly string[],
): Map<string, number> | undefined {
  const folder = mkdtempSync(join(tmpdir(), "berkeley-"));
  try {
    const source = join(folder, "names.c");
    const program = join(folder, "names");
    const includes = ["stddef.h", "stdio.h", "sys/socket.h", ...headers].map(
      (header) => `#include <${header}>`,
    );
    const main = ["int main(void) {", ...statements, "return 0; }"];
    writeFileSync(source, ["#define _GNU_SOURCE", ...includes, ...main].join("\n"));
    const compiler = spawnSync("gcc", ["-o", program, source], { encoding: "utf8" });
    if (compiler.error !== undefined) {
      context.skip(`cannot run gcc: ${compiler.error.message}`);
      return undefined;
    }
    if (/fatal error: .*No such file/.test(compiler.stderr)) {
      context.skip(`headers are missing: ${compiler.stderr}`);
      return undefined;
    }
    assert.equal(compiler.status, 0, compiler.stderr);
    const run = spawnSync(program, { encoding: "utf8" });
    assert.equal(run.status, 0, run.stderr);
    return new Map(
      run.stdout
        .trim()
        .split("\n")
        .map((line): [string, number] => {
          const [name = "", number] = line.split(" ");
          return [name, Number(number)];
        }),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}
