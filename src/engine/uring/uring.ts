import { isMainThread } from "node:worker_threads";
import { defined } from "../../invariant.ts";
import { MappingError } from "../../native/memory.ts";
import { IORING, PARAMS } from "../../system/linux/io-uring.ts";
import { linux } from "../../system/linux/linux.ts";
import type { Engine } from "../engine.ts";
import { UringAcceptor } from "./acceptor.ts";
import { UringConnect } from "./connect.ts";
import { UringDatagrams } from "./datagrams.ts";
import { Loop } from "./loop.ts";
import { Ring } from "./ring.ts";
import { checked, SetUpError, setupRing } from "./ring-setup.ts";
import { UringStream } from "./stream.ts";

const NEEDED =
  IORING.FEAT_SINGLE_MMAP |
  IORING.FEAT_NODROP |
  IORING.FEAT_SUBMIT_STABLE |
  IORING.FEAT_FAST_POLL |
  IORING.FEAT_CQE_SKIP;

/** This thread's, or why there can be none. */
let loop: Loop | string | undefined;

/** io_uring: operations are handed to the kernel, which tells when they are done. */
export const uring: Engine = {
  name: "uring",
  acceptor: (fd, handlers) => new UringAcceptor(started(), fd, handlers),
  stream: (fd, handlers) => new UringStream(started(), fd, handlers),
  connect: (fd, address, done) => new UringConnect(started(), fd, address, done),
  datagrams: (fd, handlers) => new UringDatagrams(started(), fd, handlers),
};

/** Whether `machine` says of what there may be enough the next time. */
let mayComeBack = false;

/**
 * Returns the reason io_uring is unavailable, or undefined. Keeps the ring it created.
 *
 * @param again whether to try again what failed for a lack of memory or descriptors
 */
export function uringLacks(again = false): string | undefined {
  if (loop === undefined || (again && mayComeBack)) start();
  return typeof loop === "string" ? loop : undefined;
}

function started(): Loop {
  const lacks = uringLacks(true);
  if (loop instanceof Loop) return loop;
  throw new Error(`io_uring cannot be used: ${lacks}`);
}

/** What the errors of io_uring's calls come to, and what to do. */
const reasons = {
  EACCES: "it is forbidden here, by a security module",
  EINVAL: isMainThread
    ? "the kernel is older than Linux 6.0"
    : "the kernel is too old for a ring in memory of ours, which worker threads need (IORING_SETUP_NO_MMAP)",
  EMFILE: "the process has no descriptor left; raise RLIMIT_NOFILE (ulimit -n)",
  ENFILE: "the system has no descriptor left; raise fs.file-max",
  ENOMEM:
    "no memory is left that may be locked, which all processes of a user share; raise RLIMIT_MEMLOCK (ulimit -l)",
  ENOSYS: "the system has no io_uring, or a filter of system calls hides it",
  EPERM: "it is forbidden here, by kernel.io_uring_disabled or a filter of system calls",
} satisfies Record<string, string>;
const passing = ["EAGAIN", "EINTR", "EMFILE", "ENFILE", "ENOMEM"];

const setUpReasons: Readonly<Record<string, string>> = reasons;

/** What those of mmap come to, where that is something else. */
const mappingReasons: Readonly<Record<string, string>> = {
  EAGAIN: reasons.ENOMEM,
  ENOMEM: "no memory or address space is left; raise RLIMIT_AS (ulimit -v) or vm.max_map_count",
};

function start(): void {
  try {
    loop = opened();
    mayComeBack = false;
  } catch (error) {
    const isMapping = error instanceof MappingError;
    if (!isMapping && !(error instanceof SetUpError)) {
      loop = error instanceof Error ? error.message : String(error);
      mayComeBack = false;
      return;
    }
    const code = linux.errnoName(error.errno) ?? `errno ${error.errno}`;
    const reason = (isMapping ? mappingReasons[code] : undefined) ?? setUpReasons[code];
    loop = `${error.call} failed with ${code}${reason === undefined ? "" : `: ${reason}`}`;
    mayComeBack = passing.includes(code);
  }
}

/** Makes a ring and all that it needs, or throws, with nothing left open. */
function opened(): Loop {
  const set = setupRing();
  const { fd, params } = set;
  checked("io_uring_setup", fd);
  const features = defined(params[PARAMS.features], "the kernel's structure has the word");
  const missing = (features & NEEDED) ^ NEEDED;
  if (missing !== 0) {
    linux.close(fd);
    throw new Error(`the kernel lacks features 0x${missing.toString(16)} of it`);
  }
  const ring = new Ring(set);
  try {
    return new Loop(ring, failed);
  } catch (error) {
    ring.release();
    throw error;
  }
}

/** This thread's ring has failed for good: what is opened from now on is on another engine. */
function failed(errno: number): void {
  loop = `io_uring_enter failed with ${linux.errnoName(-errno) ?? -errno}`;
  mayComeBack = false;
}
