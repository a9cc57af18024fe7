import { processStates } from "../process-states.ts";

/** The process group of a worker: its process, and the processes started by it. */
export class ProcessGroup {
  readonly #leader: number;

  constructor(leader: number) {
    this.#leader = leader;
  }

  /** The number that kill(2) takes. */
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

  /** Whether any of its processes is running. Zombies do not count. */
  get isRunning(): boolean {
    try {
      process.kill(this.id, 0);
    } catch (error) {
      // The process may have changed its user.
      return error instanceof Error && "code" in error && error.code === "EPERM";
    }
    const members = processStates().filter(({ group }) => group === this.#leader);
    return members.length === 0 || members.some(({ isZombie }) => !isZombie);
  }
}
