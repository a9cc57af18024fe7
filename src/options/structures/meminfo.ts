import type { ReadCodec } from "../option.ts";

/** The memory of a socket, in bytes: the SK_MEMINFO_ numbers of linux/sock_diag.h. */
export interface MemoryInfo {
  /** Used by the receive queue. */
  readonly rmem_alloc: number;
  /** The limit of the receive queue: SO_RCVBUF. */
  readonly rcvbuf: number;
  /** Handed to the network layer but not sent yet. */
  readonly wmem_alloc: number;
  /** The limit of the send queue: SO_SNDBUF. */
  readonly sndbuf: number;
  /** Reserved for the queues in advance. */
  readonly fwd_alloc: number;
  /** Used by the send queue. */
  readonly wmem_queued: number;
  /** Used by filters, options and control messages. */
  readonly optmem: number;
  /** Received while the socket was locked, waiting to be processed. */
  readonly backlog: number;
  /** The number of dropped datagrams: a count, not bytes. */
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
