import type { Address, AddressInput } from "../../address/address.ts";
import { decodeSockaddr } from "../../address/sockaddr.ts";
import { checkObject } from "../../errors/argument.ts";
import type { System } from "../../system/system.ts";
import { OPTION_CAPACITY, type ValueResult } from "../../system/value-result.ts";
import type { ReadCodec, WriteCodec } from "../option.ts";
import { readStorage } from "./fields.ts";
import {
  assocIdOf,
  encodeStorage,
  ofAssociation,
  ofPeerAddress,
  prepareAssociation,
  type SctpAssociation,
} from "./sctp-association.ts";

/** An address of the peer, and how well it is reached. */
export interface SctpPeerAddressInfo {
  readonly assocId: number;
  readonly address: Address;
  /** `SCTP_SPINFO.ACTIVE` and so on. */
  readonly state: number;
  /** The congestion window and the path MTU in bytes. */
  readonly cwnd: number;
  readonly mtu: number;
  /** The round-trip time and the retransmission timeout in milliseconds. */
  readonly srtt: number;
  readonly rto: number;
}

/**
 * struct sctp_paddrinfo is { sctp_assoc_t; struct sockaddr_storage; __s32 spinfo_state; __u32
 * spinfo_cwnd, spinfo_srtt, spinfo_rto, spinfo_mtu }, and packed.
 */
export const PADDRINFO_SIZE = 152;

/** Decodes a struct sctp_paddrinfo at an offset. */
export function readPaddrinfo({ view, bytes }: ValueResult, at: number, system: System): SctpPeerAddressInfo {
  return {
    assocId: view.getInt32(at, true),
    address: readStorage(bytes.subarray(at + 4, at + 132), system),
    state: view.getInt32(at + 132, true),
    cwnd: view.getUint32(at + 136, true),
    mtu: view.getUint32(at + 148, true),
    srtt: view.getUint32(at + 140, true),
    rto: view.getUint32(at + 144, true),
  };
}

export const sctpPaddrinfo = ofPeerAddress<SctpPeerAddressInfo>(
  { size: PADDRINFO_SIZE, decode: (value, system) => readPaddrinfo(value, 0, system) },
  4,
);

/** struct sctp_getaddrs is { sctp_assoc_t assoc_id; __u32 addr_num; __u8 addrs[] }. */
const GETADDRS = { count: 4, addresses: 8 };
/** sizeof(struct sockaddr_in) and sizeof(struct sockaddr_in6). */
const SOCKADDR_IN = 16;
const SOCKADDR_IN6 = 28;

/**
 * The addresses lie one after another, each as long as its family's sockaddr. The length that the
 * kernel returns includes the header for a peer's addresses, but not for local ones
 * (sctp_getsockopt_local_addrs in net/sctp/socket.c).
 */
export const sctpGetaddrs: ReadCodec<Address[]> = {
  size: OPTION_CAPACITY,
  prepare: prepareAssociation,
  decode({ view, bytes, validLength, capacity }, system) {
    const count = view.getUint32(GETADDRS.count, true);
    const end = Math.min(validLength + GETADDRS.addresses, capacity);
    const addresses: Address[] = [];
    let offset = GETADDRS.addresses;
    while (addresses.length < count && end - offset >= SOCKADDR_IN) {
      const size = view.getUint16(offset, true) === system.constants.AF.INET ? SOCKADDR_IN : SOCKADDR_IN6;
      if (end - offset < size) break;
      addresses.push(decodeSockaddr(bytes.subarray(offset, offset + size), system));
      offset += size;
    }
    return addresses;
  },
};

export const sctpGetaddrsOf = ofAssociation(sctpGetaddrs);

/** An address of an association. */
export interface SctpPrimaryAddress extends SctpAssociation {
  readonly address: AddressInput;
}

/** struct sctp_prim and struct sctp_setpeerprim: a sctp_assoc_t and a sockaddr_storage, packed. */
const PRIM = { address: 4, size: 132 };

export const sctpPrim: ReadCodec<Address> & WriteCodec<SctpPrimaryAddress> = {
  size: PRIM.size,
  prepare: prepareAssociation,
  decode: ({ bytes }, system) => readStorage(bytes.subarray(PRIM.address, PRIM.size), system),
  encode(value, into, system) {
    checkObject("the option", "{ assocId?, address }", value);
    const assocId = assocIdOf(value);
    const sockaddr = encodeStorage(value.address, system);
    into.bytes.fill(0, 0, PRIM.size);
    into.view.setInt32(0, assocId, true);
    into.bytes.set(sockaddr, PRIM.address);
    into.length = PRIM.size;
  },
};
