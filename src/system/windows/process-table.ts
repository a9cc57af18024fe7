import { defined } from "../../invariant.ts";
import type { Holder, Holders, ProcessTable, SocketKey } from "../host-tables.ts";
import {
  CloseHandle,
  GetProcessTimes,
  OpenProcess,
  PROCESS_QUERY_LIMITED_INFORMATION,
  QueryFullProcessImageNameW,
} from "./process-calls.ts";
import { openProcess } from "./process-handle.ts";
import { processSnapshot, type SnapshotEntry, wideText } from "./process-snapshot.ts";
import { userOf } from "./process-user.ts";

/**
 * Windows reports one process per socket, its creator. Others may have inherited or duplicated the
 * handle.
 */
function holdersOf(sockets: Iterable<SocketKey>): Holders {
  const owners = new Set([...sockets].flatMap(({ owner = 0 }) => (owner === 0 ? [] : [owner])));
  const snapshot = owners.size === 0 ? new Map<number, SnapshotEntry>() : processSnapshot();
  const found = new Map<number, Holder>();
  for (const owner of owners) {
    const entry = snapshot.get(owner);
    if (entry !== undefined) found.set(owner, holderOf(entry));
  }
  return {
    of({ owner = 0 }) {
      const holder = found.get(owner);
      return holder === undefined ? [] : [holder];
    },
    hidden: 0,
  };
}

function readProcess(pid: number): Holder | undefined {
  const entry = processSnapshot().get(pid);
  return entry === undefined ? undefined : holderOf(entry);
}

/**
 * Information about a process. There is no documented way to read another process's command line or
 * working directory.
 */
function holderOf({ pid, parent, name }: SnapshotEntry): Holder {
  const process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, 0, pid);
  const unknown = { command: [], user: undefined, started: undefined, startTicks: undefined };
  const known = process === 0 ? unknown : knownOf(process);
  return { pid, name, uid: undefined, directory: undefined, parent, ...known };
}

function knownOf(process: number): Pick<Holder, "command" | "user" | "started" | "startTicks"> {
  try {
    const program = programOf(process);
    const startTicks = startOf(process);
    return {
      command: program === undefined ? [] : [program],
      user: userOf(process),
      started: startTicks === undefined ? undefined : startTicks / 1000,
      startTicks,
    };
  } finally {
    CloseHandle(process);
  }
}

/** The longest path on Windows, in 16-bit units. */
const LONGEST_PATH = 32_767;

function programOf(process: number): string | undefined {
  const name = new Uint8Array(LONGEST_PATH * 2);
  const length = Uint32Array.of(LONGEST_PATH);
  const done = QueryFullProcessImageNameW(process, 0, name, new Uint8Array(length.buffer));
  return done === 0 ? undefined : wideText(name.subarray(0, defined(length[0], "the length is one int") * 2));
}

function startOf(process: number): number | undefined {
  const [creation, exit, kernel, user] = [0, 1, 2, 3].map(() => new Uint8Array(8));
  if (creation === undefined || exit === undefined || kernel === undefined || user === undefined) return;
  return GetProcessTimes(process, creation, exit, kernel, user) === 0 ? undefined : microseconds(creation);
}

/** From 1601, where a FILETIME begins, to 1970, in microseconds. */
const EPOCH = 11_644_473_600_000_000n;

/** A FILETIME of minwinbase.h, of 100 ns each, in microseconds since 1970. */
export function microseconds(filetime: Uint8Array): number {
  const hundreds = new DataView(filetime.buffer, filetime.byteOffset).getBigUint64(0, true);
  return Number(hundreds / 10n - EPOCH);
}

/** Windows: a snapshot, and queries that each process permits. */
export const processTable: ProcessTable = {
  holdersOf,
  readProcess,
  // Users have no numbers.
  userNames: () => (uid) => `${uid}`,
  ownPid: () => process.pid,
  openProcess,
};
