// Finds the control sockets of this user's holds.
import { randomBytes } from "node:crypto";
import { existsSync, lstatSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "../../net/connection/connect.ts";
import { UsageError } from "../usage-error.ts";

const SUFFIX = ".sock";

/**
 * A socket's path has at most 107 bytes (103 on the BSDs), and `--ready notify` appends a worker's
 * run.
 */
const LONGEST = 90;

/** How many milliseconds connecting to a hold may take. */
const PATIENCE = 2000;

/** Not userInfo(), which throws if the user has no name, as in many containers. */
const userId = (): number | undefined => process.getuid?.();

/**
 * The folders that may be used, best first. After su or sudo, XDG_RUNTIME_DIR may still be another
 * user's.
 */
function controlFolders(): readonly string[] {
  const { XDG_RUNTIME_DIR: runtime } = process.env;
  const temporary = join(tmpdir(), `berkeley-${userId()}`);
  return runtime ? [join(runtime, "berkeley"), temporary] : [temporary];
}

/** Returns a path for a new control socket, in a folder that no other user may enter. */
export function newControlPath(): string {
  const reasons: string[] = [];
  for (const folder of controlFolders()) {
    // In a container, hold always has the same pid, and a killed one leaves its path behind.
    const path = join(folder, `${process.pid}-${randomBytes(4).toString("hex")}${SUFFIX}`);
    const reason = unusable(folder, path);
    if (reason === undefined) return path;
    reasons.push(reason);
  }
  throw new UsageError(
    `There is no folder for the control socket of --workers: ${reasons.join("; ")}. Set ` +
      "XDG_RUNTIME_DIR to a folder that you own.",
  );
}

/** Creates the folder; returns the reason it cannot be used, or undefined. */
function unusable(folder: string, path: string): string | undefined {
  if (Buffer.byteLength(path) > LONGEST) return `${folder} is too long for a socket's path`;
  try {
    if (!existsSync(folder)) mkdirSync(folder, { mode: 0o700 });
    return distrust(folder);
  } catch (error) {
    return `${folder} cannot be created (${error instanceof Error && "code" in error ? error.code : error})`;
  }
}

/** Returns the reason the folder cannot be trusted; undefined if no other user may enter it. */
function distrust(folder: string): string | undefined {
  const found = lstatSync(folder);
  if (!found.isDirectory()) return `${folder} is not a folder`;
  if (found.uid !== userId()) return `${folder} belongs to another user (${found.uid})`;
  if ((found.mode & 0o77) !== 0) return `others may enter ${folder} (chmod 700 it)`;
  return undefined;
}

/** The paths of the control sockets, including those that killed holds left behind. */
export const controlSockets = (): readonly string[] =>
  controlFolders().flatMap((folder) =>
    namesIn(folder)
      .filter((name) => name.endsWith(SUFFIX))
      .map((name) => join(folder, name)),
  );

/**
 * Removes paths that killed holds have left behind, including those of their workers. A pid of
 * another container means nothing here, so each hold is also asked whether it still runs.
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

/** The names in a folder; none if other users could have put some there. */
function namesIn(folder: string): readonly string[] {
  try {
    return distrust(folder) === undefined ? readdirSync(folder) : [];
  } catch {
    return [];
  }
}
