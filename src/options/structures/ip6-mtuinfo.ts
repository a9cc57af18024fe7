import type { ReadCodec } from "../option.ts";

/** The path to the peer: struct ip6_mtuinfo. */
export interface Ip6Mtuinfo {
  /** The path MTU in bytes. */
  readonly mtu: number;
}

/**
 * struct ip6_mtuinfo is { struct sockaddr_in6 ip6m_addr; __u32 ip6m_mtu }
 * (include/uapi/linux/ipv6.h). The address is only filled in control messages; getsockopt leaves it
 * zero (do_ipv6_getsockopt in net/ipv6/ipv6_sockglue.c).
 */
export const ip6Mtuinfo: ReadCodec<Ip6Mtuinfo> = {
  size: 32,
  decode: ({ view }) => ({ mtu: view.getUint32(28, true) }),
};
