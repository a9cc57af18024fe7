import { argumentType, invalidValue, kind } from "../errors/argument.ts";
import type { OptionNumber, System, ValueResult } from "../system/system.ts";

/** Decodes an option's bytes to a value. */
export interface ReadCodec<Get> {
  /** The number of bytes to request. */
  readonly size: number;
  /** Writes the input that the kernel reads before it answers. Most options have none. */
  prepare?(into: ValueResult, system: System): void;
  decode(value: ValueResult, system: System): Get;
}

/**
 * Encodes a value to an option's bytes. Throws a TypeError or RangeError on a bad value.
 */
export interface WriteCodec<Set> {
  encode(value: Set, into: ValueResult, system: System): void;
}

/**
 * Encodes a query, which the kernel reads before it answers, and decodes the answer. The length of
 * the query is the number of bytes to request.
 */
export interface QueryCodec<Get, Query> extends WriteCodec<Query> {
  decode(value: ValueResult, system: System): Get;
}

interface OptionIdentity {
  /** The C name, such as `"SO_REUSEADDR"`. */
  readonly name: string;
  /** Its level and number on a system; undefined if the system lacks it. */
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

/**
 * An option that `getsockopt()` reads with a query, such as which association it is about.
 */
export interface QueryableOption<Get, Query> extends OptionIdentity {
  readonly query: QueryCodec<Get, Query>;
}

/** An option that can be read and set. */
export interface Option<Value> extends ReadableOption<Value>, WritableOption<Value> {}

/** An option that can be read and set. */
export function option<Value>(name: string, codec: ReadCodec<Value> & WriteCodec<Value>): Option<Value> {
  return { ...identity(name), read: codec, write: codec };
}

/** A read-only option: setting it does not compile. */
export function readOnly<Get>(name: string, read: ReadCodec<Get>): ReadableOption<Get> {
  return { ...identity(name), read };
}

/** A write-only option: reading it does not compile. */
export function writeOnly<Set>(name: string, write: WriteCodec<Set>): WritableOption<Set> {
  return { ...identity(name), write };
}

/** An option whose value has a different type to get than to set. */
export function asymmetric<Get, Set>(
  name: string,
  read: ReadCodec<Get>,
  write: WriteCodec<Set>,
): ReadableOption<Get> & WritableOption<Set> {
  return { ...identity(name), read, write };
}

/** An option that can only be read with a query. */
export function queryOnly<Get, Query>(
  name: string,
  query: QueryCodec<Get, Query>,
): QueryableOption<Get, Query> {
  return { ...identity(name), query };
}

/** The same option, which can also be read with a query. */
export function queryable<Known extends OptionIdentity, Get, Query>(
  option: Known,
  query: QueryCodec<Get, Query>,
): Known & QueryableOption<Get, Query> {
  return { ...option, query };
}

/**
 * For untyped callers: throws a TypeError unless the value is an option that supports this use.
 */
export function checkOption(
  option: Partial<ReadableOption<unknown> & WritableOption<never> & QueryableOption<unknown, never>>,
  use: "read" | "write" | "query",
): void {
  // Comparing the property costs next to nothing; `in` does not.
  if (typeof option?.numberOn !== "function") {
    throw argumentType(
      `option must be an option such as SO.REUSEADDR or TCP.INFO, or a rawOption(), not ${kind(option)}`,
    );
  }
  if (option[use] !== undefined) return;
  const name = option.name ?? "the option";
  if (use === "query") throw invalidValue(`${name} takes no query`);
  if (use === "read" && option.query !== undefined)
    throw invalidValue(`${name} can only be read with a query`);
  throw invalidValue(`${name} can only be ${use === "read" ? "set" : "read"}`);
}

/** The check of an option to read. */
export function checkReadable<Get>(
  option: ReadableOption<Get> | QueryableOption<Get, never>,
): asserts option is ReadableOption<Get> {
  checkOption(option, "read");
}

/** The check of an option to read with a query. */
export function checkQueryable<Get, Query>(
  option: ReadableOption<Get> | QueryableOption<Get, Query>,
): asserts option is QueryableOption<Get, Query> {
  checkOption(option, "query");
}

function identity(name: string): OptionIdentity {
  // A process usually has one System, and looking the name up takes three times as long.
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
