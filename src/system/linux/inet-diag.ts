import { constants } from "./constants.ts";
import { decodeAttributes, viewOf } from "./netlink.ts";

// include/uapi/linux/inet_diag.h: requests and replies of sock_diag(7) for IPv4 and IPv6 sockets.

/** include/uapi/linux/sock_diag.h */
export const SOCK_DIAG_BY_FAMILY = 20;

/**
 * States of include/net/tcp_states.h; BOUND_INACTIVE exists only in requests, since Linux 6.8: the
 * sockets it finds are in CLOSE.
 */
export const TCP_STATE = {
  BOUND_INACTIVE: 13,
  CLOSE: 7,
  CLOSE_WAIT: 8,
  CLOSING: 11,
  ESTABLISHED: 1,
  FIN_WAIT1: 4,
  FIN_WAIT2: 5,
  LAST_ACK: 9,
  LISTEN: 10,
  NEW_SYN_RECV: 12,
  SYN_RECV: 3,
  SYN_SENT: 2,
  TIME_WAIT: 6,
} as const;

/** The bits of these states in a request. */
export const stateBits = (...states: number[]): number =>
  states.reduce((bits, state) => bits | (1 << state), 0);

export const INET_DIAG = { PROTOCOL: 10, SHUTDOWN: 8, SKMEMINFO: 7, SKV6ONLY: 11 } as const;

/** The offsets of struct inet_diag_sockid. */
export const SOCKID = { sport: 0, dport: 2, src: 4, dst: 20, if: 36, cookie: 40, size: 48 } as const;

/** The offsets of struct inet_diag_req_v2. */
export const REQ = { family: 0, protocol: 1, ext: 2, states: 4, id: 8, size: 8 + SOCKID.size } as const;

/** The offsets of struct inet_diag_msg. */
export const MSG = {
  family: 0,
  state: 1,
  timer: 2,
  id: 4,
  expires: 4 + SOCKID.size,
  rqueue: 8 + SOCKID.size,
  wqueue: 12 + SOCKID.size,
  uid: 16 + SOCKID.size,
  inode: 20 + SOCKID.size,
  size: 24 + SOCKID.size,
} as const;

/**
 * SK_MEMINFO_DROPS of include/uapi/linux/sock_diag.h: an index into the numbers of
 * INET_DIAG_SKMEMINFO.
 */
export const SK_MEMINFO_DROPS = 8;

/** One end of a socket: 4 or 16 bytes of address, and a port. */
export interface InetEnd {
  readonly address: Uint8Array;
  readonly port: number;
}

/** Selects sockets. */
export interface InetDiagRequest {
  /** AF_INET or AF_INET6. */
  readonly family: number;
  readonly protocol: number;
  /** Bits of states; see `stateBits`. */
  readonly states: number;
  /** INET_DIAG_ numbers of additional information, 1 to 8. */
  readonly extensions: readonly number[];
  /**
   * The local end; in a dump, only its port counts, and 0 matches any (inet_diag_dump_icsk in
   * net/ipv4/tcp_diag.c).
   */
  readonly source?: InetEnd;
  /** The remote end. */
  readonly destination?: InetEnd;
}

/** The kernel's information about a socket. */
export interface InetDiagMessage {
  readonly family: number;
  readonly state: number;
  readonly source: InetEnd;
  readonly destination: InetEnd;
  /** The interface it is bound to; 0 for none. */
  readonly interface: number;
  /** Milliseconds until its timer expires; in TIME_WAIT, until the socket is gone. */
  readonly expires: number;
  /**
   * For a listener, connections that wait to be accepted; for others, bytes received and not read.
   */
  readonly receiveQueue: number;
  /** For a listener, the backlog in effect; for others, bytes sent and not acknowledged. */
  readonly sendQueue: number;
  readonly uid: number;
  /** The number of its file; 0 if it has none, as in TIME_WAIT. */
  readonly inode: number;
  /** IPV6_V6ONLY; undefined if not reported. */
  readonly v6only: boolean | undefined;
  /** How many packets or connections the kernel has dropped; undefined if not requested. */
  readonly drops: number | undefined;
}

/** struct inet_diag_req_v2. */
export function encodeInetDiagRequest(request: InetDiagRequest): Uint8Array {
  const bytes = new Uint8Array(REQ.size);
  const view = new DataView(bytes.buffer);
  view.setUint8(REQ.family, request.family);
  view.setUint8(REQ.protocol, request.protocol);
  view.setUint8(
    REQ.ext,
    request.extensions.reduce((bits, number) => bits | (1 << (number - 1)), 0),
  );
  view.setUint32(REQ.states, request.states, true);
  const { source, destination } = request;
  if (source !== undefined) {
    view.setUint16(REQ.id + SOCKID.sport, source.port);
    bytes.set(source.address, REQ.id + SOCKID.src);
  }
  if (destination !== undefined) {
    view.setUint16(REQ.id + SOCKID.dport, destination.port);
    bytes.set(destination.address, REQ.id + SOCKID.dst);
  }
  view.setBigUint64(REQ.id + SOCKID.cookie, 0xffffffffffffffffn, true); // INET_DIAG_NOCOOKIE, twice: any
  return bytes;
}

/** struct inet_diag_msg and the attributes after it; undefined if the payload is too short. */
export function decodeInetDiagMessage(payload: Uint8Array): InetDiagMessage | undefined {
  if (payload.byteLength < MSG.size) return undefined;
  const view = viewOf(payload);
  const family = view.getUint8(MSG.family);
  const length = family === constants.AF.INET ? 4 : 16;
  const end = (port: number, address: number): InetEnd => ({
    port: view.getUint16(MSG.id + port),
    address: payload.slice(MSG.id + address, MSG.id + address + length),
  });
  const attributes = decodeAttributes(payload.subarray(MSG.size));
  const memory = attributes.get(INET_DIAG.SKMEMINFO);
  const drops = SK_MEMINFO_DROPS * 4;
  return {
    family,
    state: view.getUint8(MSG.state),
    source: end(SOCKID.sport, SOCKID.src),
    destination: end(SOCKID.dport, SOCKID.dst),
    interface: view.getUint32(MSG.id + SOCKID.if, true),
    expires: view.getUint32(MSG.expires, true),
    receiveQueue: view.getUint32(MSG.rqueue, true),
    sendQueue: view.getUint32(MSG.wqueue, true),
    uid: view.getUint32(MSG.uid, true),
    inode: view.getUint32(MSG.inode, true),
    v6only:
      attributes.get(INET_DIAG.SKV6ONLY)?.[0] === undefined
        ? undefined
        : attributes.get(INET_DIAG.SKV6ONLY)?.[0] === 1,
    drops:
      memory !== undefined && memory.byteLength >= drops + 4
        ? viewOf(memory).getUint32(drops, true)
        : undefined,
  };
}
