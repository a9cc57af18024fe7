import assert from "node:assert/strict";
import { currentSystem } from "../src/system/current.ts";

/**
 * Closes a descriptor behind the back of the Socket that owns it, if any. fs.closeSync() will not
 * do: Deno's only knows files that its own fs has opened, and a Windows socket is not a file.
 */
export function closeDescriptor(fd: number): void {
  assert.ok(currentSystem().close(fd) >= 0, `cannot close ${fd}`);
}
