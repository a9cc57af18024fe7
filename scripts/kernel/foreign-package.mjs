import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../install-and-build.mjs";

/**
 * Installs an npm package for another processor or C library into a folder; returns its location.
 */
export function installForeign(name, version, folder) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), "{}\n");
  // Only --force installs a package for another system.
  run("npm", ["install", "--no-save", "--force", `${name}@${version}`], folder);
  return join(folder, "node_modules", name);
}
