import {
  CLASS,
  CLASS_MASK,
  EXTENSION,
  type Instruction,
  JUMP,
  MEMORY_WORDS,
  MODE,
  MODE_MASK,
  MOST_INSTRUCTIONS,
  OFFSET,
  OP,
  OP_MASK,
  RETURN_A,
  SIZE,
  SOURCE_X,
  TXA,
} from "./instructions.ts";

// Which programs the kernel accepts: bpf_check_classic() in net/core/filter.c.

const codes = new Set([...loads(), ...calculations(), ...jumps(), ...others()]);
const extensions = new Set<number>(Object.values(EXTENSION));

/** Whether a program ends, jumps forward only, and reads only what it wrote. */
export function isValid(program: readonly Instruction[]): boolean {
  const last = program.at(-1);
  return (
    last !== undefined &&
    program.length <= MOST_INSTRUCTIONS &&
    program.every((instruction, at) => isInstruction(instruction, program.length - at - 1)) &&
    (last.code & CLASS_MASK) === CLASS.RET &&
    writesBeforeReading(program)
  );
}

/** `left` is how many instructions follow. */
function isInstruction({ code, jt, jf, k }: Instruction, left: number): boolean {
  if (!codes.has(code)) return false;
  switch (code & CLASS_MASK) {
    case CLASS.LD:
    case CLASS.LDX:
      if ((code & MODE_MASK) === MODE.MEM) return k < MEMORY_WORDS;
      if ((code & MODE_MASK) === MODE.ABS) return isOffset(k | 0);
      return true;
    case CLASS.ST:
    case CLASS.STX:
      return k < MEMORY_WORDS;
    case CLASS.ALU:
      return isOperand(code, k);
    case CLASS.JMP:
      return (code & OP_MASK) === JUMP.ALWAYS ? k < left : jt < left && jf < left;
    default:
      return true;
  }
}

/** No extension is unknown. The offsets of the headers are less than those of extensions. */
function isOffset(k: number): boolean {
  const extension = k - OFFSET.EXTENSIONS;
  return k >= 0 || extension < 0 || extensions.has(extension);
}

function isOperand(code: number, k: number): boolean {
  if (code & SOURCE_X) return true;
  const operation = code & OP_MASK;
  if (operation === OP.DIV || operation === OP.MOD) return k !== 0;
  return (operation !== OP.LSH && operation !== OP.RSH) || k < 32;
}

/** Whether every way to a load from memory has stored there: check_load_and_stores(). */
function writesBeforeReading(program: readonly Instruction[]): boolean {
  const all = 2 ** MEMORY_WORDS - 1;
  /** What every jump to an instruction has written, one bit a word. */
  const written = program.map(() => all);
  const jump = (to: number, has: number): void => {
    written[to] = (written[to] ?? 0) & has;
  };
  let has = 0;
  for (const [at, { code, jt, jf, k }] of program.entries()) {
    has &= written[at] ?? 0;
    const kind = code & CLASS_MASK;
    if (kind === CLASS.ST || kind === CLASS.STX) has |= 1 << k;
    else if ((kind === CLASS.LD || kind === CLASS.LDX) && (code & MODE_MASK) === MODE.MEM) {
      if ((has & (1 << k)) === 0) return false;
    } else if (kind === CLASS.JMP) {
      if ((code & OP_MASK) === JUMP.ALWAYS) {
        jump(at + 1 + k, has);
      } else {
        jump(at + 1 + jt, has);
        jump(at + 1 + jf, has);
      }
      has = all;
    }
  }
  return true;
}

function* loads(): Iterable<number> {
  for (const size of Object.values(SIZE)) {
    yield CLASS.LD | MODE.ABS | size;
    yield CLASS.LD | MODE.IND | size;
  }
  for (const kind of [CLASS.LD, CLASS.LDX]) {
    yield kind | MODE.IMM;
    yield kind | MODE.MEM;
    yield kind | MODE.LEN;
  }
  yield CLASS.LDX | MODE.MSH | SIZE.B;
}

function* calculations(): Iterable<number> {
  for (const operation of Object.values(OP)) {
    yield CLASS.ALU | operation;
    if (operation !== OP.NEG) yield CLASS.ALU | operation | SOURCE_X;
  }
}

function* jumps(): Iterable<number> {
  for (const condition of Object.values(JUMP)) {
    yield CLASS.JMP | condition;
    if (condition !== JUMP.ALWAYS) yield CLASS.JMP | condition | SOURCE_X;
  }
}

function* others(): Iterable<number> {
  yield CLASS.ST;
  yield CLASS.STX;
  yield CLASS.RET;
  yield CLASS.RET | RETURN_A;
  yield CLASS.MISC;
  yield CLASS.MISC | TXA;
}
