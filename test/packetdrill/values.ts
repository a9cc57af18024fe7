// What the arguments of a script's calls mean.
import { parseIpv4, parseIpv6 } from "../../src/address/ip.ts";
import type { Expression } from "./script.ts";
import { symbol } from "./symbols.ts";

/** An argument is not what its call takes. */
export class ArgumentError extends Error {}

/** A number, from digits, names or several of them joined with |. */
export function numberOf(expression: Expression | undefined, what: string): number {
  switch (expression?.kind) {
    case "integer":
      return expression.value;
    case "word":
      return symbol(expression.name) ?? fail(`${what} ${expression.name} is unknown`);
    case "or": {
      let bits = 0n;
      for (const operand of expression.operands) bits |= BigInt(numberOf(operand, what));
      return Number(bits);
    }
    case "call": {
      const [argument] = expression.arguments;
      if (expression.name === "htons") return numberOf(argument, what);
      return fail(`${what} is no number`);
    }
    default:
      return fail(`${what} is no number`);
  }
}

/** `[4]` is a pointer to 4. */
export function pointedNumber(expression: Expression | undefined, what: string): number {
  if (expression?.kind !== "list" || expression.items.length !== 1) return fail(`${what} must be like [4]`);
  return numberOf(expression.items[0], what);
}

export const isEllipsis = (expression: Expression | undefined): boolean => expression?.kind === "ellipsis";

export const isNull = (expression: Expression | undefined): boolean =>
  expression?.kind === "word" && expression.name === "NULL";

export function fieldOf(expression: Expression, name: string): Expression | undefined {
  return expression.kind === "fields" ? expression.fields.get(name) : undefined;
}

export function itemsOf(expression: Expression | undefined, what: string): readonly Expression[] {
  return expression?.kind === "list" ? expression.items : fail(`${what} must be a list`);
}

/** The text of `inet_addr("192.0.2.1")`. */
function addressText(expression: Expression | undefined): string {
  const [argument] = expression?.kind === "call" ? expression.arguments : [];
  return argument?.kind === "string" ? argument.text : fail("expected inet_addr() with an address");
}

/** `{sa_family = AF_INET, sin_port = htons(8080), sin_addr = inet_addr("192.0.2.1")}` */
export function sockaddrOf(expression: Expression): Uint8Array {
  const family = numberOf(fieldOf(expression, "sa_family"), "sa_family");
  const port = fieldOf(expression, "sin_port") ?? fieldOf(expression, "sin6_port");
  const address = fieldOf(expression, "sin_addr") ?? fieldOf(expression, "sin6_addr");
  return sockaddr(family, addressText(address), numberOf(port, "sin_port"));
}

const AF_INET = 2;

/** A sockaddr_in, or a sockaddr_in6. */
export function sockaddr(family: number, address: string, port: number): Uint8Array {
  const bytes = new Uint8Array(family === AF_INET ? 16 : 28);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, family, true);
  view.setUint16(2, port);
  const ip = family === AF_INET ? parseIpv4(address) : parseIpv6(address);
  bytes.set(ip ?? fail(`${address} is no address of its family`), family === AF_INET ? 4 : 8);
  return bytes;
}

export const portOf = (sockaddr: Uint8Array): number => ((sockaddr[2] ?? 0) << 8) | (sockaddr[3] ?? 0);

/** The value of setsockopt(): ints, a string, or one of the structures with names. */
export function optionValue(expression: Expression | undefined): Uint8Array {
  switch (expression?.kind) {
    case "list":
      return ints(expression.items.map((item) => numberOf(item, "the value")));
    case "integer":
      return ints([expression.value]);
    case "string":
      return new TextEncoder().encode(expression.text);
    case "fields": {
      const numbers = [...expression.fields.values()].map((field) => numberOf(field, "a field"));
      const longs = expression.fields.has("tv_sec");
      return longs ? new Uint8Array(BigInt64Array.from(numbers.map(BigInt)).buffer) : ints(numbers);
    }
    default:
      return fail("the value of the option cannot be read");
  }
}

export const ints = (values: readonly number[]): Uint8Array => new Uint8Array(Int32Array.from(values).buffer);

export function fail(message: string): never {
  throw new ArgumentError(message);
}
