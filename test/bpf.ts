import assert from "node:assert/strict";
import { lastErrno, openLibraryOn } from "../src/native/library.ts";
import { mapMemory } from "../src/native/memory.ts";

const SYS_BPF: Readonly<Record<string, number>> = { x64: 321, arm64: 280 };
const BPF_PROG_LOAD = 5;
const BPF_PROG_TYPE_SOCKET_FILTER = 1;
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
  const memory = mapMemory(4096);
  const view = new DataView(memory.buffer);
  const [program, license] = [256, 512];
  view.setUint8(program, MOV64_R0_IMM);
  view.setInt32(program + 4, number, true);
  view.setUint8(program + 8, EXIT);
  view.setUint8(license, "G".charCodeAt(0));
  // union bpf_attr: prog_type, insn_cnt, insns, license.
  view.setUint32(0, BPF_PROG_TYPE_SOCKET_FILTER, true);
  view.setUint32(4, 2, true);
  view.setBigUint64(8, memory.pointer + BigInt(program), true);
  view.setBigUint64(16, memory.pointer + BigInt(license), true);
  const fd = syscall(SYS_BPF[process.arch] ?? 0, BPF_PROG_LOAD, memory.pointer, 48);
  if (fd >= 0) return fd;
  assert.equal(lastErrno(), EPERM, "bpf(BPF_PROG_LOAD)");
  return undefined;
}
