import {
  CLASS,
  CLASS_MASK,
  EXTENSION,
  type Instruction,
  JUMP,
  MEMORY_WORDS,
  MODE,
  MODE_MASK,
  OFFSET,
  OP,
  OP_MASK,
  RETURN_A,
  SIZE,
  SIZE_MASK,
  SOURCE_X,
  TXA,
} from "./instructions.ts";

/** A packet as a program sees it. */
export interface FilteredPacket {
  /** From the link-layer header on, where there is one. */
  readonly bytes: Uint8Array;
  /** Where the program's offset 0 lies. */
  readonly start: number;
  /** Where the network header lies; undefined if there is none, and so no link-layer header. */
  readonly network: number | undefined;
  /** The values of extensions, by their numbers in EXTENSION; those absent are 0. */
  readonly extensions: ReadonlyMap<number, number>;
  /** A random number of 32 bits. */
  random(): number;
}

/** Ends the program: the packet has no such bytes. */
const OUTSIDE = -1;

/**
 * Runs a program that `isValid()` accepts, and returns what it returns: 0 if it reads beyond the
 * packet, or divides by zero. Registers are 32 bits without a sign.
 */
export function run(program: readonly Instruction[], packet: FilteredPacket): number {
  const memory = new Uint32Array(MEMORY_WORDS);
  let a = 0;
  let x = 0;
  for (let at = 0; ; at += 1) {
    const instruction = program[at];
    if (instruction === undefined) return 0;
    const { code, jt, jf, k } = instruction;
    const operand = code & SOURCE_X ? x : k;
    switch (code & CLASS_MASK) {
      case CLASS.LD: {
        const loaded = load(packet, code, code & MODE_MASK, k, { a, x, memory });
        if (loaded === OUTSIDE) return 0;
        a = loaded;
        break;
      }
      case CLASS.LDX: {
        const mode = code & MODE_MASK;
        const loaded =
          mode === MODE.MSH ? headerLength(packet, k) : load(packet, code, mode, k, { a, x, memory });
        if (loaded === OUTSIDE) return 0;
        x = loaded;
        break;
      }
      case CLASS.ST:
        memory[k] = a;
        break;
      case CLASS.STX:
        memory[k] = x;
        break;
      case CLASS.ALU: {
        const operation = code & OP_MASK;
        if ((operation === OP.DIV || operation === OP.MOD) && operand === 0) return 0;
        a = calculate(operation, a, operand);
        break;
      }
      case CLASS.JMP: {
        const condition = code & OP_MASK;
        if (condition === JUMP.ALWAYS) at += k;
        else at += holds(condition, a, operand) ? jt : jf;
        break;
      }
      case CLASS.RET:
        return code & RETURN_A ? a : k;
      case CLASS.MISC:
        if (code & TXA) a = x;
        else x = a;
        break;
    }
  }
}

interface Registers {
  readonly a: number;
  readonly x: number;
  readonly memory: Uint32Array;
}

function load(packet: FilteredPacket, code: number, mode: number, k: number, registers: Registers): number {
  switch (mode) {
    case MODE.IMM:
      return k;
    case MODE.MEM:
      return registers.memory[k] ?? 0;
    case MODE.LEN:
      return packet.bytes.length - packet.start;
    case MODE.IND:
      return bytesAt(packet, code & SIZE_MASK, (registers.x + k) | 0);
    default: {
      const extension = (k | 0) - OFFSET.EXTENSIONS;
      return (k | 0) >= 0 || extension < 0
        ? bytesAt(packet, code & SIZE_MASK, k | 0)
        : extended(packet, extension, registers);
    }
  }
}

/** convert_bpf_extensions(). */
function extended(packet: FilteredPacket, extension: number, { a, x }: Registers): number {
  switch (extension) {
    case EXTENSION.ALU_XOR_X:
      return (a ^ x) >>> 0;
    case EXTENSION.RANDOM:
      return packet.random();
    case EXTENSION.IFINDEX:
    case EXTENSION.HATYPE:
      // Without a device, the program ends.
      return packet.extensions.get(extension) ?? OUTSIDE;
    default:
      // No packet of a simulated host is netlink's, or has a VLAN tag; the rest is 0 here.
      return packet.extensions.get(extension) ?? 0;
  }
}

/** Bytes in network byte order: bpf_skb_load_helper(), bpf_internal_load_pointer_neg_helper(). */
function bytesAt({ bytes, start, network }: FilteredPacket, size: number, offset: number): number {
  let at = start + offset;
  if (offset < 0) {
    if (network === undefined || offset < OFFSET.LINK) return OUTSIDE;
    at = offset >= OFFSET.NETWORK ? network + offset - OFFSET.NETWORK : offset - OFFSET.LINK;
  }
  const count = size === SIZE.W ? 4 : size === SIZE.H ? 2 : 1;
  if (at + count > bytes.length) return OUTSIDE;
  let value = 0;
  for (const byte of bytes.subarray(at, at + count)) value = value * 256 + byte;
  return value;
}

/** Of the IPv4 header at an offset. */
function headerLength(packet: FilteredPacket, k: number): number {
  const byte = bytesAt(packet, SIZE.B, k | 0);
  return byte === OUTSIDE ? OUTSIDE : (byte & 0x0f) * 4;
}

function calculate(operation: number, a: number, operand: number): number {
  switch (operation) {
    case OP.ADD:
      return (a + operand) >>> 0;
    case OP.SUB:
      return (a - operand) >>> 0;
    case OP.MUL:
      return Math.imul(a, operand) >>> 0;
    case OP.DIV:
      return Math.floor(a / operand);
    case OP.MOD:
      return a % operand;
    case OP.OR:
      return (a | operand) >>> 0;
    case OP.AND:
      return (a & operand) >>> 0;
    case OP.XOR:
      return (a ^ operand) >>> 0;
    case OP.LSH:
      // By X modulo 32, as JavaScript's.
      return (a << operand) >>> 0;
    case OP.RSH:
      return a >>> operand;
    default:
      return -a >>> 0;
  }
}

function holds(condition: number, a: number, operand: number): boolean {
  switch (condition) {
    case JUMP.EQ:
      return a === operand;
    case JUMP.GT:
      return a > operand;
    case JUMP.GE:
      return a >= operand;
    default:
      return (a & operand) !== 0;
  }
}
