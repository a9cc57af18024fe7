import { createRequire } from "node:module";
import { basename, dirname } from "node:path";

/** The folder of the package that is loaded from here. */
export function koffiFolder(): string {
  let folder = dirname(createRequire(import.meta.url).resolve("koffi"));
  while (basename(folder) !== "koffi" && folder !== dirname(folder)) folder = dirname(folder);
  return folder;
}
