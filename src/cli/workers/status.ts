/** What a worker is doing. */
export type WorkerState = "starting" | "ready" | "draining" | "ended";

/** What `hold --status` shows of a worker. */
export interface WorkerStatus {
  readonly worker: number;
  readonly pid: number | null;
  readonly state: WorkerState | "waiting";
  /** Milliseconds since its start. */
  readonly uptime: number;
  /** How often it was started again. */
  readonly restarts: number;
  /** Resident memory in bytes. */
  readonly memory: number | null;
}

/** What a `berkeley hold --workers` says of itself. */
export interface HoldStatus {
  readonly pid: number;
  readonly addresses: readonly string[];
  readonly command: readonly string[];
  readonly workers: readonly WorkerStatus[];
}
