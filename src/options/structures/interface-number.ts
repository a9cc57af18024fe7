import { type InterfaceReference, interfaceIndex } from "../../address/interface-index.ts";
import type { ReadCodec, WriteCodec } from "../option.ts";

/** Reads an interface index; sets it by index or by name. */
type InterfaceCodec = ReadCodec<number> & WriteCodec<InterfaceReference>;

const WHAT = "the number of an interface";

/** An interface index as a C int. */
export const interfaceInt: InterfaceCodec = {
  size: 4,
  decode: ({ ints }) => ints[0] ?? 0,
  encode(value, into, system) {
    into.ints[0] = interfaceIndex(WHAT, value, system);
    into.length = 4;
  },
};

/**
 * An interface index in network byte order, as IP_UNICAST_IF requires (do_ip_setsockopt in
 * net/ipv4/ip_sockglue.c).
 */
export const interfaceNumber: InterfaceCodec = {
  size: 4,
  decode: ({ view }) => view.getUint32(0),
  encode(value, into, system) {
    into.view.setUint32(0, interfaceIndex(WHAT, value, system));
    into.length = 4;
  },
};
