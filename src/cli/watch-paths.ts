import { type BigIntStats, statSync } from "node:fs";
import { relative } from "node:path";
import { type FSWatcher, watch } from "chokidar";
import type { Timer } from "../clock/clock.ts";
import { machineClock } from "../clock/machine-clock.ts";
import { UsageError } from "./usage-error.ts";

/**
 * Editors and compilers write in bursts, so a restart waits until nothing has changed for this many
 * milliseconds.
 */
const QUIET = 100;

/** How often to check whether a whole path was replaced, in milliseconds. */
const LOOK = 1000;

/** Throws if one of the paths does not exist. */
export function checkPaths(paths: readonly string[]): void {
  for (const path of paths)
    if (stat(path) === undefined) throw new UsageError(`Cannot watch "${path}": it does not exist.`);
}

/**
 * Calls `changed` once for each burst of changes to the files, or below the folders; returns a
 * function that stops watching. Uses chokidar because recursive fs.watch() on Linux watches every
 * file of node_modules, and throws if a folder disappears while it is read.
 */
export async function watchPaths(
  paths: readonly string[],
  changed: (path: string) => void,
  failed: (message: string) => void,
): Promise<() => Promise<void>> {
  if (paths.length === 0) return async () => {};
  const watching = new PathsWatch(paths, changed, failed);
  await watching.start();
  return () => watching.close();
}

class PathsWatch {
  readonly #paths: readonly string[];
  readonly #changed: (path: string) => void;
  readonly #failed: (message: string) => void;
  /** The identity of the file at each path: a build may remove a folder and create a new one. */
  #identities: readonly string[] = [];
  #watcher: FSWatcher | undefined;
  #burst: Timer | undefined;
  #look: Timer | undefined;
  #isClosed = false;

  constructor(paths: readonly string[], changed: (path: string) => void, failed: (message: string) => void) {
    this.#paths = paths;
    this.#changed = changed;
    this.#failed = failed;
  }

  async start(): Promise<void> {
    await this.#renew();
    this.#look = machineClock.setInterval(() => {
      const replaced = this.#paths.find((path, index) => identityOf(path) !== this.#identities[index]);
      if (replaced !== undefined) this.#noticed(replaced);
    }, LOOK);
    this.#look.unref();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    machineClock.clearTimeout(this.#burst);
    machineClock.clearInterval(this.#look);
    await this.#watcher?.close();
  }

  #noticed(path: string): void {
    if (this.#isClosed) return;
    machineClock.clearTimeout(this.#burst);
    this.#burst = machineClock.setTimeout(() => {
      void this.#renew().then(() => {
        if (!this.#isClosed) this.#changed(path);
      });
    }, QUIET);
  }

  /**
   * Watches the current files: chokidar keeps watching a folder that was removed, and not the one
   * that replaced it. The program about to be started sees any change made until then.
   */
  async #renew(): Promise<void> {
    // Close the old one first, since chokidar's watchers share watches by path.
    await this.#watcher?.close();
    if (this.#isClosed) return;
    this.#identities = this.#paths.map(identityOf);
    const watcher = watch([...this.#paths], {
      ignoreInitial: true,
      ignored: (path) => this.#isIgnored(path),
    });
    watcher.on("all", (_event, path) => this.#noticed(path));
    watcher.on("error", (error) => this.#failed(error instanceof Error ? error.message : String(error)));
    this.#watcher = watcher;
    await new Promise<void>((resolve) => watcher.once("ready", resolve));
  }

  /** Checks only the part below a watched path: the project itself may be in a node_modules. */
  #isIgnored(path: string): boolean {
    const below = this.#paths.map((each) => relative(each, path)).filter((each) => !each.startsWith(".."));
    return below.length > 0 && below.every((each) => /(^|[/\\])(node_modules|\.git)([/\\]|$)/.test(each));
  }
}

/** Distinguishes a file or folder from another one with the same name. */
function identityOf(path: string): string {
  const found = stat(path);
  return found === undefined ? "" : `${found.dev} ${found.ino}`;
}

const stat = (path: string): BigIntStats | undefined =>
  statSync(path, { bigint: true, throwIfNoEntry: false });
