// From a script's system calls to the machine's, and back: what the script says they return.
import type { System } from "../../src/system/system.ts";
import type { Connection } from "./connection.ts";
import type { RawCall, RawResult } from "./host-calls.ts";
import { messageCall, messageMismatch } from "./message-calls.ts";
import { pattern } from "./pattern.ts";
import type { Expression, SystemCall } from "./script.ts";
import { errnoName, symbol } from "./symbols.ts";
import {
  fail,
  fieldOf,
  ints,
  isEllipsis,
  isNull,
  itemsOf,
  numberOf,
  optionValue,
  pointedNumber,
  sockaddr,
  sockaddrOf,
} from "./values.ts";

/** The state that a script's calls refer to. */
export interface CallContext {
  readonly system: System;
  readonly family: number;
  readonly localAddress: string;
  readonly remoteAddress: string;
  readonly bindPort: number;
  readonly connectPort: number;
  /** The machine's descriptor of the script's. */
  liveFd(fd: number): number;
  /** The socket of the script's descriptor; undefined for an epoll instance. */
  connectionOf(fd: number): Connection | undefined;
  /** Whether a time in microseconds since the start is the script's, within its tolerance. */
  isTime(nanosecondsOfEpoch: bigint, scriptMicroseconds: number): boolean;
}

export const argument = (call: SystemCall, index: number): Expression =>
  call.arguments[index] ?? fail(`${call.name}() has too few arguments`);

export const scriptFd = (call: SystemCall): number => numberOf(argument(call, 0), "the descriptor");

/** The machine's call. Throws an ArgumentError if the script's cannot be made. */
export function toRawCall(call: SystemCall, context: CallContext): RawCall {
  const number = (index: number, what: string) => numberOf(argument(call, index), what);
  const fd = () => context.liveFd(scriptFd(call));
  switch (call.name) {
    case "socket": {
      const domain = isEllipsis(argument(call, 0)) ? context.family : number(0, "the domain");
      return { name: "socket", domain, type: number(1, "the type"), protocol: number(2, "the protocol") };
    }
    case "bind":
      return { name: "bind", fd: fd(), address: endpoint(argument(call, 1), context, "local") };
    case "connect":
      return { name: "connect", fd: fd(), address: endpoint(argument(call, 1), context, "remote") };
    case "listen":
      return { name: "listen", fd: fd(), backlog: number(1, "the backlog") };
    case "accept":
      return { name: "accept", fd: fd(), flags: 0 };
    case "shutdown":
      return { name: "shutdown", fd: fd(), how: number(1, "how") };
    case "close":
      return { name: "close", fd: fd() };
    case "read":
    case "recv":
    case "recvfrom": {
      const flags = call.name === "read" ? 0 : number(3, "the flags");
      const length = number(2, "the length");
      if (isNull(argument(call, 1)))
        return { name: "transfer null", operation: "receive", fd: fd(), length, flags };
      return { name: "receive", fd: fd(), size: length, flags };
    }
    case "write":
    case "send":
    case "sendto":
      return sendCall(call, context);
    case "readv":
    case "writev":
    case "recvmsg":
    case "sendmsg":
      return messageCall(call, context);
    case "getsockopt": {
      const length = pointedNumber(argument(call, 4), "the length");
      return {
        name: "getsockopt",
        fd: fd(),
        level: number(1, "the level"),
        option: number(2, "the option"),
        size: length,
      };
    }
    case "setsockopt": {
      const value = optionValue(argument(call, 3)).subarray(0, number(4, "the length"));
      return {
        name: "setsockopt",
        fd: fd(),
        level: number(1, "the level"),
        option: number(2, "the option"),
        value,
      };
    }
    case "fcntl":
      return {
        name: "fcntl",
        fd: fd(),
        command: number(1, "the command"),
        argument: call.arguments.length > 2 ? number(2, "the argument") : 0,
      };
    case "ioctl":
      return { name: "ioctl", fd: fd(), request: number(1, "the request") };
    case "poll":
      return { name: "poll", entries: pollEntries(call, context), timeout: number(2, "the timeout") };
    case "epoll_create":
      return { name: "epoll_create" };
    case "epoll_ctl": {
      const event = call.arguments.length > 3 ? epollEvent(argument(call, 3)) : { events: 0, data: 0 };
      return {
        name: "epoll_ctl",
        epoll: fd(),
        operation: number(1, "the operation"),
        fd: context.liveFd(number(2, "the descriptor")),
        event,
      };
    }
    case "epoll_wait":
      return {
        name: "epoll_wait",
        epoll: fd(),
        count: number(2, "the count"),
        timeout: number(3, "the timeout"),
      };
    default:
      return fail(`${call.name}() is not supported`);
  }
}

const AF_UNSPEC = 0;

function endpoint(expression: Expression, context: CallContext, side: "local" | "remote"): Uint8Array {
  if (expression.kind === "fields") return sockaddrOf(expression);
  if (!isEllipsis(expression)) {
    return numberOf(expression, "the family") === AF_UNSPEC ? new Uint8Array(16) : fail("no such address");
  }
  return side === "local"
    ? sockaddr(context.family, context.localAddress, context.bindPort)
    : sockaddr(context.family, context.remoteAddress, context.connectPort);
}

function sendCall(call: SystemCall, context: CallContext): RawCall {
  const fd = scriptFd(call);
  const length = numberOf(argument(call, 2), "the length");
  const flags = call.name === "write" ? 0 : numberOf(argument(call, 3), "the flags");
  if (isNull(argument(call, 1)))
    return { name: "transfer null", operation: "send", fd: context.liveFd(fd), length, flags };
  const data = dataToSend(argument(call, 1), length, context.connectionOf(fd));
  const address = call.name === "sendto" ? endpoint(argument(call, 4), context, "remote") : undefined;
  return { name: "send", fd: context.liveFd(fd), pieces: [data], flags, address, control: undefined };
}

