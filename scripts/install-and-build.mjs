// What `npm start` and `npm test` need first: the dependencies, if package-lock.json is newer than they are, and the
// build, which is incremental.
import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Installs where something changed, and builds. Ends the process where one of them fails. */
export function installAndBuild() {
  install(root);
  run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", root]);
}

/** Installs the dependencies of a package's folder, if its package-lock.json is newer than they are. `options` are npm's. */
export function install(folder, options = []) {
  const wanted = modified(join(folder, "package-lock.json"));
  if (wanted > modified(join(folder, "node_modules/.package-lock.json")))
    run("npm", ["ci", ...options], folder);
}

/** Runs a command; ends the process where it fails. What it prints goes to standard error: output is the program's. */
export function run(command, args, cwd = root) {
  const { status, error } = spawnSync(command, args, { cwd, stdio: ["ignore", 2, 2] });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

function modified(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
