import assert from "node:assert/strict";

const NOBODY = 65534;

/**
 * Drops root's rights for the rest of this program; setuid(2) away from 0 clears every capability.
 * Call it once everything is imported, since the program's own files may belong to root.
 */
export function becomeUnprivileged(): void {
  if (process.getuid?.() !== 0) return;
  process.setgroups?.([]);
  process.setgid?.(NOBODY);
  process.setuid?.(NOBODY);
  assert.equal(process.geteuid?.(), NOBODY);
}
