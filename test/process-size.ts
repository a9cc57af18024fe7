import { readdirSync, readFileSync } from "node:fs";
import { openLibraryOn } from "../src/native/library.ts";

// processthreadsapi.h
const kernel32 = openLibraryOn(["win32"], "kernel32.dll");
const getCurrentProcess = kernel32.func<() => bigint>("GetCurrentProcess", "void*", []);
const getProcessHandleCount = kernel32.func<(process: bigint, count: Uint32Array) => number>(
  "GetProcessHandleCount",
  "int",
  ["void*", "void*"],
);

/** How many descriptors, on Windows handles, this process has, including the event loop's own. */
export function descriptorCount(): number {
  if (process.platform !== "win32") return readdirSync("/proc/self/fd").length;
  const count = new Uint32Array(1);
  if (getProcessHandleCount(getCurrentProcess(), count) === 0) throw new Error("cannot count the handles");
  return count[0] ?? 0;
}

/** How much memory this process has mapped, in kilobytes; on Windows, how much is resident. */
export function mappedSize(): number {
  if (process.platform === "win32") return process.memoryUsage.rss() / 1024;
  // VmData rather than VmSize: the C library reserves 64 MiB for each thread that allocates.
  const [, size] = /VmData:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  return Number(size);
}
