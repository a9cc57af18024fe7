// Runs the program of its arguments where no socket of AF_NETLINK can be made, as in gVisor, WSL 1
// and many sandboxes; what that program starts is under the same filter.
import { spawn } from "node:child_process";
import { openLibrary } from "../src/native/library.ts";
import { mapMemory } from "../src/native/memory.ts";

const AF_NETLINK = 16;
const EAFNOSUPPORT = 97;
// include/uapi/linux/prctl.h and seccomp.h.
const PR_SET_SECCOMP = 22;
const PR_SET_NO_NEW_PRIVS = 38;
const SECCOMP_MODE_FILTER = 2;
const SECCOMP_RET_ALLOW = 0x7fff0000;
const SECCOMP_RET_ERRNO = 0x00050000;
// include/uapi/linux/bpf_common.h.
const LOAD_WORD = 0x20;
const JUMP_IF_EQUAL = 0x15;
const RETURN = 0x06;
/** Offsets in struct seccomp_data: the call's number, and the low half of its first argument. */
const [NUMBER, FIRST_ARGUMENT] = [0, 16];

const SYS_SOCKET: Readonly<Record<string, number>> = { x64: 41, arm64: 198 };

/** struct sock_filter: operation, steps to jump if true, steps to jump if false, number. */
const filter = [
  [LOAD_WORD, 0, 0, NUMBER],
  [JUMP_IF_EQUAL, 0, 3, SYS_SOCKET[process.arch] ?? 0],
  [LOAD_WORD, 0, 0, FIRST_ARGUMENT],
  [JUMP_IF_EQUAL, 0, 1, AF_NETLINK],
  [RETURN, 0, 0, SECCOMP_RET_ERRNO | EAFNOSUPPORT],
  [RETURN, 0, 0, SECCOMP_RET_ALLOW],
] as const;

const prctl = openLibrary(null).variadic<
  (option: number, second: bigint, third: bigint, fourth: bigint, fifth: bigint) => number
>("prctl", "int", ["int"], ["int64_t", "int64_t", "int64_t", "int64_t"]);

const memory = mapMemory(4096);
const view = new DataView(memory.buffer);
const first = 64;
for (const [index, [operation, yes, no, number]] of filter.entries()) {
  const offset = first + index * 8;
  view.setUint16(offset, operation, true);
  view.setUint8(offset + 2, yes);
  view.setUint8(offset + 3, no);
  view.setUint32(offset + 4, number, true);
}
// struct sock_fprog: how many, and where.
view.setUint16(0, filter.length, true);
view.setBigUint64(8, memory.pointer + BigInt(first), true);
const [program = "", ...words] = process.argv.slice(2);
if (
  prctl(PR_SET_NO_NEW_PRIVS, 1n, 0n, 0n, 0n) !== 0 ||
  prctl(PR_SET_SECCOMP, BigInt(SECCOMP_MODE_FILTER), BigInt(memory.pointer), 0n, 0n) !== 0
) {
  console.error("no filter of system calls can be set");
  process.exit(126);
}
spawn(program, words, { stdio: "inherit" }).once("exit", (status, signal) => {
  process.exit(signal === null ? (status ?? 1) : 125);
});
