import { CloseHandle, CreateToolhelp32Snapshot, Process32FirstW, Process32NextW } from "./process-calls.ts";

/** The offsets in PROCESSENTRY32W of tlhelp32.h with 64-bit pointers. */
export const ENTRY = { size: 0, pid: 8, parent: 32, file: 44, fileUnits: 260, length: 568 };

const TH32CS_SNAPPROCESS = 0x2;

/** A process in the snapshot, with the information that every user may read. */
export interface SnapshotEntry {
  readonly pid: number;
  readonly parent: number;
  /** The file name of its program, without a folder. */
  readonly name: string;
}

/** Every process of the host, by number. */
export function processSnapshot(): Map<number, SnapshotEntry> {
  const entries = new Map<number, SnapshotEntry>();
  const snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
  if (snapshot === -1) return entries;
  try {
    const bytes = new Uint8Array(ENTRY.length);
    new DataView(bytes.buffer).setUint32(ENTRY.size, ENTRY.length, true);
    for (let more = Process32FirstW(snapshot, bytes); more !== 0; more = Process32NextW(snapshot, bytes)) {
      const entry = decodeProcessEntry(bytes);
      entries.set(entry.pid, entry);
    }
    return entries;
  } finally {
    CloseHandle(snapshot);
  }
}

/** PROCESSENTRY32W. */
export function decodeProcessEntry(bytes: Uint8Array): SnapshotEntry {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return {
    pid: view.getUint32(ENTRY.pid, true),
    parent: view.getUint32(ENTRY.parent, true),
    name: wideText(bytes.subarray(ENTRY.file, ENTRY.file + ENTRY.fileUnits * 2)),
  };
}

/** UTF-16 text, up to its NUL. */
export function wideText(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf16le");
  const end = text.indexOf("\0");
  return end === -1 ? text : text.slice(0, end);
}
