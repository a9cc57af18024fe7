import { type ChildProcess, spawn } from "node:child_process";
import { noteChild } from "../own-children.ts";

/**
 * Reads pairs of lines: the process groups to end immediately, and all groups. The input ends when
 * hold ends, however that happens. A group that has ended is left out before its number is reused.
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

/** The signals that a terminal or a service manager also sends to hold's processes. */
const IGNORE = "trap '' HUP INT QUIT TERM USR1 USR2";

/** A process group of a worker. */
export interface GuardedGroup {
  /** The number that kill(2) takes. */
  readonly id: number;
  /** Whether the worker itself notices that hold is gone, and drains. */
  readonly drains: boolean;
}

/**
 * A shell that ends the workers if hold cannot, for example because it was killed: none of their
 * processes may keep the port. (PR_SET_PDEATHSIG of prctl(2) would not let Node programs drain.)
 */
export class Guardian {
  readonly #shell: ChildProcess;
  #told = "";

  /**
   * Create it before opening any descriptor that other processes inherit.
   *
   * @param draining how many milliseconds connections may take to end
   * @param grace how many milliseconds the workers may take to end
   */
  constructor(draining: number, grace: number) {
    const drain = Math.ceil(draining / 1000);
    const times = [drain, Math.max(1, Math.ceil(grace / 1000) - drain)].map(String);
    const words = ["-c", `${IGNORE}\n${SCRIPT}`, "berkeley-guardian", ...times];
    this.#shell = spawn("/bin/sh", words, { detached: true, stdio: ["pipe", "ignore", "ignore"] });
    noteChild(this.#shell);
    this.#shell.unref();
    // Without the shell, only Node workers end when hold is killed.
    this.#shell.on("error", () => {});
    this.#shell.stdin?.on("error", () => {});
  }

  /** Tells the shell what is running. */
  guard(groups: readonly GuardedGroup[]): void {
    const now = groups.filter(({ drains }) => !drains);
    const text = [now, groups].map((each) => `${each.map(({ id }) => id).join(" ")}\n`).join("");
    if (text === this.#told) return;
    this.#told = text;
    this.#shell.stdin?.write(text);
  }

  /** hold is ending normally. */
  close(): void {
    this.guard([]);
    this.#shell.stdin?.end();
  }
}
