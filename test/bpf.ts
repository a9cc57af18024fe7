import assert from "node:assert/strict";
import {
  accessSync,
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { lastErrno, openLibraryOn } from "../src/native/library.ts";
import { mapMemory } from "../src/native/memory.ts";
import { host } from "../src/system/host.ts";
import { closeDescriptor } from "./close-descriptor.ts";
import type { Fixture } from "./fixture.ts";
import { skipModule } from "./network-namespace.ts";

const SYS_BPF: Readonly<Record<string, number>> = { x64: 321, arm64: 280 };
const BPF_PROG_LOAD = 5;
const BPF_PROG_ATTACH = 8;
const BPF_PROG_TYPE_SOCKET_FILTER = 1;
const BPF_PROG_TYPE_CGROUP_SOCK_ADDR = 18;
/** Of enum bpf_attach_type. */
const hooks = { "ipv4 connect": 10, "ipv6 connect": 11, "ipv4 sendmsg": 14, "ipv6 sendmsg": 15 } as const;
// mov64 r0, imm; exit (include/uapi/linux/bpf.h).
const MOV64_R0_IMM = 0xb7;
const EXIT = 0x95;
const EPERM = 1;

const syscall = openLibraryOn(["linux"], null).func<
  (number: number, command: number, attributes: bigint, size: number) => number
>("syscall", "int64_t", ["int64_t", "int64_t", "void*", "int64_t"]);

/**
 * The descriptor of an eBPF socket filter that returns one number for every packet: as a filter,
 * how many bytes to keep; among the sockets of a port, which one. Undefined if the process may not
 * load it.
 */
export function filterReturning(number: number): number | undefined {
  return programReturning(number, BPF_PROG_TYPE_SOCKET_FILTER, 0);
}

/** Runs with the descriptor of an eBPF program, or skips the row. */
export function withFilter(fixture: Fixture, returning: number, run: (program: number) => void): void {
  const program = filterReturning(returning);
  if (program === undefined) {
    fixture.skip("the process may not load eBPF programs");
    return;
  }
  try {
    run(program);
  } finally {
    closeDescriptor(program);
  }
}

/**
 * Makes a program of the process's own cgroup forbid a call, with EPERM. For modules that run in
 * their own network namespace; skipped if the process may not do that.
 */
export function forbidByCgroup(hook: keyof typeof hooks): Disposable {
  const [, root = ""] = /^\S+ (\S+) cgroup2 /m.exec(readFileSync("/proc/self/mounts", "utf8")) ?? [];
  const [, path = ""] = /^0::(.*)$/m.exec(readFileSync("/proc/self/cgroup", "utf8")) ?? [];
  const parent = join(root, path);
  const folder = join(parent, `berkeley-${process.pid}`);
  try {
    accessSync(join(parent, "cgroup.procs"), constants.W_OK);
    mkdirSync(folder);
  } catch {
    skipModule("the process may not create a cgroup (v2)");
  }
  const leave = () => {
    writeFileSync(join(parent, "cgroup.procs"), `${process.pid}`);
    rmdirSync(folder);
  };
  const program = programReturning(0, BPF_PROG_TYPE_CGROUP_SOCK_ADDR, hooks[hook]);
  if (program === undefined) {
    rmdirSync(folder);
    skipModule("the process may not load a BPF program");
  }
  const cgroup = openSync(folder, "r");
  writeFileSync(join(folder, "cgroup.procs"), `${process.pid}`);
  const { pointer, buffer } = mapMemory(4096);
  // union bpf_attr: target_fd, attach_bpf_fd, attach_type, attach_flags.
  new Uint32Array(buffer).set([cgroup, program, hooks[hook], 0]);
  const attached = syscall(SYS_BPF[process.arch] ?? 0, BPF_PROG_ATTACH, pointer, 16);
  const errno = lastErrno();
  // The cgroup keeps the program.
  host.close(program);
  closeSync(cgroup);
  if (attached !== 0) {
    leave();
    assert.fail(`bpf(BPF_PROG_ATTACH): errno ${errno}`);
  }
  return { [Symbol.dispose]: leave };
}

function programReturning(number: number, type: number, attachType: number): number | undefined {
  const memory = mapMemory(4096);
  const view = new DataView(memory.buffer);
  const [program, license] = [256, 512];
  view.setUint8(program, MOV64_R0_IMM);
  view.setInt32(program + 4, number, true);
  view.setUint8(program + 8, EXIT);
  view.setUint8(license, "G".charCodeAt(0));
  // union bpf_attr: prog_type, insn_cnt, insns, license; expected_attach_type.
  view.setUint32(0, type, true);
  view.setUint32(4, 2, true);
  view.setBigUint64(8, memory.pointer + BigInt(program), true);
  view.setBigUint64(16, memory.pointer + BigInt(license), true);
  view.setUint32(68, attachType, true);
  const fd = syscall(SYS_BPF[process.arch] ?? 0, BPF_PROG_LOAD, memory.pointer, 72);
  if (fd >= 0) return fd;
  assert.equal(lastErrno(), EPERM, "bpf(BPF_PROG_LOAD)");
  return undefined;
}
