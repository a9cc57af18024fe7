import { checkObject } from "../../errors/argument.ts";
import { newDecoder } from "../../system/text.ts";
import { type Codec, name } from "../codecs.ts";

/**
 * A filter that delays accept() until a connection meets its condition: struct accept_filter_arg.
 */
export interface AcceptFilter {
  /**
   * Its name, such as `"dataready"` or `"httpready"`; provided by the kernel module accf_data or
   * accf_http. At most 15 bytes.
   */
  readonly name: string;
  /** The filter's argument, at most 239 bytes; FreeBSD's own filters take none. */
  readonly arg?: string;
}

/** struct accept_filter_arg is { char af_name[16]; char af_arg[240] } (sys/socket.h of FreeBSD). */
const ARG = 16;
const SIZE = 256;

const [filterName, filterArg] = [name(ARG - 1), name(SIZE - ARG - 1)];
const text = newDecoder();

function stringAt(bytes: Uint8Array, start: number, end: number): string {
  const field = bytes.subarray(start, end);
  const nul = field.indexOf(0);
  return text.decode(nul === -1 ? field : field.subarray(0, nul));
}

export const acceptFilter: Codec<AcceptFilter> = {
  size: SIZE,
  decode: ({ bytes }) => ({ name: stringAt(bytes, 0, ARG), arg: stringAt(bytes, ARG, SIZE) }),
  encode(value, into, system) {
    checkObject("the option", "{ name, arg }", value);
    const { name, arg = "" } = value;
    filterArg.encode(arg, into, system);
    const behind = into.valid.slice();
    filterName.encode(name, into, system);
    into.bytes.fill(0, into.length, SIZE);
    into.bytes.set(behind, ARG);
    into.length = SIZE;
  },
};