/** `...` is the next piece of the pattern; a string is sent unchanged. */
export function dataToSend(
  expression: Expression,
  length: number,
  connection: Connection | undefined,
): Uint8Array {
  if (isNull(expression)) fail("NULL is for send() and its like, not for pieces");
  if (expression.kind !== "string") return pattern(connection?.written ?? 0, length);
  if (connection !== undefined) connection.writesPattern = false;
  return new TextEncoder().encode(expression.text).subarray(0, length);
}

function pollEntries(call: SystemCall, context: CallContext): { fd: number; events: number }[] {
  return itemsOf(argument(call, 0), "the entries").map((entry) => ({
    fd: context.liveFd(numberOf(fieldOf(entry, "fd"), "fd")),
    events: numberOf(fieldOf(entry, "events"), "events"),
  }));
}

/**
 * The data of an event is an fd of the script, a pointer or a number: 32 bits of it are compared.
 */
function epollEvent(expression: Expression): { events: number; data: number } {
  const data = ["fd", "ptr", "u32", "u64"].map((name) => fieldOf(expression, name)).find((field) => field);
  const events = numberOf(fieldOf(expression, "events"), "events");
  return { events, data: data === undefined ? 0 : numberOf(data, "the data") % 2 ** 32 };
}

/** The calls whose result is a new descriptor, which the script numbers as it likes. */
export const OPENS: ReadonlySet<string> = new Set(["socket", "accept", "epoll_create"]);

/** Compares what a call did with the script. Returns how they differ, or undefined. */
export function callMismatch(call: SystemCall, result: RawResult, context: CallContext): string | undefined {
  const { returned } = result;
  const wrong = returnMismatch(call, returned);
  if (wrong !== undefined || returned < 0) return wrong;
  switch (call.name) {
    case "read":
    case "recv":
    case "recvfrom":
      return stringMismatch(argument(call, 1), result.bytes);
    case "readv":
    case "recvmsg":
      return messageMismatch(call, result, context);
    case "getsockopt":
      return optionMismatch(call, result);
    case "ioctl": {
      const expected =
        call.arguments.length > 2 ? pointedNumber(argument(call, 2), "the value") : result.value;
      return result.value === expected
        ? undefined
        : `ioctl() reported ${result.value} instead of ${expected}`;
    }
    case "poll":
      return pollMismatch(call, result);
    case "epoll_wait":
      return epollMismatch(call, result);
    default:
      return undefined;
  }
}

function returnMismatch(call: SystemCall, returned: number): string | undefined {
  if (isEllipsis(call.result)) return undefined;
  const expected = numberOf(call.result, "the result");
  const shown = returned < 0 ? `-1 ${errnoName(-returned)}` : String(returned);
  if (expected < 0) {
    const matches = returned < 0 && (call.errno === undefined || symbol(call.errno) === -returned);
    return matches
      ? undefined
      : `${call.name}() returned ${shown} instead of -1 ${call.errno ?? ""}`.trimEnd();
  }
  const matches = OPENS.has(call.name) ? returned >= 0 : returned === expected;
  return matches ? undefined : `${call.name}() returned ${shown} instead of ${expected}`;
}

const NOTHING = new Uint8Array();

/** Compares received bytes with a string, if the script gives one. */
export function stringMismatch(expected: Expression, bytes: Uint8Array = NOTHING): string | undefined {
  if (expected.kind !== "string") return undefined;
  const text = new TextDecoder("latin1").decode(bytes);
  const same = expected.elided ? text.startsWith(expected.text) : text === expected.text;
  return same ? undefined : `received ${JSON.stringify(text)} instead of ${JSON.stringify(expected.text)}`;
}

function optionMismatch(call: SystemCall, { bytes = NOTHING }: RawResult): string | undefined {
  const expected = argument(call, 3);
  if (isEllipsis(expected)) return undefined;
  const wanted = optionValue(expected);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (expected.kind === "string") {
    const text = new TextDecoder("latin1").decode(bytes).replace(/\0.*$/s, "");
    return text === expected.text
      ? undefined
      : `the option is ${JSON.stringify(text)} instead of ${expected.text}`;
  }
  const actual = Array.from({ length: bytes.length >> 2 }, (_, index) => view.getInt32(index * 4, true));
  const same = ints(actual).every((byte, index) => byte === wanted[index]);
  const numbers = [...new Int32Array(wanted.slice().buffer)];
  return same ? undefined : `the option is [${actual.join(", ")}] instead of [${numbers.join(", ")}]`;
}

function pollMismatch(call: SystemCall, { revents = [] }: RawResult): string | undefined {
  for (const [index, entry] of itemsOf(argument(call, 0), "the entries").entries()) {
    const field = fieldOf(entry, "revents");
    const expected = field === undefined ? 0 : numberOf(field, "revents");
    const actual = revents[index] ?? 0;
    if (expected !== actual) return `revents ${hex(actual)} instead of ${hex(expected)}`;
  }
  return undefined;
}

function epollMismatch(call: SystemCall, { events = [], returned }: RawResult): string | undefined {
  const expression = argument(call, 1);
  const list = expression.kind === "list" ? expression.items : [expression];
  for (const [index, item] of list.entries()) {
    if (isEllipsis(item) || index >= returned) continue;
    const expected = epollEvent(item);
    const actual = events[index];
    if (actual?.events !== expected.events)
      return `events ${hex(actual?.events ?? 0)} instead of ${hex(expected.events)}`;
    if (actual.data !== expected.data) return `data ${actual.data} instead of ${expected.data}`;
  }
  return undefined;
}

const hex = (value: number): string => `0x${value.toString(16)}`;
