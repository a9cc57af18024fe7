import type { AddressInput } from "../../address/address.ts";
import { encodeAddress } from "../../address/sockaddr.ts";
import { checkObject, integer } from "../../errors/argument.ts";
import type { System, ValueResult } from "../../system/system.ts";
import { checkBytes } from "../codecs.ts";
import type { WriteCodec } from "../option.ts";

/** A key that signs segments exchanged with a peer (RFC 2385): struct tcp_md5sig. */
export interface TcpMd5Signature {
  /** The peer; its port is ignored. */
  readonly address: AddressInput;
  /** 1 to 80 bytes; an empty key removes the peer's key. */
  readonly key: Uint8Array;
}

/** A key for a network of peers, or for the peers behind one interface. */
export interface TcpMd5SignatureExtended extends TcpMd5Signature {
  /** The prefix length of the address: 0 to 32 or 128; defaults to the full length. */
  readonly prefixLength?: number;
  /** The interface index, of a VRF; defaults to any. */
  readonly interface?: number;
}

// struct tcp_md5sig is { struct sockaddr_storage tcpm_addr; u8 tcpm_flags; u8 tcpm_prefixlen; u16
// tcpm_keylen; int tcpm_ifindex; u8 tcpm_key[80] } (include/uapi/linux/tcp.h).
const FLAGS = 128;
const PREFIX_LENGTH = 129;
const KEY_LENGTH = 130;
const INTERFACE = 132;
const KEY = 136;
const MAX_KEY_LENGTH = 80;
const SIZE = 216;
const FLAG_PREFIX = 1;
const FLAG_INTERFACE = 2;

export const tcpMd5Signature: WriteCodec<TcpMd5Signature> = {
  encode(value, into, system) {
    checkObject("the option", "{ address, key }", value);
    encodeAddressAndKey(value, into, system);
  },
};

export const tcpMd5SignatureExtended: WriteCodec<TcpMd5SignatureExtended> = {
  encode(value, into, system) {
    checkObject("the option", "{ address, key, prefixLength?, interface? }", value);
    encodeAddressAndKey(value, into, system);
    let flags = 0;
    if (value.prefixLength !== undefined) {
      flags |= FLAG_PREFIX;
      into.view.setUint8(PREFIX_LENGTH, integer("prefixLength", value.prefixLength, 0, 128));
    }
    if (value.interface !== undefined) {
      flags |= FLAG_INTERFACE;
      into.view.setInt32(INTERFACE, integer("interface", value.interface, 0, 0x7fffffff), true);
    }
    into.view.setUint8(FLAGS, flags);
  },
};

function encodeAddressAndKey({ address, key }: TcpMd5Signature, into: ValueResult, system: System): void {
  // This clears the whole structure, so it goes first: the address is at its start.
  encodeAddress(address, system, into);
  const bytes = checkBytes("key", key, 0, MAX_KEY_LENGTH);
  into.view.setUint16(KEY_LENGTH, bytes.byteLength, true);
  into.bytes.set(bytes, KEY);
  into.length = SIZE;
}
