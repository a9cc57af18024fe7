import { isMainThread } from "node:worker_threads";
import { MappingError } from "../../native/memory.ts";
import { IORING } from "../../system/linux/io-uring.ts";
import { linux } from "../../system/linux/linux.ts";
import { SetUpError } from "./ring-setup.ts";

const lockedMemory =
  "no memory is left that may be locked, which all processes of a user share; raise RLIMIT_MEMLOCK (ulimit -l)";

/** What the errors of io_uring's calls come to, and what to do. */
const setUpReasons: Readonly<Record<string, string>> = {
  EACCES: "it is forbidden here, by a security module",
  EINVAL: isMainThread
    ? "the kernel is older than Linux 6.0"
    : "the kernel is too old for a ring in memory of ours, which worker threads need (IORING_SETUP_NO_MMAP)",
  EMFILE: "the process has no descriptor left; raise RLIMIT_NOFILE (ulimit -n)",
  ENFILE: "the system has no descriptor left; raise fs.file-max",
  ENOMEM: lockedMemory,
  ENOSYS: "the system has no io_uring, or a filter of system calls hides it",
  EPERM: "it is forbidden here, by kernel.io_uring_disabled or a filter of system calls",
};

/** The same for mmap's. */
const mappingReasons: Readonly<Record<string, string>> = {
  EACCES: "it is forbidden here, by a security module",
  EAGAIN: lockedMemory,
  ENOMEM: "no memory or address space is left; raise RLIMIT_AS (ulimit -v) or vm.max_map_count",
  EPERM: "it is forbidden here, by a security module or a filter of system calls",
};

/** Errors of what there may be enough the next time. */
const passing: readonly string[] = ["EAGAIN", "EINTR", "EMFILE", "ENFILE", "ENOMEM"];

/** Why io_uring cannot be used, in words, and whether that may be otherwise the next time. */
export interface Unavailable {
  readonly reason: string;
  readonly mayPass: boolean;
}

/** What an error of setting a ring up means. */
export function unavailable(error: unknown): Unavailable {
  const isMapping = error instanceof MappingError;
  if (!isMapping && !(error instanceof SetUpError))
    return { reason: error instanceof Error ? error.message : String(error), mayPass: false };
  const code = linux.errnoName(error.errno) ?? `errno ${error.errno}`;
  const why = (isMapping ? mappingReasons : setUpReasons)[code];
  const reason = `${error.call} failed with ${code}`;
  return { reason: why === undefined ? reason : `${reason}: ${why}`, mayPass: passing.includes(code) };
}

/** Throws where the kernel lacks features that the engine needs, of io_uring_params.features. */
export function checkFeatures(features: number): void {
  const missing = needed.filter((name) => (features & IORING[name]) === 0);
  if (missing.length === 0) return;
  const names = missing.map((name) => `IORING_${name}`);
  throw new Error(`the kernel is too old: its io_uring lacks ${names.join(", ")}`);
}

const needed = [
  "FEAT_SINGLE_MMAP",
  "FEAT_NODROP",
  "FEAT_SUBMIT_STABLE",
  "FEAT_FAST_POLL",
  "FEAT_CQE_SKIP",
] as const satisfies readonly (keyof typeof IORING)[];
