import type { Credentials, OpenFile, SocketAddress } from "../host/kernel-socket.ts";

/** A queued message of a unix socket: the kernel's struct sk_buff and unix_skb_parms. */
export interface UnixMessage {
  /** The bytes that are not received yet. */
  data: Uint8Array;
  /** Files of SCM_RIGHTS, until they are received. */
  files: OpenFile[];
  /** Attached if either end had SO_PASSCRED. */
  readonly credentials: Credentials | undefined;
  /** The sender's name at the time. */
  readonly from: SocketAddress | undefined;
  /** Whose send buffer it counts against, and how much. */
  readonly sender: Sender;
  readonly truesize: number;
}

/** The sender of a message, which is called when it is received. */
export interface Sender {
  /** Releases memory of the send buffer. */
  uncharge(truesize: number): void;
}

/** sizeof(struct sk_buff) and sizeof(struct skb_shared_info). */
const SK_BUFF = 256;
const SHARED_INFO = 320;
const PAGE = 4_096;
/** SKB_MAX_HEAD(0) and SKB_MAX_ALLOC. */
const MAX_HEAD = PAGE - SHARED_INFO;
const MAX_ALLOC = 4 * PAGE - SHARED_INFO;
/** UNIX_SKB_FRAGS_SZ. */
const FRAGMENTS = 32_768;

/** The most bytes of a stream that go into one message. */
export const MOST_OF_STREAM = MAX_HEAD + FRAGMENTS;

const head = (size: number): number => 2 ** Math.ceil(Math.log2(Math.max(size + SHARED_INFO, 512))) + SK_BUFF;
const pages = (size: number): number => Math.ceil(Math.max(size, 0) / PAGE) * PAGE;

/** What a piece of a stream counts against the send buffer (unix_stream_sendmsg()). */
export function streamTruesize(size: number): number {
  const inPages = pages(size - MAX_HEAD);
  return head(size - Math.min(size, inPages)) + inPages;
}

/** What a datagram counts against the send buffer (unix_dgram_sendmsg()). */
export function datagramTruesize(size: number): number {
  const inPages = pages(size - MAX_ALLOC);
  return head(size - Math.min(size, inPages)) + inPages;
}
