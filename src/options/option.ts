import { argumentType, invalidValue, kind } from "../errors/argument.ts";
import type { OptionNumber, System, ValueResult } from "../system/system.ts";

/** How a value lies in the bytes of an option. */
export interface ReadCodec<Get> {
  /** How many bytes to ask for. */
  readonly size: number;
  /** Writes what the kernel reads before it answers. Most options read nothing. */
  prepare?(into: ValueResult, system: System): void;
  decode(value: ValueResult, system: System): Get;
}

/**
 * How a value is written to the bytes of an option. A bad value throws a TypeError or a RangeError.
 */
export interface WriteCodec<Set> {
  encode(value: Set, into: ValueResult, system: System): void;
}

interface OptionIdentity {
  /** The C name, such as `"SO_REUSEADDR"`. */
  readonly name: string;
  /** Its level and number on a system; undefined where the system lacks it. */
  numberOn(system: System): OptionNumber | undefined;
}

/** An option that `getsockopt()` reads. */
export interface ReadableOption<Get> extends OptionIdentity {
  readonly read: ReadCodec<Get>;
}

/** An option that `setsockopt()` sets. */
export interface WritableOption<Set> extends OptionIdentity {
  readonly write: WriteCodec<Set>;
}

/** An option that can be read and set. */
export interface Option<Value> extends ReadableOption<Value>, WritableOption<Value> {}

/** An option that can be read and set. */
export function option<Value>(name: string, codec: ReadCodec<Value> & WriteCodec<Value>): Option<Value> {
  return { ...identity(name), read: codec, write: codec };
}

/** An option that can only be read: setting it does not compile. */
export function readOnly<Get>(name: string, read: ReadCodec<Get>): ReadableOption<Get> {
  return { ...identity(name), read };
}

/** An option that can only be set: reading it does not compile. */
export function writeOnly<Set>(name: string, write: WriteCodec<Set>): WritableOption<Set> {
  return { ...identity(name), write };
}

/** An option that reads otherwise than it is set: its value is of two types. */
export function asymmetric<Get, Set>(
  name: string,
  read: ReadCodec<Get>,
  write: WriteCodec<Set>,
): ReadableOption<Get> & WritableOption<Set> {
  return { ...identity(name), read, write };
}

/**
 * For callers without a compiler: throws a TypeError unless the value is an option that can be
 * read, or set.
 */
export function checkOption(
  option: Partial<ReadableOption<unknown> & WritableOption<unknown>>,
  use: "read" | "write",
): void {
  // Asked so, and not with `in`, it costs next to nothing.
  if (typeof option?.numberOn !== "function") {
    throw argumentType(
      `an option is SO.REUSEADDR, TCP.INFO and so on, or a rawOption(), not ${kind(option)}`,
    );
  }
  if ((use === "read" ? option.read : option.write) === undefined) {
    throw invalidValue(`${option.name ?? "the option"} can only be ${use === "read" ? "set" : "read"}`);
  }
}

function identity(name: string): OptionIdentity {
  // A process has one System as a rule, and looking the name up takes three times as long.
  let known: System | undefined;
  let number: OptionNumber | undefined;
  return {
    name,
    numberOn(system) {
      if (system !== known) {
        known = system;
        number = system.options[name];
      }
      return number;
    },
  };
}
