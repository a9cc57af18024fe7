// Parses and checks the arguments of connect(), in Node's three forms.
import { isIP } from "node:net";
import { argumentType, kind } from "../../errors/argument.ts";
import { coded, codedRange, codedType, optionType, received } from "./errors.ts";

/** The options of connect(), as Node documents them, unchecked. */
export interface ConnectOptions {
  readonly port?: unknown;
  readonly path?: unknown;
  readonly host?: unknown;
  readonly localAddress?: unknown;
  readonly localPort?: unknown;
  readonly family?: unknown;
  readonly hints?: number;
  readonly lookup?: unknown;
  readonly autoSelectFamily?: unknown;
  readonly autoSelectFamilyAttemptTimeout?: unknown;
  readonly timeout?: number;
}

export type AnyFunction = (...args: unknown[]) => unknown;

export function isFunction(value: unknown): value is AnyFunction {
  return typeof value === "function";
}

/** (options[, listener]), (path[, listener]) or (port[, host][, listener]). */
export function connectArguments(args: readonly unknown[]): readonly [ConnectOptions, AnyFunction | null] {
  const [first, second] = args;
  // Node has already normalized the arguments.
  if (Array.isArray(first) && Object.getOwnPropertySymbols(first).length > 0) return [first[0], first[1]];
  const last = args.at(-1);
  const listener = isFunction(last) ? last : null;
  if (typeof first === "object" && first !== null) return [first, listener];
  if (args.length === 0) return [{}, listener];
  if (typeof first === "string" && !(Number(first) >= 0)) return [{ path: first }, listener];
  return [{ port: first, ...(typeof second === "string" && { host: second }) }, listener];
}

export function checkString(name: string, value: unknown): string {
  if (typeof value !== "string") throw optionType(name, "of type string", value);
  return value;
}

export function checkLocalAddress(address: unknown): string | undefined {
  if (address === undefined || address === null || address === "") return undefined;
  if (typeof address !== "string" || isIP(address) === 0) throw invalidAddress(address);
  return address;
}

export const invalidAddress = (address: unknown): TypeError =>
  codedType("ERR_INVALID_IP_ADDRESS", `Invalid IP address: ${String(address)}`);

export const invalidFamily = (family: unknown, host: unknown, port: unknown): RangeError =>
  Object.assign(
    codedRange(
      "ERR_INVALID_ADDRESS_FAMILY",
      `Invalid address family: ${String(family)} ${String(host)}:${String(port)}`,
    ),
    { host, port },
  );

export const missingArguments = (): TypeError =>
  codedType("ERR_MISSING_ARGS", 'The "options" or "port" or "path" argument must be specified');

export const blocked = (address: string): Error =>
  coded("ERR_IP_BLOCKED", `IP(${address}) is blocked by net.BlockList`);

export function checkPort(port: unknown): number {
  if (port === undefined) return 0;
  if (typeof port !== "number" && typeof port !== "string")
    throw optionType("options.port", "one of type number or string", port);
  const isNumber = typeof port === "number" || port.trim() !== "";
  const value = Number(port);
  if (isNumber && value === value >>> 0 && value <= 0xffff) return value;
  throw codedRange("ERR_SOCKET_BAD_PORT", `Port should be >= 0 and < 65536. ${received(port)}.`);
}

export function checkLocalPort(port: unknown): number {
  if (port === undefined || port === null || port === 0 || port === "") return 0;
  if (typeof port !== "number") throw optionType("options.localPort", "of type number", port);
  return port;
}

export function checkBoolean(name: string, value: unknown): boolean {
  if (typeof value !== "boolean") throw optionType(name, "of type boolean", value);
  return value;
}

/** An integer of at least 1; Node raises it to 10. */
export function checkAttemptTimeout(value: unknown): number {
  const name = "options.autoSelectFamilyAttemptTimeout";
  if (typeof value !== "number") throw optionType(name, "of type number", value);
  if (!Number.isInteger(value))
    throw codedRange(
      "ERR_OUT_OF_RANGE",
      `The value of "${name}" is out of range. It must be an integer. Received ${value}`,
    );
  if (value < 1 || value > 0x7fffffff)
    throw codedRange(
      "ERR_OUT_OF_RANGE",
      `The value of "${name}" is out of range. It must be >= 1 && <= 2147483647. Received ${value}`,
    );
  return Math.max(10, value);
}

export function checkFunction(name: string, value: unknown): AnyFunction {
  if (isFunction(value)) return value;
  throw argumentType(`The "${name}" property must be of type function. Received ${kind(value)}`);
}
