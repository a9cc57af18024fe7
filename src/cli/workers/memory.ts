import { readFileSync } from "node:fs";
import { UsageError } from "../usage-error.ts";

const units = { "": 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 } as const;

/** Parses a size: a number of bytes, optionally with K, M or G. */
export function parseMemory(text: string): number {
  const [, number = "", unit = ""] = /^(\d+(?:\.\d+)?)\s*([kmg]?)(?:i?b)?$/i.exec(text.trim()) ?? [];
  const bytes = Number(number) * factorOf(unit.toLowerCase());
  if (number === "" || bytes < 1) throw new UsageError(`"${text}" is not a size, such as 300M or 1.5G.`);
  return bytes;
}

function factorOf(unit: string): number {
  return unit === "k" || unit === "m" || unit === "g" ? units[unit] : units[""];
}

/** Formats a size for people. */
export function formatMemory(bytes: number): string {
  return bytes >= units.g ? `${(bytes / units.g).toFixed(1)} GB` : `${Math.round(bytes / units.m)} MB`;
}

/** The resident memory of a process in bytes (proc_pid_status(5)); undefined if unknown. */
export function residentMemory(pid: number): number | undefined {
  try {
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return kilobytes === undefined ? undefined : Number(kilobytes) * units.k;
  } catch {
    return undefined;
  }
}
