import { type ChildProcess, spawn } from "node:child_process";
import { noteChild } from "../own-children.ts";

/**
 * Reads two lines at a time: the process groups to end at once, and all. At the end of its input,
 * hold has ended, in any way. A group that has ended is forgotten, before its number is reused.
 */
const SCRIPT = `
while read -r first && read -r second; do now=$first all=$second; done
[ -z "$now" ] || kill -TERM $now
await() {
  left=$1
  while [ "$left" -gt 0 ]; do
    alive=
    for group in $all; do kill -0 "$group" && alive="$alive $group"; done
    all=$alive
    [ -n "$all" ] || exit 0
    sleep 1
    left=$((left - 1))
  done
}
await "$1"
kill -TERM $all
await "$2"
kill -KILL $all`;

/** The signals that a terminal, or a service manager, sends to hold's processes as well. */
const IGNORE = "trap '' HUP INT QUIT TERM USR1 USR2";

/** Groups of a worker. */
export interface GuardedGroup {
  /** As kill(2) names it. */
  readonly id: number;
  /** It finds out by itself that hold is gone, and drains. */
  readonly drains: boolean;
}

/**
 * A shell that ends the workers if hold cannot, as when it is killed: nothing of them may remain on
 * the port. (prctl(2)'s PR_SET_PDEATHSIG would not let Node programs drain.)
 */
export class Guardian {
  readonly #shell: ChildProcess;
  #told = "";

  /**
   * Start it before any descriptor is opened for others to inherit.
   *
   * @param draining how long connections may take to end, in milliseconds
   * @param grace how long the workers may take to end
   */
  constructor(draining: number, grace: number) {
    const drain = Math.ceil(draining / 1000);
    const times = [drain, Math.max(1, Math.ceil(grace / 1000) - drain)].map(String);
    const words = ["-c", `${IGNORE}\n${SCRIPT}`, "berkeley-guardian", ...times];
    this.#shell = spawn("/bin/sh", words, { detached: true, stdio: ["pipe", "ignore", "ignore"] });
    noteChild(this.#shell);
    this.#shell.unref();
    // Without it, only Node workers end when hold is killed.
    this.#shell.on("error", () => {});
    this.#shell.stdin?.on("error", () => {});
  }

  /** Tells it what runs. */
  guard(groups: readonly GuardedGroup[]): void {
    const now = groups.filter(({ drains }) => !drains);
    const text = [now, groups].map((each) => `${each.map(({ id }) => id).join(" ")}\n`).join("");
    if (text === this.#told) return;
    this.#told = text;
    this.#shell.stdin?.write(text);
  }

  /** hold ends in order. */
  close(): void {
    this.guard([]);
    this.#shell.stdin?.end();
  }
}
