/**
 * The numbers of classic BPF (include/uapi/linux/bpf_common.h): a code is a class, combined with
 * what the class takes.
 */
export const CLASS = { LD: 0, LDX: 1, ST: 2, STX: 3, ALU: 4, JMP: 5, RET: 6, MISC: 7 } as const;
export const CLASS_MASK = 0x07;

/** How a load finds its value, combined with SIZE. */
export const MODE = { IMM: 0x00, ABS: 0x20, IND: 0x40, MEM: 0x60, LEN: 0x80, MSH: 0xa0 } as const;
export const MODE_MASK = 0xe0;

export const SIZE = { W: 0x00, H: 0x08, B: 0x10 } as const;
export const SIZE_MASK = 0x18;

/** Operations of ALU and JMP. */
export const OP = {
  ...{ ADD: 0x00, SUB: 0x10, MUL: 0x20, DIV: 0x30, OR: 0x40, AND: 0x50 },
  ...{ LSH: 0x60, RSH: 0x70, NEG: 0x80, MOD: 0x90, XOR: 0xa0 },
} as const;
export const JUMP = { ALWAYS: 0x00, EQ: 0x10, GT: 0x20, GE: 0x30, SET: 0x40 } as const;
export const OP_MASK = 0xf0;

/** The operand is X, and not k. */
export const SOURCE_X = 0x08;
/** RET returns A, and not k. */
export const RETURN_A = 0x10;
/** MISC copies X to A, and not A to X. */
export const TXA = 0x80;

/** Words of the scratch memory: BPF_MEMWORDS. */
export const MEMORY_WORDS = 16;
/** BPF_MAXINSNS. */
export const MOST_INSTRUCTIONS = 4_096;

/** Offsets with a special meaning (include/uapi/linux/filter.h). */
export const OFFSET = {
  /** SKF_AD_OFF: metadata of the packet. */
  EXTENSIONS: -0x1000,
  /** SKF_NET_OFF: from the network header on. */
  NETWORK: -0x100000,
  /** SKF_LL_OFF: from the link-layer header on. */
  LINK: -0x200000,
} as const;

/** SKF_AD_: extensions, by their distance from `OFFSET.EXTENSIONS`. */
export const EXTENSION = {
  ...{ PROTOCOL: 0, PKTTYPE: 4, IFINDEX: 8, NLATTR: 12, NLATTR_NEST: 16, MARK: 20, QUEUE: 24 },
  ...{ HATYPE: 28, RXHASH: 32, CPU: 36, ALU_XOR_X: 40, VLAN_TAG: 44, VLAN_TAG_PRESENT: 48 },
  ...{ PAY_OFFSET: 52, RANDOM: 56, VLAN_TPID: 60 },
} as const;

/** An instruction: struct sock_filter. */
export interface Instruction {
  readonly code: number;
  /** How many instructions to skip if a jump's condition is true, and if it is false. */
  readonly jt: number;
  readonly jf: number;
  /** Below 2^32. */
  readonly k: number;
}

/** sizeof(struct sock_filter). */
const INSTRUCTION_SIZE = 8;

/** Reads an array of struct sock_filter. */
export function readInstructions(bytes: Uint8Array): Instruction[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: Math.floor(bytes.length / INSTRUCTION_SIZE) }, (_, index) => {
    const at = index * INSTRUCTION_SIZE;
    return {
      code: view.getUint16(at, true),
      jt: view.getUint8(at + 2),
      jf: view.getUint8(at + 3),
      k: view.getUint32(at + 4, true),
    };
  });
}
