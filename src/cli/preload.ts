import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { koffiFolder } from "../native/koffi-folder.ts";

/** What Node processes of a held command load, and what that requires. */
const MAIN = "node/held/preload.cjs";
const FILES = [
  MAIN,
  "node/held/accept-also.cjs",
  "node/held/channel.cjs",
  "node/held/drain.cjs",
  "node/held/pass-on.cjs",
  "node/held/sockets.cjs",
  "node/held/take-over.cjs",
  "native/inheritance.cjs",
];

const dist = fileURLToPath(new URL("../", import.meta.url));

let path: string | undefined;

/**
 * The file for `node --require`. A Node that cannot read it does not start, and the command may run
 * as another user (su, setpriv): where others cannot read our installation, as in a home directory
 * of mode 0700, they get a copy that lasts as long as this process.
 */
export function preload(): string {
  path ??= FILES.every((file) => isReadableByAll(join(dist, file))) ? join(dist, MAIN) : copied();
  return path;
}

function isReadableByAll(file: string): boolean {
  if ((statSync(file).mode & 0o004) === 0) return false;
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

function copied(): string {
  const folder = mkdtempSync(join(tmpdir(), "berkeley-hold-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  for (const file of FILES) {
    const to = join(folder, file);
    mkdirSync(dirname(to), { recursive: true });
    copyFileSync(join(dist, file), to);
    // Whatever the umask is.
    chmodSync(to, 0o644);
  }
  for (const each of ["", "native", "node", "node/held"]) chmodSync(join(folder, each), 0o755);
  // For the same user, who can follow it.
  mkdirSync(join(folder, "node_modules"), { mode: 0o755 });
  symlinkSync(koffiFolder(), join(folder, "node_modules/koffi"));
  return join(folder, MAIN);
}
