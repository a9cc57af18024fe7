// Where the control sockets of this user's holds are.
import { randomBytes } from "node:crypto";
import { existsSync, lstatSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "../../net/connection/connect.ts";
import { UsageError } from "../usage-error.ts";

const SUFFIX = ".sock";

/**
 * The longest path of a socket is 107 bytes (103 on the BSDs), and those of `--ready notify` have
 * the run of a worker behind it.
 */
const LONGEST = 90;

/** How long a hold may take to let us connect, in milliseconds. */
const PATIENCE = 2000;

/** Not userInfo(), which throws where the user has no name, as in many containers. */
const userId = (): number | undefined => process.getuid?.();

/**
 * The folders that may be used, the best one first. XDG_RUNTIME_DIR may still be another user's
 * after su or sudo.
 */
function controlFolders(): readonly string[] {
  const { XDG_RUNTIME_DIR: runtime } = process.env;
  const temporary = join(tmpdir(), `berkeley-${userId()}`);
  return runtime ? [join(runtime, "berkeley"), temporary] : [temporary];
}

/** A path for a new control socket, in a folder that no one else may enter. */
export function newControlPath(): string {
  const reasons: string[] = [];
  for (const folder of controlFolders()) {
    // A container's hold always has the same pid, and one that was killed left its path behind.
    const path = join(folder, `${process.pid}-${randomBytes(4).toString("hex")}${SUFFIX}`);
    const reason = unusable(folder, path);
    if (reason === undefined) return path;
    reasons.push(reason);
  }
  throw new UsageError(
    `There is no folder for the socket of --workers: ${reasons.join("; ")}. Set ` +
      "XDG_RUNTIME_DIR to a folder of yours.",
  );
}

/** Makes the folder; returns why it cannot be used. */
function unusable(folder: string, path: string): string | undefined {
  if (Buffer.byteLength(path) > LONGEST) return `${folder} is too long for the path of a socket`;
  try {
    if (!existsSync(folder)) mkdirSync(folder, { mode: 0o700 });
    return distrust(folder);
  } catch (error) {
    return `${folder} cannot be made (${error instanceof Error && "code" in error ? error.code : error})`;
  }
}

/** Undefined if no one else may enter the folder; otherwise why it is not to be trusted. */
function distrust(folder: string): string | undefined {
  const found = lstatSync(folder);
  if (!found.isDirectory()) return `${folder} is not a folder`;
  if (found.uid !== userId()) return `${folder} belongs to another user (${found.uid})`;
  if ((found.mode & 0o77) !== 0) return `others may enter ${folder} (chmod 700 it)`;
  return undefined;
}

/** The paths of the control sockets, some of which may be of holds that were killed. */
export const controlSockets = (): readonly string[] =>
  controlFolders().flatMap((folder) =>
    namesIn(folder)
      .filter((name) => name.endsWith(SUFFIX))
      .map((name) => join(folder, name)),
  );

/**
 * Removes what holds that were killed have left, also of their workers. A process of another
 * container's may have any number: it is asked as well.
 */
export async function removeStale(): Promise<void> {
  for (const folder of controlFolders())
    for (const name of namesIn(folder)) {
      const [, socket = "", pid] = /^((\d+)-[\da-f]{8}\.sock)(\.|$)/.exec(name) ?? [];
      if (pid === undefined || isRunning(Number(pid)) || (await answers(join(folder, socket)))) continue;
      rmSync(join(folder, name), { force: true });
    }
}

async function answers(path: string): Promise<boolean> {
  try {
    await using _connection = await connect({ path, timeout: PATIENCE });
    return true;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    return code !== "ECONNREFUSED" && code !== "ENOENT";
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** None where others could have put one. */
function namesIn(folder: string): readonly string[] {
  try {
    return distrust(folder) === undefined ? readdirSync(folder) : [];
  } catch {
    return [];
  }
}
