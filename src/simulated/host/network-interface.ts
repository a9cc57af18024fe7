/** ARPHRD_ETHER and ARPHRD_LOOPBACK (include/uapi/linux/if_arp.h). */
export const HARDWARE = { ETHER: 1, LOOPBACK: 772 } as const;

/** A device of a host: `lo`, `eth0` and so on. Each end of a link is one. */
export interface NetworkInterface {
  /** if_nametoindex(): 1 is `lo`. */
  readonly index: number;
  readonly name: string;
  /** Bytes of the largest packet. */
  readonly mtu: number;
  readonly loopback: boolean;
  /** The hardware address: six bytes. */
  readonly hardware: Uint8Array;
  /** The addresses, in order; the first of a family is the preferred source. */
  readonly addresses: readonly InterfaceAddress[];
  readonly up: boolean;
}

export interface InterfaceAddress {
  readonly address: string;
  readonly version: 4 | 6;
  readonly prefix: number;
  /** The broadcast address of an IPv4 network; undefined if it has none. */
  readonly broadcast: string | undefined;
}
