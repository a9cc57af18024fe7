/** The state of a worker. */
export type WorkerState = "starting" | "ready" | "draining" | "ended";

/** The status of a worker, as shown by `hold --status`. */
export interface WorkerStatus {
  readonly worker: number;
  readonly pid: number | null;
  readonly state: WorkerState | "waiting";
  /** Milliseconds since its start. */
  readonly uptime: number;
  /** How often it was restarted. */
  readonly restarts: number;
  /** Resident memory in bytes. */
  readonly memory: number | null;
}

/** The status of a `berkeley hold --workers`. */
export interface HoldStatus {
  readonly pid: number;
  readonly addresses: readonly string[];
  readonly command: readonly string[];
  readonly workers: readonly WorkerStatus[];
}

/** Parses an answer; undefined if it is not a status. */
export function statusOf(answer: unknown): HoldStatus | undefined {
  if (!isRecord(answer)) return undefined;
  const { pid, addresses, command, workers } = answer;
  if (!isCount(pid) || !isArrayOf(addresses, isText) || !isArrayOf(command, isText)) return undefined;
  return isArrayOf(workers, isWorkerStatus) ? { pid, addresses, command, workers } : undefined;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

const isText = (value: unknown): value is string => typeof value === "string";

const isArrayOf = <Of>(value: unknown, is: (each: unknown) => each is Of): value is readonly Of[] =>
  Array.isArray(value) && value.every(is);

const isCount = (value: unknown): value is number => typeof value === "number";

const isWorkerStatus = (value: unknown): value is WorkerStatus =>
  isRecord(value) &&
  [value.worker, value.uptime, value.restarts].every(isCount) &&
  [value.pid, value.memory].every((each) => each === null || isCount(each)) &&
  isText(value.state);
