import { mapMemory } from "../../native/memory.ts";

/** The information of proc_pidfdinfo() about a socket of this process. */
export interface SocketInfo {
  /** A number unique among open sockets: the kernel's address of it, hashed; in two halves. */
  readonly handle: { readonly high: number; readonly low: number };
  readonly type: number;
  readonly protocol: number;
  readonly family: number;
  /** SO_ flags. */
  readonly options: number;
  /** SOI_S_ flags. */
  readonly state: number;
  /** Connections not accepted yet, including those not yet established. */
  readonly qlen: number;
  readonly incqlen: number;
  readonly qlimit: number;
  /** TCPS_ of netinet/tcp_fsm.h; undefined for another protocol, or if the connection is gone. */
  readonly tcpState: number | undefined;
}

// sys/proc_info.h
export const PROC_PIDFDSOCKETINFO = 3;
export const SOCKINFO_TCP = 2;
export const SOI_S_CANTRCVMORE = 0x20;

/** struct socket_fdinfo is a struct proc_fileinfo, and struct socket_info psi. */
export const SOCKET_FDINFO = {
  soi_so: 160,
  soi_type: 176,
  soi_protocol: 180,
  soi_family: 184,
  soi_options: 188,
  soi_state: 192,
  soi_qlen: 194,
  soi_incqlen: 196,
  soi_qlimit: 198,
  soi_kind: 256,
  tcpsi_state: 344,
  size: 792,
};

type ProcPidfdinfo = typeof import("./libc.ts").proc_pidfdinfo;

const memory = mapMemory(SOCKET_FDINFO.size);
const view = new DataView(memory.buffer);

/**
 * The kernel's information about a socket of this process; undefined if the descriptor is not a
 * socket. Any process may inspect itself.
 */
export function socketInfo(procPidfdinfo: ProcPidfdinfo, fd: number): SocketInfo | undefined {
  const { size } = SOCKET_FDINFO;
  if (procPidfdinfo(process.pid, fd, PROC_PIDFDSOCKETINFO, memory.pointer, size) < size) return undefined;
  return readSocketInfo(view);
}

/** Reads a struct socket_fdinfo. */
export function readSocketInfo(view: DataView): SocketInfo {
  const int = (offset: number) => view.getInt32(offset, true);
  const short = (offset: number) => view.getUint16(offset, true);
  return {
    handle: {
      high: view.getUint32(SOCKET_FDINFO.soi_so + 4, true),
      low: view.getUint32(SOCKET_FDINFO.soi_so, true),
    },
    type: int(SOCKET_FDINFO.soi_type),
    protocol: int(SOCKET_FDINFO.soi_protocol),
    family: int(SOCKET_FDINFO.soi_family),
    options: short(SOCKET_FDINFO.soi_options),
    state: short(SOCKET_FDINFO.soi_state),
    qlen: short(SOCKET_FDINFO.soi_qlen),
    incqlen: short(SOCKET_FDINFO.soi_incqlen),
    qlimit: short(SOCKET_FDINFO.soi_qlimit),
    tcpState: int(SOCKET_FDINFO.soi_kind) === SOCKINFO_TCP ? int(SOCKET_FDINFO.tcpsi_state) : undefined,
  };
}
