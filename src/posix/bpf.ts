import {
  argumentType,
  checkObject,
  elements,
  integer,
  invalidValue,
  kind,
  quoted,
} from "../errors/argument.ts";

/** An instruction of classic BPF: struct sock_filter (Documentation/networking/filter.rst). */
export interface FilterInstruction {
  readonly code: number;
  /** How many instructions to skip where a jump's condition is true, and where it is false. */
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}

const SIZES = { 1: 0x10, 2: 0x08, 4: 0x00 } as const;
const OPERATIONS = {
  ...{ add: 0x00, sub: 0x10, mul: 0x20, div: 0x30, or: 0x40, and: 0x50 },
  ...{ lsh: 0x60, rsh: 0x70, mod: 0x90, xor: 0xa0 },
} as const;
const CONDITIONS = { eq: 0x10, gt: 0x20, ge: 0x30, set: 0x40 } as const;
/** SKF_AD_OFF and the offsets from it (include/uapi/linux/filter.h). */
const EXTENSIONS = -0x1000;
const extensions = {
  ...{ protocol: 0, pkttype: 4, ifindex: 8, mark: 20, queue: 24, hatype: 28 },
  ...{ rxhash: 32, cpu: 36, vlanTag: 44, vlanTagPresent: 48, payOffset: 52, random: 56, vlanTpid: 60 },
} as const;

/**
 * The number of a name. Throws on an unknown one, which untyped callers may pass, since a wrong
 * program would go unnoticed.
 */
function numberOf<Name extends number | string>(
  what: string,
  name: Name,
  numbers: Readonly<Record<Name, number>>,
): number {
  if (Object.hasOwn(numbers, name)) return numbers[name];
  throw invalidValue(
    `${what} must be one of ${Object.keys(numbers).join(", ")}, not ${typeof name === "number" ? name : quoted(name)}`,
  );
}

const plain = (code: number, k = 0): FilterInstruction => ({ code, jt: 0, jf: 0, k });
/** A constant, or the register X. */
const operand = (code: number, k: number | "x"): FilterInstruction =>
  k === "x" ? plain(code | 0x08) : plain(code, k);

/**
 * Creates the usual instructions of a filter. A filter works on an accumulator A and a register X.
 * The packet begins with its link-layer header on a raw packet socket, with its TCP or UDP header
 * on a socket of those, and with its data on a unix socket.
 */
export const BPF = {
  /**
   * A is this many bytes of the packet, in network byte order. A packet that is too short is
   * dropped.
   */
  load: (size: 1 | 2 | 4, offset: number) => plain(0x20 | numberOf("size", size, SIZES), offset),
  /** The same at X + offset. */
  loadIndirect: (size: 1 | 2 | 4, offset: number) => plain(0x40 | numberOf("size", size, SIZES), offset),
  /** A is the length of the packet. */
  loadLength: () => plain(0x80),
  /** A is a constant. */
  loadConstant: (k: number) => plain(0x00, k),
  /** A is metadata of the packet. */
  loadExtension: (name: keyof typeof extensions) =>
    plain(0x20, (EXTENSIONS + numberOf("name", name, extensions)) >>> 0),
  /** X is a constant. */
  loadX: (k: number) => plain(0x01, k),
  /** X is the length of the IPv4 header at an offset. */
  loadXHeaderLength: (offset: number) => plain(0xb1, offset),
  /** A becomes `A operation k`, or `A operation X`. */
  calculate: (operation: keyof typeof OPERATIONS, k: number | "x") =>
    operand(0x04 | numberOf("operation", operation, OPERATIONS), k),
  /** Skips instructions. */
  jump: (count: number) => plain(0x05, count),
  /**
   * Skips `jt` instructions if A is equal to k, greater, at least k, or has one of its bits; `jf`
   * if not.
   */
  jumpIf(
    condition: keyof typeof CONDITIONS,
    k: number | "x",
    to: { readonly jt?: number; readonly jf?: number },
  ): FilterInstruction {
    checkObject("to", "{ jt?, jf? }", to);
    const { jt = 0, jf = 0 } = to;
    return { ...operand(0x05 | numberOf("condition", condition, CONDITIONS), k), jt, jf };
  },
  /** X becomes A. */
  copyToX: () => plain(0x07),
  /** A becomes X. */
  copyFromX: () => plain(0x87),
  /**
   * Returns how many bytes of the packet to keep; 0 drops it. In a REUSEPORT group, the index of a
   * socket. `"a"` is the accumulator.
   */
  return: (k: number | "a") => (k === "a" ? plain(0x16) : plain(0x06, k)),
} as const;

/** BPF_MAXINSNS, include/uapi/linux/bpf_common.h. */
const MOST = 4096;

/** struct sock_filter is { __u16 code; __u8 jt, jf; __u32 k } (include/uapi/linux/filter.h). */
export function encodeFilter(instructions: readonly FilterInstruction[]): Uint8Array {
  const given = elements<FilterInstruction>("instructions", "an array of instructions", instructions, MOST);
  const bytes = new Uint8Array(given.length * 8);
  const view = new DataView(bytes.buffer);
  for (const [index, instruction] of given.entries()) {
    checkObject("each of instructions", "{ code, jt, jf, k }", instruction);
    const { code, jt, jf, k } = instruction;
    if (typeof k !== "number")
      throw argumentType(`k of instruction ${index} must be a number, not ${kind(k)}`);
    view.setUint16(index * 8, integer(`code of instruction ${index}`, code, 0, 0xffff), true);
    view.setUint8(index * 8 + 2, integer(`jt of instruction ${index}`, jt, 0, 0xff));
    view.setUint8(index * 8 + 3, integer(`jf of instruction ${index}`, jf, 0, 0xff));
    view.setUint32(index * 8 + 4, integer(`k of instruction ${index}`, k, 0, 0xffffffff), true);
  }
  return bytes;
}
