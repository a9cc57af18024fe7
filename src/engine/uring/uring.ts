import { isMainThread } from "node:worker_threads";
import { IORING, PARAMS } from "../../system/linux/io-uring.ts";
import { linux } from "../../system/linux/linux.ts";
import type { Engine } from "../engine.ts";
import { UringAcceptor } from "./acceptor.ts";
import { UringConnect } from "./connect.ts";
import { UringDatagrams } from "./datagrams.ts";
import { Loop } from "./loop.ts";
import { Ring, setupRing } from "./ring.ts";
import { UringStream } from "./stream.ts";

const NEEDED =
  IORING.FEAT_SINGLE_MMAP |
  IORING.FEAT_NODROP |
  IORING.FEAT_SUBMIT_STABLE |
  IORING.FEAT_FAST_POLL |
  IORING.FEAT_CQE_SKIP;

/** This thread's, or why there can be none. */
let machine: Loop | string | undefined;

/** io_uring: operations are handed to the kernel, which tells when they are done. */
export const uring: Engine = {
  name: "uring",
  acceptor: (fd, handlers) => new UringAcceptor(started(), fd, handlers),
  stream: (fd, handlers) => new UringStream(started(), fd, handlers),
  connect: (fd, address, done) => new UringConnect(started(), fd, address, done),
  datagrams: (fd, handlers) => new UringDatagrams(started(), fd, handlers),
};

/** Why it cannot be used here; undefined if it can. The ring that this takes is kept. */
export function uringLacks(): string | undefined {
  if (machine === undefined) start();
  return typeof machine === "string" ? machine : undefined;
}

function started(): Loop {
  const lacks = uringLacks();
  if (machine instanceof Loop) return machine;
  throw new Error(`io_uring cannot be used: ${lacks}`);
}

/** What the errors of io_uring_setup(2) come to. */
const reasons: Readonly<Record<string, string>> = {
  EACCES: "it is forbidden here, by a security module",
  EINVAL: isMainThread
    ? "the kernel is older than Linux 6.0"
    : "the kernel is too old for a ring in memory of ours, which worker threads need (IORING_SETUP_NO_MMAP)",
  ENOSYS: "the system has no io_uring, or a filter of system calls hides it",
  EPERM: "it is forbidden here, by kernel.io_uring_disabled or a filter of system calls",
};

function start(): void {
  const ring = setupRing();
  const { fd, params } = ring;
  if (fd < 0) {
    const code = linux.errnoName(-fd) ?? String(-fd);
    const reason = reasons[code];
    const said = `io_uring_setup failed with ${code}`;
    // Of any other, there may be enough the next time.
    if (reason === undefined) throw new Error(said);
    machine = `${said}: ${reason}`;
    return;
  }
  const missing = ((params[PARAMS.features] ?? 0) & NEEDED) ^ NEEDED;
  if (missing === 0) {
    machine = new Loop(new Ring(ring));
  } else {
    linux.close(fd);
    machine = `the kernel lacks features 0x${missing.toString(16)} of it`;
  }
}
