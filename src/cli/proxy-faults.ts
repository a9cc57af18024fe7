import type { Faults } from "../net/proxy/faults.ts";
import { UsageError } from "./usage-error.ts";

/** The faults: the option's name, by the name used in lines of input. */
const kinds = {
  latency: "milliseconds",
  jitter: "milliseconds",
  rate: "bytes",
  "reset-after": "bytes",
  slice: "bytes",
  stall: "switch",
  refuse: "switch",
} as const;

type FaultName = keyof typeof kinds;

const isFault = (word: string): word is FaultName => Object.hasOwn(kinds, word);

/** Parses milliseconds: a whole number. */
export function parseMilliseconds(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > 3_600_000)
    throw new UsageError(`"${text}" is not a time; a time is a whole number of milliseconds, up to 3600000.`);
  return value;
}

const UNITS: Readonly<Record<string, number>> = { "": 1, k: 1 << 10, m: 1 << 20, g: 1 << 30 };

/** Parses bytes: `500`, `64k`, `10m`. */
export function parseBytes(text: string): number {
  const [, digits = "", unit = ""] = /^(\d+)([kmg]?)$/i.exec(text) ?? [];
  const value = Number(digits) * (UNITS[unit.toLowerCase()] ?? 0);
  if (digits === "" || value < 1 || !Number.isSafeInteger(value))
    throw new UsageError(`"${text}" is not a number of bytes; write it like 500, 64k or 10m.`);
  return value;
}

/** Applies a line of input to the faults: `latency 200`, `stall`, `stall off`, `off`. */
export function changedFaults(faults: Faults, line: string): Faults {
  const [name = "", value, ...more] = line.trim().toLowerCase().split(/\s+/);
  if (name === "off" && value === undefined) return {};
  if (!isFault(name) || more.length > 0) {
    throw new UsageError(
      `"${line.trim()}" is not a fault; write one of ${Object.keys(kinds).join(", ")}, and a value or off.`,
    );
  }
  return { ...faults, [name === "reset-after" ? "resetAfter" : name]: parseValue(name, value) };
}

function parseValue(name: FaultName, text: string | undefined): number | boolean | undefined {
  const kind = kinds[name];
  if (text === "off") return undefined;
  if (kind === "switch") {
    if (text === undefined || text === "on") return true;
    throw new UsageError(`${name} is on or off, not "${text}".`);
  }
  if (text === undefined) throw new UsageError(`${name} needs a value, or off.`);
  return kind === "bytes" ? parseBytes(text) : parseMilliseconds(text);
}

/** Describes the faults; empty if there are none. */
export function describeFaults({ latency, jitter, rate, resetAfter, slice, stall, refuse }: Faults): string {
  return [
    latency !== undefined && latency > 0 ? `latency ${latency} ms` : "",
    jitter !== undefined && jitter > 0 ? `jitter ${jitter} ms` : "",
    rate === undefined ? "" : `rate ${rate} bytes/s`,
    resetAfter === undefined ? "" : `reset after ${resetAfter} bytes`,
    slice === undefined ? "" : `slices of ${slice} bytes`,
    stall === true ? "stalled" : "",
    refuse === true ? "refusing" : "",
  ]
    .filter((words) => words !== "")
    .join(", ");
}
