import assert from "node:assert/strict";
import { host } from "../src/system/host.ts";

/**
 * Closes a descriptor, behind the back of the Socket that owns it if there is one. fs.closeSync()
 * would not do: Deno's knows only what its own fs has opened, and a socket of Windows is no file.
 */
export function closeDescriptor(fd: number): void {
  assert.ok(host.close(fd) >= 0, `${fd} could not be closed`);
}
