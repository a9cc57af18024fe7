import type { AddressInput } from "../../address/address.ts";
import { encodeAddress } from "../../address/sockaddr.ts";
import { checkObject, integer } from "../../errors/argument.ts";
import type { System } from "../../system/system.ts";
import type { ValueResult } from "../../system/value-result.ts";
import type { QueryCodec, ReadCodec } from "../option.ts";
import { SOCKADDR_STORAGE } from "./fields.ts";

/** The association that a query or a value is about. */
export interface SctpAssociation {
  /**
   * The association, on a one-to-many socket; 0, the default, stands for those made later. A
   * connected one-to-one socket has only its own.
   */
  readonly assocId?: number;
}

/** Which address of which peer a query is about. */
export interface SctpPeerAddress extends SctpAssociation {
  /** An address of the peer, which on a one-to-many socket also names the association. */
  readonly address: AddressInput;
}

/** sctp_assoc_t is an __s32, but no association has a negative number. */
export const assocIdOf = (value: SctpAssociation): number =>
  integer("assocId", value.assocId ?? 0, 0, 0x7fffffff);

/**
 * The kernel first reads the association to query: 0, the socket's own, instead of what an earlier
 * call left there.
 */
export const prepareAssociation = (into: ValueResult): void => void into.view.setInt32(0, 0, true);

/** Reads an option of one association, whose structure begins with a sctp_assoc_t. */
export function ofAssociation<Get>(codec: ReadCodec<Get>): QueryCodec<Get, SctpAssociation> {
  return {
    encode(query, into) {
      checkObject("the query", "{ assocId? }", query);
      const assocId = assocIdOf(query);
      into.bytes.fill(0, 0, codec.size);
      into.view.setInt32(0, assocId, true);
      into.length = codec.size;
    },
    decode: (value, system) => codec.decode(value, system),
  };
}

/** Reads an option of one address of a peer: a sctp_assoc_t, and at `at` a sockaddr_storage. */
export function ofPeerAddress<Get>(codec: ReadCodec<Get>, at: number): QueryCodec<Get, SctpPeerAddress> {
  return {
    encode(query, into, system) {
      checkObject("the query", "{ assocId?, address }", query);
      const assocId = assocIdOf(query);
      const sockaddr = encodeStorage(query.address, system);
      into.bytes.fill(0, 0, codec.size);
      into.view.setInt32(0, assocId, true);
      into.bytes.set(sockaddr, at);
      into.length = codec.size;
    },
    decode: (value, system) => codec.decode(value, system),
  };
}

/** An address as the beginning of a sockaddr_storage: a copy, since getters may make calls. */
export function encodeStorage(address: AddressInput, system: System): Uint8Array {
  return encodeAddress(address, system, system.address).valid.slice(0, SOCKADDR_STORAGE);
}
