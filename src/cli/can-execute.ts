import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";

/** The error that execvp(3) would return for a program, ENOENT or EACCES; undefined if none. */
export function cannotExecute(program: string): Error | undefined {
  const folders = (process.env.PATH ?? "/usr/bin:/bin").split(delimiter);
  const candidates = program.includes("/")
    ? [program]
    : folders.map((folder) => join(folder || ".", program));
  const found = program === "" ? [] : candidates.filter(isThere);
  if (found.some(isExecutable)) return undefined;
  const code = found.length > 0 ? "EACCES" : "ENOENT";
  return Object.assign(new Error(`${code}: ${program}`), { code });
}

const isThere = (path: string) => statSync(path, { throwIfNoEntry: false }) !== undefined;

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
