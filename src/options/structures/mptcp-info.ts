import type { ReadCodec } from "../option.ts";

/** The state of an MPTCP connection: struct mptcp_info. */
export interface MptcpInfo {
  /** The number of subflows beyond the first, and its limit. */
  readonly subflows: number;
  readonly subflowsMax: number;
  /** The number of addresses announced, and its limit. */
  readonly addAddrSignal: number;
  readonly addAddrSignalMax: number;
  /** The number of addresses accepted from the peer, and its limit. */
  readonly addAddrAccepted: number;
  readonly addAddrAcceptedMax: number;
  /**
   * MPTCP_INFO_FLAG_FALLBACK, 1: the connection is plain TCP. MPTCP_INFO_FLAG_REMOTE_KEY_RECEIVED,
   * 2.
   */
  readonly flags: number;
  /** Identifies the connection on this machine. */
  readonly token: number;
  readonly writeSeq: bigint;
  readonly sndUna: bigint;
  readonly rcvNxt: bigint;
}

/** The part of struct mptcp_info that every kernel with MPTCP_INFO has (linux/mptcp.h). */
export const mptcpInfo: ReadCodec<MptcpInfo> = {
  size: 40,
  decode: ({ view }) => ({
    subflows: view.getUint8(0),
    addAddrSignal: view.getUint8(1),
    addAddrAccepted: view.getUint8(2),
    subflowsMax: view.getUint8(3),
    addAddrSignalMax: view.getUint8(4),
    addAddrAcceptedMax: view.getUint8(5),
    flags: view.getUint32(8, true),
    token: view.getUint32(12, true),
    writeSeq: view.getBigUint64(16, true),
    sndUna: view.getBigUint64(24, true),
    rcvNxt: view.getBigUint64(32, true),
  }),
};
