import { TCPS } from "../bsd/tcp-state.ts";
import { type InternetEntry, isLinkLocal, type SocketEnd, type SocketUse } from "../host-tables.ts";

// The result of sysctl() for net.inet.tcp.pcblist64 and net.inet.udp.pcblist64: a struct xinpgen, a
// structure for each socket of the host, of any user, and another struct xinpgen (tcp_pcblist64 in
// bsd/netinet/tcp_subr.c). headers.test.ts checks the offsets.

/** struct xinpcb64 of netinet/in_pcb.h. */
export const XINPCB64 = {
  xi_len: 0,
  inp_fport: 16,
  inp_lport: 18,
  inp_flags: 84,
  inp_vflag: 92,
  inp_dependfaddr: 96,
  inp_dependladdr: 112,
  xso_so: 148,
  so_qlen: 180,
  so_incqlen: 182,
  so_qlimit: 184,
  so_uid: 248,
  size: 260,
};

/** struct xtcpcb64 of netinet/tcp_var.h: a length, a struct xinpcb64, and TCP's own fields. */
export const XTCPCB64 = { xt_len: 0, xt_inpcb: 4, t_state: 292, size: 472 };

export const XINPGEN_SIZE = 24;

export const INP_IPV4 = 0x1;
export const INP_IPV6 = 0x2;
export const IN6P_IPV6_V6ONLY = 0x8000;

/** TCPS_TIME_WAIT of netinet/tcp_fsm.h. */
export const TCPS_TIME_WAIT = 10;

/** The sockets of a list that have a port. */
export function decodePcbList(bytes: Uint8Array, protocol: "tcp" | "udp"): InternetEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = protocol === "tcp" ? XTCPCB64.size : XINPCB64.size;
  const entries: InternetEntry[] = [];
  for (let at = XINPGEN_SIZE; at + size <= bytes.byteLength; ) {
    // Little-endian, so this is the low half of the 64-bit xi_len; shorter structures are the
    // struct xinpgen at the end.
    const length = view.getUint32(at, true);
    if (length < size) break;
    const pcb = at + (protocol === "tcp" ? XTCPCB64.xt_inpcb : 0);
    const state = protocol === "tcp" ? view.getInt32(at + XTCPCB64.t_state, true) : undefined;
    const entry = entryAt(view, pcb, protocol, state);
    if (entry !== undefined) entries.push(entry);
    at += length;
  }
  return entries;
}

function entryAt(
  view: DataView,
  pcb: number,
  protocol: "tcp" | "udp",
  state: number | undefined,
): InternetEntry | undefined {
  const flags = view.getUint8(pcb + XINPCB64.inp_vflag);
  const isIpv6 = (flags & INP_IPV6) !== 0;
  const local = endAt(view, pcb + XINPCB64.inp_dependladdr, pcb + XINPCB64.inp_lport, isIpv6);
  // Neither bound nor connected.
  if (local.port === 0) return undefined;
  const peer = endAt(view, pcb + XINPCB64.inp_dependfaddr, pcb + XINPCB64.inp_fport, isIpv6);
  const use = useOf(state, peer.port !== 0);
  const pending =
    view.getInt16(pcb + XINPCB64.so_qlen, true) - view.getInt16(pcb + XINPCB64.so_incqlen, true);
  const limit = view.getInt16(pcb + XINPCB64.so_qlimit, true);
  return {
    protocol,
    use,
    local,
    peer: peer.port === 0 ? undefined : peer,
    v6only: isIpv6 && (view.getInt32(pcb + XINPCB64.inp_flags, true) & IN6P_IPV6_V6ONLY) !== 0,
    interface: local.scopeId,
    inode: socketNumber(view, pcb + XINPCB64.xso_so),
    owner: undefined,
    uid: view.getUint32(pcb + XINPCB64.so_uid, true),
    queue: use === "listening" ? { pending, limit } : undefined,
    drops: undefined,
    remaining: undefined,
  };
}

/**
 * The kernel's address of a socket, hashed, as in soi_so of proc_pidfdinfo() (VM_KERNEL_ADDRHASH in
 * both), reduced to the 53 bits that a number holds.
 */
export function socketNumber(view: DataView, at: number): number {
  return (view.getUint32(at + 4, true) & 0x1fffff) * 2 ** 32 + view.getUint32(at, true);
}

function endAt(view: DataView, at: number, port: number, isIpv6: boolean): SocketEnd {
  const start = view.byteOffset + at;
  const bytes = new Uint8Array(view.buffer.slice(start, start + 16));
  // struct in_addr_4in6 has the four bytes of IPv4 at its end.
  if (!isIpv6) return { address: bytes.slice(12), port: view.getUint16(port), scopeId: 0 };
  if (!isLinkLocal(bytes)) return { address: bytes, port: view.getUint16(port), scopeId: 0 };
  // The kernel embeds the interface of a link-local address in it (in6_embedscope in
  // bsd/netinet6/scope6.c).
  const scopeId = view.getUint16(at + 2);
  bytes.fill(0, 2, 4);
  return { address: bytes, port: view.getUint16(port), scopeId };
}

function useOf(state: number | undefined, hasPeer: boolean): SocketUse {
  if (state === undefined || state === TCPS.CLOSED) return hasPeer ? "connected" : "bound";
  if (state === TCPS.LISTEN) return "listening";
  return state === TCPS_TIME_WAIT ? "time-wait" : "connected";
}
