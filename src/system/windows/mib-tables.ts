import { type InternetEntry, isLinkLocal, type SocketEnd, type SocketUse } from "../host-tables.ts";

// The result of GetExtendedTcpTable() and GetExtendedUdpTable(): a DWORD that counts the rows, and
// the rows (tcpmib.h and udpmib.h of the Windows SDK), the same on x64 and arm64. Addresses and
// ports are in network byte order, a port in the first two bytes of a DWORD.

/** MIB_TCPROW_OWNER_PID. */
export const TCP_ROW = { state: 0, local: 4, localPort: 8, remote: 12, remotePort: 16, pid: 20, size: 24 };

/** MIB_TCP6ROW_OWNER_PID. */
export const TCP6_ROW = {
  local: 0,
  localScope: 16,
  localPort: 20,
  remote: 24,
  remoteScope: 40,
  remotePort: 44,
  state: 48,
  pid: 52,
  size: 56,
};

/** MIB_UDPROW_OWNER_PID. */
export const UDP_ROW = { local: 0, localPort: 4, pid: 8, size: 12 };

/** MIB_UDP6ROW_OWNER_PID. */
export const UDP6_ROW = { local: 0, localScope: 16, localPort: 20, pid: 24, size: 28 };

/** dwNumEntries comes first; the rows are aligned like their DWORDs. */
const ROWS = 4;

/** MIB_TCP_STATE of tcpmib.h. */
export const MIB_TCP_STATE = {
  CLOSED: 1,
  LISTEN: 2,
  SYN_SENT: 3,
  SYN_RCVD: 4,
  ESTAB: 5,
  FIN_WAIT1: 6,
  FIN_WAIT2: 7,
  CLOSE_WAIT: 8,
  CLOSING: 9,
  LAST_ACK: 10,
  TIME_WAIT: 11,
  DELETE_TCB: 12,
} as const;

/** The rows of a MIB_TCPTABLE_OWNER_PID or a MIB_TCP6TABLE_OWNER_PID, without closed ones. */
export function decodeTcpTable(bytes: Uint8Array, family: "ipv4" | "ipv6"): InternetEntry[] {
  return decodeRows(bytes, family === "ipv4" ? TCP_ROW.size : TCP6_ROW.size, (row) => {
    const at = family === "ipv4" ? TCP_ROW : TCP6_ROW;
    const use = useOf(row.getUint32(at.state, true));
    if (use === undefined) return undefined;
    const [localScope, remoteScope] =
      family === "ipv4"
        ? [0, 0]
        : [row.getUint32(TCP6_ROW.localScope, true), row.getUint32(TCP6_ROW.remoteScope, true)];
    const peer = endOf(row, family, at.remote, at.remotePort, remoteScope);
    return {
      ...entry("tcp", use, endOf(row, family, at.local, at.localPort, localScope)),
      // For a listener, the remote port is undefined.
      peer: use === "listening" || peer.port === 0 ? undefined : peer,
      owner: row.getUint32(at.pid, true),
    };
  });
}

/** The rows of a MIB_UDPTABLE_OWNER_PID or a MIB_UDP6TABLE_OWNER_PID, which has no peers. */
export function decodeUdpTable(bytes: Uint8Array, family: "ipv4" | "ipv6"): InternetEntry[] {
  return decodeRows(bytes, family === "ipv4" ? UDP_ROW.size : UDP6_ROW.size, (row) => {
    const at = family === "ipv4" ? UDP_ROW : UDP6_ROW;
    const scope = family === "ipv4" ? 0 : row.getUint32(UDP6_ROW.localScope, true);
    return {
      ...entry("udp", "bound", endOf(row, family, at.local, at.localPort, scope)),
      owner: row.getUint32(at.pid, true),
    };
  });
}

/** The rows that fit the table, whatever number it claims. */
function decodeRows<Row>(bytes: Uint8Array, size: number, decode: (row: DataView) => Row | undefined): Row[] {
  if (bytes.byteLength < ROWS) return [];
  const count = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const whole = Math.min(count, Math.floor((bytes.byteLength - ROWS) / size));
  return Array.from({ length: whole }, (_, index) => {
    const row = decode(new DataView(bytes.buffer, bytes.byteOffset + ROWS + index * size, size));
    return row === undefined ? [] : [row];
  }).flat();
}

/** Fields that Windows does not report are undefined. */
const entry = (protocol: "tcp" | "udp", use: SocketUse, local: SocketEnd): InternetEntry => ({
  protocol,
  use,
  local,
  peer: undefined,
  v6only: local.address.byteLength === 4 ? false : undefined,
  interface: 0,
  inode: undefined,
  owner: undefined,
  uid: undefined,
  queue: undefined,
  drops: undefined,
  remaining: undefined,
});

function endOf(
  row: DataView,
  family: "ipv4" | "ipv6",
  address: number,
  port: number,
  scopeId: number,
): SocketEnd {
  const length = family === "ipv4" ? 4 : 16;
  const start = row.byteOffset + address;
  const bytes = new Uint8Array(row.buffer.slice(start, start + length));
  // For ::1 too, Wine reports a number, which is not an interface.
  return { address: bytes, port: row.getUint16(port), scopeId: isLinkLocal(bytes) ? scopeId : 0 };
}

function useOf(state: number): SocketUse | undefined {
  switch (state) {
    case MIB_TCP_STATE.LISTEN:
      return "listening";
    case MIB_TCP_STATE.TIME_WAIT:
      return "time-wait";
    case MIB_TCP_STATE.CLOSED:
    case MIB_TCP_STATE.DELETE_TCB:
      return undefined;
    default:
      return "connected";
  }
}
