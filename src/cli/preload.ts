import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { koffiFolder } from "../native/koffi-folder.ts";

/** The file that the Node processes of a held command load. */
const FILE = "preload.cjs";
const installed = fileURLToPath(new URL(`../node/held/${FILE}`, import.meta.url));

/** Folders for a copy, best first. A temporary folder may be private to its user, too. */
const temporaryFolders = (): readonly string[] => [tmpdir(), "/tmp", "/var/tmp", "/dev/shm"];

let path: string | undefined;

/**
 * The file for `node --require`. Node does not start if it cannot read the file, and the command
 * may run as another user (su, setpriv). If other users cannot read our installation, for example
 * in a home directory of mode 0700, they get a copy that lasts as long as this process.
 */
export function preload(): string {
  // A cleaner of temporary folders may have removed the copy.
  if (path === undefined || !existsSync(path)) path = isOpenToAll(installed, 0o004) ? installed : copied();
  return path;
}

/** Whether other users can reach a file or folder, and have these permissions on it. */
function isOpenToAll(file: string, permissions: number): boolean {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined || (found.mode & permissions) === 0) return false;
  const folder = dirname(file);
  return folder === file || isOpenToAll(folder, 0o001);
}

function copied(): string {
  const parent = temporaryFolders().find((each) => isOpenToAll(each, 0o001)) ?? tmpdir();
  const folder = mkdtempSync(join(parent, "berkeley-hold-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const copy = join(folder, FILE);
  copyFileSync(installed, copy);
  // The link serves programs that run as the same user, who can follow it.
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(koffiFolder(), join(folder, "node_modules/koffi"));
  // Regardless of the umask.
  chmodSync(copy, 0o644);
  for (const each of ["", "node_modules"]) chmodSync(join(folder, each), 0o755);
  return copy;
}
