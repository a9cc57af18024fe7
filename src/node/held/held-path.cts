// The path of a held unix socket: programs write it in several ways, and remove it before they
// listen, because a server that crashed has left it behind. Here it is hold's.
const fs: typeof import("node:fs") = require("node:fs");
const { syncBuiltinESMExports }: typeof import("node:module") = require("node:module");
const { fileURLToPath }: typeof import("node:url") = require("node:url");

type HeldSocket = import("./sockets.cjs").HeldSocket;

/** Whether a path is a held socket's: not if its file was removed, as by `rm -f` in a script. */
function isPathOf({ path, file }: HeldSocket, asked: string): boolean {
  if (path === undefined || asked.startsWith("\0")) return path === asked;
  return file !== undefined && fileOf(asked) === file;
}

function fileOf(path: string): string | undefined {
  try {
    const { dev, ino } = fs.lstatSync(path, { bigint: true });
    return `${dev} ${ino}`;
  } catch {
    return undefined;
  }
}

/** Keeps this process from removing the paths of sockets: nobody could connect any more. */
function keepPaths(held: readonly HeldSocket[]): void {
  const kept = held.filter(({ file }) => file !== undefined);
  if (kept.length === 0) return;
  const keep = (module: object, name: string, instead: Call) => {
    const call: unknown = Reflect.get(module, name);
    if (!isCall(call)) return;
    Reflect.set(module, name, function (this: unknown, ...args: readonly unknown[]): unknown {
      const path = nameOf(args[0]);
      const isKept = path !== undefined && kept.some((each) => isPathOf(each, path));
      return isKept ? instead(...args) : Reflect.apply(call, this, args);
    });
  };
  for (const name of ["unlink", "rm"]) {
    keep(fs, `${name}Sync`, () => undefined);
    keep(fs.promises, name, () => Promise.resolve());
    keep(fs, name, (...args) => {
      const callback = args.at(-1);
      // Later, as if something had been done.
      if (isCall(callback)) fs.lstat(".", () => callback(null));
    });
  }
  // For programs that import the functions by name.
  syncBuiltinESMExports();
}

type Call = (...args: readonly unknown[]) => unknown;

const isCall = (value: unknown): value is Call => typeof value === "function";

/** Undefined for what node:fs refuses. */
function nameOf(path: unknown): string | undefined {
  if (typeof path === "string") return path;
  if (path instanceof Uint8Array) return Buffer.from(path).toString();
  try {
    return path instanceof URL ? fileURLToPath(path) : undefined;
  } catch {
    return undefined;
  }
}

/** What this module exports. */
export interface HeldPath {
  readonly isPathOf: typeof isPathOf;
  readonly keepPaths: typeof keepPaths;
}
const heldPath: HeldPath = { isPathOf, keepPaths };
module.exports = heldPath;
