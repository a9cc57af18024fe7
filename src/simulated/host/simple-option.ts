/**
 * An option whose value is one int, stored by the socket and read back. Code that uses it reads it
 * with `SocketBase.value()`.
 */
export interface SimpleOption {
  readonly level: number;
  readonly number: number;
  /** Its value until it is set. */
  readonly initial: number;
  /**
   * The minimum length of a value: 4; 1 if a byte is enough (the options of IPPROTO_IP); 0 if an
   * empty value means 0.
   */
  readonly minimum: 0 | 1 | 4;
  /** Converts the passed value to the stored one, or returns why not. */
  accept(value: number): number | Refused;
}

/** A rejected value, with the negative errno to return. */
export class Refused {
  readonly errno: number;

  constructor(errno: number) {
    this.errno = errno;
  }
}

type Accept = SimpleOption["accept"];

const EINVAL = new Refused(-22);

/** 0 stays 0, and everything else is 1. */
export const asFlag: Accept = (value) => (value === 0 ? 0 : 1);
export const anyInt: Accept = (value) => value;
export const between =
  (low: number, high: number): Accept =>
  (value) =>
    value < low || value > high ? EINVAL : value;
/** Like `between`, but -1 restores a default. */
export const betweenOr =
  (low: number, high: number, initial: number): Accept =>
  (value) =>
    value === -1 ? initial : value < low || value > high ? EINVAL : value;

/** One number for the level and number of an option, for tables. */
export const optionKey = (level: number, number: number): number => level * 0x10000 + number;

/** Finds options by level and number. */
export const optionTable = (options: Readonly<Record<string, SimpleOption>>): Map<number, SimpleOption> =>
  new Map(Object.values(options).map((option) => [optionKey(option.level, option.number), option]));
