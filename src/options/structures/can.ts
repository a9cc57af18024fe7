import { argumentType, checkObject, elements, integer, kind, outOfRange } from "../../errors/argument.ts";
import type { Codec } from "../codecs.ts";
import type { WriteCodec } from "../option.ts";

/** Which CAN frames pass: those with `(id & mask)` equal to `(filter.id & mask)`. */
export interface CanFilter {
  /** An identifier with its flags; with `CAN.INV_FILTER`, the other frames pass. */
  readonly id: number;
  /** The bits that count; with `CAN.ERR_FLAG`, error frames pass, too. */
  readonly mask: number;
}

/** struct can_filter is { canid_t can_id, can_mask } (include/uapi/linux/can.h). */
const CAN_FILTER = 8;

/** CAN_RAW_FILTER_MAX and J1939_FILTER_MAX. */
const MAX_FILTERS = 512;

export const canFilters: Codec<readonly CanFilter[]> = {
  size: CAN_FILTER * MAX_FILTERS,
  decode: ({ valid, view }) =>
    Array.from({ length: Math.floor(valid.byteLength / CAN_FILTER) }, (_, index) => ({
      id: view.getUint32(index * CAN_FILTER, true),
      mask: view.getUint32(index * CAN_FILTER + 4, true),
    })),
  encode(value, into) {
    const given = elements("the option", "an array of { id, mask }", value, MAX_FILTERS);
    const filters = given.map((filter) => {
      checkObject("a filter", "{ id, mask }", filter);
      return [integer("id", filter.id, 0, 0xffffffff), integer("mask", filter.mask, 0, 0xffffffff)] as const;
    });
    for (const [index, [id, mask]] of filters.entries()) {
      into.view.setUint32(index * CAN_FILTER, id, true);
      into.view.setUint32(index * CAN_FILTER + 4, mask, true);
    }
    into.length = filters.length * CAN_FILTER;
  },
};

/** Which J1939 messages pass, by their sender and parameter group; a mask of 0 passes all. */
export interface J1939Filter {
  readonly name?: bigint;
  readonly nameMask?: bigint;
  readonly pgn?: number;
  readonly pgnMask?: number;
  readonly addr?: number;
  readonly addrMask?: number;
}

/**
 * struct j1939_filter is { name_t name, name_mask; pgn_t pgn, pgn_mask; __u8 addr, addr_mask }
 * (include/uapi/linux/can/j1939.h).
 */
const J1939_FILTER = { pgn: 16, pgnMask: 20, addr: 24, addrMask: 25, size: 32 };

const J1939_SHAPE = "{ name?, nameMask?, pgn?, pgnMask?, addr?, addrMask? }";

export const j1939Filters: WriteCodec<readonly J1939Filter[]> = {
  encode(value, into) {
    const given = elements("the option", `an array of ${J1939_SHAPE}`, value, MAX_FILTERS);
    const filters = given.map((filter) => {
      checkObject("a filter", J1939_SHAPE, filter);
      const { name = 0n, nameMask = 0n, pgn = 0, pgnMask = 0, addr = 0, addrMask = 0 } = filter;
      return { name, nameMask, pgn, pgnMask, addr, addrMask };
    });
    const { size } = J1939_FILTER;
    into.bytes.fill(0, 0, filters.length * size);
    for (const [index, { name, nameMask, pgn, pgnMask, addr, addrMask }] of filters.entries()) {
      const at = index * size;
      into.view.setBigUint64(at, uint64("name", name), true);
      into.view.setBigUint64(at + 8, uint64("nameMask", nameMask), true);
      into.view.setUint32(at + J1939_FILTER.pgn, integer("pgn", pgn, 0, 0xffffffff), true);
      into.view.setUint32(at + J1939_FILTER.pgnMask, integer("pgnMask", pgnMask, 0, 0xffffffff), true);
      into.view.setUint8(at + J1939_FILTER.addr, integer("addr", addr, 0, 0xff));
      into.view.setUint8(at + J1939_FILTER.addrMask, integer("addrMask", addrMask, 0, 0xff));
    }
    into.length = filters.length * size;
  },
};

function uint64(what: string, value: bigint): bigint {
  if (typeof value !== "bigint") throw argumentType(`${what} must be a bigint, not ${kind(value)}`);
  if (value < 0n || value > 0xffff_ffff_ffff_ffffn)
    throw outOfRange(`${what} must be 0 to 2^64 - 1, not ${value}`);
  return value;
}
