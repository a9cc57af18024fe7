import type { IpAddressInput } from "../address/address.ts";
import { encodeAddress } from "../address/sockaddr.ts";
import { invalidValue } from "../errors/argument.ts";
import { flag, int } from "./codecs.ts";
import { option, type WriteCodec, writeOnly } from "./option.ts";

/** The sizes of sockaddr_in and sockaddr_in6. */
const SIZES: ReadonlySet<number> = new Set([16, 28]);

/** A sockaddr_in or sockaddr_in6, which its length tells apart (rds_cancel_sent_to). */
const peer: WriteCodec<IpAddressInput> = {
  encode(value, into, system) {
    const { valid } = encodeAddress(value, system, system.address);
    if (!SIZES.has(valid.byteLength)) throw invalidValue("the option takes an IPv4 or IPv6 address");
    into.bytes.set(valid);
    into.length = valid.byteLength;
  },
};

/**
 * Options of SOL_RDS (include/uapi/linux/rds.h), under their C names. Those that register memory
 * for RDMA carry pointers and are omitted: RDS_GET_MR, RDS_GET_MR_FOR_DEST, RDS_FREE_MR.
 */
export const RDS = {
  /** Forgets the messages to this address that have not been acknowledged. */
  CANCEL_SENT_TO: writeOnly("RDS_CANCEL_SENT_TO", peer),
  /** Reports that a congested destination has space again in a control message. */
  CONG_MONITOR: writeOnly("RDS_CONG_MONITOR", flag),
  /** Reports messages that could not be delivered in a control message. */
  RECVERR: option("RDS_RECVERR", flag),
  /** The transport: `RDS_TRANS.TCP` and so on; set once, before `bind()`. */
  TRANSPORT: option("SO_RDS_TRANSPORT", int),
};
