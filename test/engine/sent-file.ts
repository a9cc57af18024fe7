import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Fixture } from "../fixture.ts";
import { eventually, someTurns } from "./engine-test.ts";

/** The bytes of a file too large for a socket to take at once. */
export const LARGE = 16_000_000;

export function fileWith(fixture: Fixture, bytes: Uint8Array | string): string {
  const path = join(fixture.folder(), "file");
  writeFileSync(path, bytes);
  return path;
}

/** Waits until a file is on its way, and no more of it is taken. */
export async function untilFull(sent: () => number): Promise<void> {
  await eventually(() => sent() > 0 || undefined);
  for (let quiet = 0, before = 0; quiet < 20; quiet++) {
    if (sent() !== before) quiet = 0;
    before = sent();
    await someTurns();
  }
}
