import { isMainThread } from "../../main-thread.ts";
import { FailedCall } from "../../native/failed-call.ts";
import { IORING } from "../../system/linux/io-uring.ts";
import { linux } from "../../system/linux/linux.ts";
import { SetUpError } from "./ring-setup.ts";

const lockedMemory =
  "the limit on locked memory, which all processes of a user share, is used up; raise RLIMIT_MEMLOCK " +
  "(ulimit -l)";

/** The errors of io_uring's calls, with advice. */
const setUpReasons: Readonly<Record<string, string>> = {
  EACCES: "a security module forbids it",
  EMFILE: "the process has no descriptor left; raise RLIMIT_NOFILE (ulimit -n)",
  ENFILE: "the system has no descriptor left; raise fs.file-max",
  ENOMEM: lockedMemory,
  ENOSYS: "the system has no io_uring, or a system call filter hides it",
  EPERM: "kernel.io_uring_disabled or a system call filter forbids it",
};

const tooOld = (): string =>
  isMainThread()
    ? "the kernel is older than Linux 6.0"
    : "the kernel is older than Linux 6.5; worker threads need a ring in our own memory " +
      "(IORING_SETUP_NO_MMAP)";

/** The errors of mmap, with advice. */
const mappingReasons: Readonly<Record<string, string>> = {
  EACCES: "a security module forbids it",
  EAGAIN: lockedMemory,
  ENOMEM: "no memory or address space is left; raise RLIMIT_AS (ulimit -v) or vm.max_map_count",
  EPERM: "a security module or a system call filter forbids it",
};

/** Errors caused by a lack of resources, which may be available next time. */
const passing: readonly string[] = ["EAGAIN", "EINTR", "EMFILE", "ENFILE", "ENOMEM"];

/** The reason io_uring is unavailable, and whether that may be temporary. */
export interface Unavailable {
  readonly reason: string;
  readonly mayPass: boolean;
}

/** Explains an error from setting up a ring. */
export function unavailable(error: unknown): Unavailable {
  if (!(error instanceof FailedCall))
    return { reason: error instanceof Error ? error.message : String(error), mayPass: false };
  const code = linux.errnoName(error.errno) ?? `errno ${error.errno}`;
  const reason = `${error.call} failed with ${code}`;
  const why = whyItFailed(error, code);
  return { reason: why === undefined ? reason : `${reason}: ${why}`, mayPass: passing.includes(code) };
}

function whyItFailed(error: FailedCall, code: string): string | undefined {
  if (error instanceof SetUpError) return code === "EINVAL" ? tooOld() : setUpReasons[code];
  return error.call.startsWith("mmap") ? mappingReasons[code] : undefined;
}

/** Throws if io_uring_params.features lacks any feature that the engine needs. */
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
