import { isMainThread } from "../../main-thread.ts";
import { FailedCall } from "../../native/failed-call.ts";
import type { Pointer } from "../../native/library.ts";
import { type Memory, mapMemory } from "../../native/memory.ts";
import { CQE_SIZE, IORING, PARAMS, SQE_SIZE, setup } from "../../system/linux/io-uring.ts";
import { linux } from "../../system/linux/linux.ts";
import { halves } from "./sqe.ts";

/**
 * Since Linux 6.14, the kernel charges these pages to RLIMIT_MEMLOCK (io_create_region in
 * io_uring/memmap.c), which all processes of a user share (8 MiB by default). Together with its
 * buffer rings, a ring takes 48 KiB. More entries than fit cost an extra io_uring_enter().
 */
const ENTRIES = 128;
/**
 * The kernel keeps any more completions in its own memory until they are fetched
 * (IORING_FEAT_NODROP).
 */
const COMPLETIONS = 1024;

const { SETUP_CLAMP, SETUP_CQSIZE, SETUP_SINGLE_ISSUER, SETUP_SUBMIT_ALL, SETUP_TASKRUN_FLAG } = IORING;
const USUAL = SETUP_CLAMP | SETUP_CQSIZE | SETUP_SINGLE_ISSUER | SETUP_SUBMIT_ALL | SETUP_TASKRUN_FLAG;

/**
 * Set-up flags, best first. SINGLE_ISSUER came with Linux 6.0, as did multishot receive;
 * DEFER_TASKRUN, which gathers completions until they are fetched, came with 6.1.
 */
const SETUPS = [USUAL | IORING.SETUP_DEFER_TASKRUN, USUAL | IORING.SETUP_COOP_TASKRUN];

/**
 * The heads and tails of both rings take less than a page. The completions follow, then the indices
 * of entries.
 */
const RINGS_SIZE = 4096 + COMPLETIONS * CQE_SIZE + ENTRIES * 4;

/** A system call that a ring needs has failed. */
export class SetUpError extends FailedCall {
  constructor(call: string, errno: number) {
    super(call, errno);
    this.name = "SetUpError";
    this.message = `${call} failed with ${linux.errnoName(errno) ?? `errno ${errno}`}`;
  }
}

/** Returns the result of a call, or throws if it is a negative errno. */
export function checked(call: string, returned: number): number {
  if (returned < 0) throw new SetUpError(call, -returned);
  return returned;
}

/** A ring, or the reason there is none. */
export interface RingSetUp {
  /** Its descriptor, or a negative errno. */
  readonly fd: number;
  /** The kernel's output, laid out as in `PARAMS`. */
  readonly params: Uint32Array;
  /** The ring's memory, if it is ours. */
  readonly memory: { readonly rings: Memory; readonly entries: Memory } | undefined;
}

/**
 * Sets up a ring. In a worker thread it uses our memory (IORING_SETUP_NO_MMAP), because a mapping
 * of the ring itself would keep it alive until the process ends, with all operations and thus all
 * sockets of a thread that has ended (vm_file in mm/mmap.c).
 */
export function setupRing(): RingSetUp {
  const memory = isMainThread()
    ? undefined
    : { rings: mapMemory(RINGS_SIZE), entries: mapMemory(ENTRIES * SQE_SIZE) };
  let fd = -1;
  let params = new Uint32Array(PARAMS.words);
  for (const flags of SETUPS) {
    params = new Uint32Array(PARAMS.words);
    params[PARAMS.flags] = flags;
    params[PARAMS.cq_entries] = COMPLETIONS;
    if (memory !== undefined) {
      params[PARAMS.flags] = flags | IORING.SETUP_NO_MMAP;
      setPointer(params, PARAMS.cq_user_addr, memory.rings.pointer);
      setPointer(params, PARAMS.sq_user_addr, memory.entries.pointer);
    }
    fd = setup(ENTRIES, params);
    if (fd >= 0) break;
  }
  return { fd, params, memory };
}

function setPointer(params: Uint32Array, word: number, pointer: Pointer): void {
  const { low, high } = halves(pointer);
  params[word] = low;
  params[word + 1] = high;
}
