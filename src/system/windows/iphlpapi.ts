import { defined } from "../../invariant.ts";
import { openLibraryOn } from "../../native/library.ts";

const iphlpapi = openLibraryOn(["win32"], "iphlpapi.dll");

/**
 * iphlpapi.h: a table for the given family and class, in the order of its rows; 0, or an error of
 * winerror.h.
 */
type GetExtendedTable = (
  table: Uint8Array,
  size: Uint8Array,
  order: number,
  family: number,
  tableClass: number,
  reserved: number,
) => number;

const GetExtendedTcpTable = iphlpapi.func<GetExtendedTable>("GetExtendedTcpTable", "uint", [
  "void*",
  "void*",
  "int",
  "uint",
  "int",
  "uint",
]);
const GetExtendedUdpTable = iphlpapi.func<GetExtendedTable>("GetExtendedUdpTable", "uint", [
  "void*",
  "void*",
  "int",
  "uint",
  "int",
  "uint",
]);

// TCP_TABLE_CLASS and UDP_TABLE_CLASS of iprtrmib.h.
const TCP_TABLE_OWNER_PID_LISTENER = 3;
const TCP_TABLE_OWNER_PID_ALL = 5;
const UDP_TABLE_OWNER_PID = 1;

// winerror.h
const ERROR_INSUFFICIENT_BUFFER = 122;

/** How often to retry if a table grows between the two calls. */
const ATTEMPTS = 8;

/**
 * A size that fits the tables of most hosts, so one call suffices; and an allowance for growth
 * between two calls.
 */
const FIRST_SIZE = 65_536;
const SLACK = 4096;

/** Which table: all of TCP, only its listeners, which is faster, or UDP. */
export type TableKind = "tcp" | "tcp listeners" | "udp";

const tableClasses: Readonly<Record<TableKind, number>> = {
  tcp: TCP_TABLE_OWNER_PID_ALL,
  "tcp listeners": TCP_TABLE_OWNER_PID_LISTENER,
  udp: UDP_TABLE_OWNER_PID,
};

/**
 * A MIB_TCPTABLE_OWNER_PID or the like, for one family; undefined if Windows does not return it.
 */
export function tableOf(kind: TableKind, family: number): Uint8Array | undefined {
  const call = kind === "udp" ? GetExtendedUdpTable : GetExtendedTcpTable;
  let table = new Uint8Array(FIRST_SIZE);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const size = Uint32Array.of(table.byteLength);
    const code = call(table, new Uint8Array(size.buffer), 0, family, tableClasses[kind], 0);
    if (code === 0) return table;
    if (code !== ERROR_INSUFFICIENT_BUFFER) return undefined;
    table = new Uint8Array(defined(size[0], "the size is one int") + SLACK);
  }
  return undefined;
}
