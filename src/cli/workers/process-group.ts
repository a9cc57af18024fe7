import { processStates } from "../process-states.ts";

/** The process group of a worker: its process, and what that started. */
export class ProcessGroup {
  readonly #leader: number;

  constructor(leader: number) {
    this.#leader = leader;
  }

  /** As kill(2) names it. */
  get id(): number {
    return -this.#leader;
  }

  signal(name: NodeJS.Signals): void {
    try {
      process.kill(this.id, name);
    } catch {
      // It has ended.
    }
  }

  /**
   * Whether a process of it runs. Ones that have ended, and that nobody waits for, do not count.
   */
  get isRunning(): boolean {
    try {
      process.kill(this.id, 0);
    } catch (error) {
      // It may have become another user's.
      return error instanceof Error && "code" in error && error.code === "EPERM";
    }
    const members = processStates().filter(({ group }) => group === this.#leader);
    return members.length === 0 || members.some(({ isZombie }) => !isZombie);
  }
}
