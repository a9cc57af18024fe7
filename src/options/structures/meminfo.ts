import type { ReadCodec } from "../option.ts";

/** The memory of a socket, in bytes: the SK_MEMINFO_ numbers of linux/sock_diag.h. */
export interface MemoryInfo {
  /** What the receive queue takes up. */
  readonly rmem_alloc: number;
  /** The limit of the receive queue: SO_RCVBUF. */
  readonly rcvbuf: number;
  /** What was handed to the network and is not sent yet. */
  readonly wmem_alloc: number;
  /** The limit of the send queue: SO_SNDBUF. */
  readonly sndbuf: number;
  /** Reserved for the queues ahead of need. */
  readonly fwd_alloc: number;
  /** What the send queue takes up. */
  readonly wmem_queued: number;
  /** What filters, options and control messages take up. */
  readonly optmem: number;
  /** What arrived while the socket was locked, and waits for it. */
  readonly backlog: number;
  /** How many datagrams were dropped: a count, not bytes. */
  readonly drops: number;
}

/** sk_get_meminfo in net/core/sock.c: nine times __u32. */
export const memoryInfo: ReadCodec<MemoryInfo> = {
  size: 36,
  decode({ view }) {
    const at = (index: number) => view.getUint32(index * 4, true);
    return {
      rmem_alloc: at(0),
      rcvbuf: at(1),
      wmem_alloc: at(2),
      sndbuf: at(3),
      fwd_alloc: at(4),
      wmem_queued: at(5),
      optmem: at(6),
      backlog: at(7),
      drops: at(8),
    };
  },
};
