// readv(), writev(), recvmsg() and sendmsg(): pieces, control messages and flags.
import { type Cmsg, readCmsgs, writeCmsgs } from "../../src/control/cmsg.ts";
import { argument, type CallContext, dataToSend, scriptFd, stringMismatch } from "./calls.ts";
import type { RawCall, RawResult } from "./host-calls.ts";
import { pattern } from "./pattern.ts";
import type { Expression, SystemCall } from "./script.ts";
import { symbol } from "./symbols.ts";
import { fail, fieldOf, ints, itemsOf, numberOf } from "./values.ts";

/** Control messages of 6 × 24 bytes and an error with an address fit. */
const CONTROL_SIZE = 512;
const AF_INET = 2;

export function messageCall(call: SystemCall, context: CallContext): RawCall {
  const fd = context.liveFd(scriptFd(call));
  const vector = call.name === "readv" || call.name === "writev";
  const message = argument(call, 1);
  const iovecs = itemsOf(vector ? message : fieldOf(message, "msg_iov"), "the pieces");
  const flags = vector ? 0 : numberOf(argument(call, 2), "the flags");
  const controls = fieldOf(message, "msg_control");
  if (call.name === "readv" || call.name === "recvmsg") {
    const sizes = iovecs.map((iovec) => numberOf(itemsOf(iovec, "a piece")[1], "the length"));
    return { name: "recvmsg", fd, sizes, flags, controlSize: controls === undefined ? 0 : CONTROL_SIZE };
  }
  const control = controls === undefined ? undefined : controlBytes(controls, context);
  const pieces = piecesToSend(iovecs, call, context);
  return { name: "send", fd, pieces, flags, address: undefined, control };
}

function piecesToSend(iovecs: readonly Expression[], call: SystemCall, context: CallContext): Uint8Array[] {
  const connection = context.connectionOf(scriptFd(call));
  let position = connection?.written ?? 0;
  return iovecs.map((iovec) => {
    const [base, size] = itemsOf(iovec, "a piece");
    const length = numberOf(size, "the length");
    if (base?.kind === "string") return dataToSend(base, length, connection);
    const piece = pattern(position, length);
    position += length;
    return piece;
  });
}

function controlBytes(expression: Expression, context: CallContext): Uint8Array {
  const cmsgs = itemsOf(expression, "msg_control").map((item): Cmsg => {
    const { level, type } = levelAndType(item, context);
    return { level, number: type, data: ints([numberOf(fieldOf(item, "cmsg_data"), "cmsg_data")]) };
  });
  const bytes = new Uint8Array(CONTROL_SIZE);
  return bytes.subarray(0, writeCmsgs(cmsgs, bytes, context.system));
}

function levelAndType(item: Expression, { family }: CallContext): { level: number; type: number } {
  const number = (field: string) => {
    const expression = fieldOf(item, field);
    // CMSG_LEVEL_IP and CMSG_TYPE_RECVERR are those of the script's version of IP.
    if (expression?.kind !== "word") return numberOf(expression, field);
    if (expression.name === "CMSG_LEVEL_IP") return family === AF_INET ? 0 : 41;
    if (expression.name === "CMSG_TYPE_RECVERR") return family === AF_INET ? 11 : 25;
    return numberOf(expression, field);
  };
  return { level: number("cmsg_level"), type: number("cmsg_type") };
}

export function messageMismatch(
  call: SystemCall,
  result: RawResult,
  context: CallContext,
): string | undefined {
  const message = argument(call, 1);
  const vector = call.name === "readv";
  const iovecs = itemsOf(vector ? message : fieldOf(message, "msg_iov"), "the pieces");
  const [first] = itemsOf(iovecs[0], "a piece");
  const wrong = first === undefined ? undefined : stringMismatch(first, result.bytes);
  if (wrong !== undefined || vector) return wrong;
  const expectedFlags = fieldOf(message, "msg_flags");
  if (expectedFlags !== undefined) {
    const flags = numberOf(expectedFlags, "msg_flags");
    if (flags !== result.flags)
      return `msg_flags 0x${result.flags?.toString(16)} instead of 0x${flags.toString(16)}`;
  }
  const controls = fieldOf(message, "msg_control");
  return controls === undefined ? undefined : controlMismatch(controls, result, context);
}

function controlMismatch(
  expected: Expression,
  { control }: RawResult,
  context: CallContext,
): string | undefined {
  const { cmsgs } = readCmsgs(control ?? new Uint8Array(), context.system);
  const wanted = itemsOf(expected, "msg_control");
  if (cmsgs.length !== wanted.length) return `${cmsgs.length} control messages instead of ${wanted.length}`;
  for (const [index, item] of wanted.entries()) {
    const cmsg = cmsgs[index];
    const { level, type } = levelAndType(item, context);
    if (cmsg?.level !== level || cmsg.number !== type) {
      return `control message ${index} is ${cmsg?.level}, ${cmsg?.number} instead of ${level}, ${type}`;
    }
    const data = fieldOf(item, "cmsg_data") ?? fail("a control message needs cmsg_data");
    const wrong = dataMismatch(data, cmsg.data, context);
    if (wrong !== undefined) return `control message ${index}: ${wrong}`;
  }
  return undefined;
}

/** struct sock_extended_err (include/uapi/linux/errqueue.h): where its fields are. */
const EXTENDED_ERROR = {
  ee_errno: [0, 4],
  ee_origin: [4, 1],
  ee_type: [5, 1],
  ee_code: [6, 1],
  ee_info: [8, 4],
  ee_data: [12, 4],
} as const;

function dataMismatch(expected: Expression, data: Uint8Array, context: CallContext): string | undefined {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  if (fieldOf(expected, "scm_sec") !== undefined) {
    const seconds = numberOf(fieldOf(expected, "scm_sec"), "scm_sec");
    const nanoseconds = numberOf(fieldOf(expected, "scm_nsec"), "scm_nsec");
    if (seconds === 0 && nanoseconds === 0) return undefined;
    // struct scm_timestamping: three timespecs, of which the first is the software's.
    const actual = view.getBigInt64(0, true) * 1_000_000_000n + view.getBigInt64(8, true);
    const script = seconds * 1_000_000 + nanoseconds / 1000;
    return context.isTime(actual, script) ? undefined : `the timestamp is not ${script} µs after the start`;
  }
  for (const [field, [at, size]] of Object.entries(EXTENDED_ERROR)) {
    const expression = fieldOf(expected, field);
    if (expression === undefined) continue;
    const wanted =
      expression.kind === "word"
        ? (symbol(expression.name) ?? fail(`${expression.name} is unknown`))
        : numberOf(expression, field);
    const actual = size === 1 ? view.getUint8(at) : view.getUint32(at, true);
    if (actual !== wanted) return `${field} ${actual} instead of ${wanted}`;
  }
  if (expected.kind === "fields") return undefined;
  const wanted = numberOf(expected, "cmsg_data");
  const actual = data.length === 1 ? view.getUint8(0) : view.getInt32(0, true);
  return actual === wanted ? undefined : `${actual} instead of ${wanted}`;
}
