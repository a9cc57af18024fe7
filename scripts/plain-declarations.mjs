// Rewrites `Uint8Array<ArrayBufferLike>`, TypeScript 7's spelling of an inferred Uint8Array in a
// declaration, to `Uint8Array`. They are the same type, but before TypeScript 5.7 Uint8Array is not
// generic (TS2315).
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./install-and-build.mjs";

const dist = join(root, "dist");
for (const path of readdirSync(dist, { recursive: true })) {
  if (!path.endsWith(".d.ts")) continue;
  const file = join(dist, path);
  const text = readFileSync(file, "utf8");
  const plain = text.replaceAll("Uint8Array<ArrayBufferLike>", "Uint8Array");
  if (plain !== text) writeFileSync(file, plain);
}
