import assert from "node:assert/strict";
import { chownSync } from "node:fs";

const NOBODY = 65534;

/** Root may do everything, so permissions are tested as user nobody, who gets the files. */
export function asNobody(files: readonly string[], ask: () => void): void {
  assert.ok(process.geteuid !== undefined && process.seteuid !== undefined);
  if (process.geteuid() !== 0) {
    ask();
    return;
  }
  for (const file of files) chownSync(file, NOBODY, NOBODY);
  process.seteuid(NOBODY);
  try {
    ask();
  } finally {
    process.seteuid(0);
  }
}
