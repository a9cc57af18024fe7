import { interfaceIndex } from "../address/interface-index.ts";
import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from "../address/ip.ts";
import { decodeSockaddr } from "../address/sockaddr.ts";
import { argumentType, int, integer, invalidValue, kind } from "../errors/argument.ts";
import type { System } from "../system/system.ts";
import type {
  ControlMessage,
  ControlMessageToSend,
  ExtendedErrorMessage,
  NumberMessage,
  SegmentLengthMessage,
} from "./control-message.ts";

/** The encoding of one type of control message. */
export interface ControlCodec {
  /** Undefined if the byte length does not match the type. */
  decode(data: Uint8Array, system: System): ControlMessage | undefined;
  /**
   * Absent for receive-only types. Throws a TypeError or RangeError on a bad value.
   */
  encode?(message: ControlMessage | ControlMessageToSend, system: System): Uint8Array | undefined;
}

const viewOf = (data: Uint8Array) => new DataView(data.buffer, data.byteOffset, data.byteLength);

function ints(values: readonly number[]): Uint8Array {
  const data = new Uint8Array(values.length * 4);
  for (const [index, value] of values.entries()) viewOf(data).setUint32(index * 4, value >>> 0, true);
  return data;
}

/** An int of any width: the kernel sends IP_TOS as one byte, others as four. */
function numberIn(
  data: Uint8Array,
  type: NumberMessage["type"] | SegmentLengthMessage["type"],
): ControlMessage | undefined {
  const view = viewOf(data);
  if (data.byteLength === 1) return { type, value: view.getUint8(0) };
  if (data.byteLength === 2) return { type, value: view.getUint16(0, true) };
  return data.byteLength === 4 ? { type, value: view.getInt32(0, true) } : undefined;
}

function number(type: NumberMessage["type"], max: number, width: 2 | 4 = 4): ControlCodec {
  return {
    decode: (data) => numberIn(data, type),
    encode(message) {
      if (message.type !== type) return undefined;
      return ints([integer(type, message.value, 0, max)]).subarray(0, width);
    },
  };
}

/**
 * struct timeval or struct timespec: seconds, and a fraction in units of `unit` nanoseconds. The
 * fraction fits 32 bits, the width of macOS's tv_usec.
 */
function timestamp(type: "SCM_TIMESTAMP" | "SCM_TIMESTAMPNS", unit: bigint): ControlCodec {
  return {
    decode(data) {
      if (data.byteLength !== 16) return undefined;
      const view = viewOf(data);
      const nanoseconds = view.getBigInt64(0, true) * 1_000_000_000n + BigInt(view.getInt32(8, true)) * unit;
      return { type, nanoseconds };
    },
  };
}

/**
 * struct sock_extended_err, and the sockaddr of the node that reported the error
 * (include/uapi/linux/errqueue.h).
 */
function extendedError(type: ExtendedErrorMessage["type"]): ControlCodec {
  return {
    decode(data, system) {
      if (data.byteLength < 16) return undefined;
      const view = viewOf(data);
      return {
        type,
        code: system.errnoName(view.getUint32(0, true)) ?? "UNKNOWN",
        origin: view.getUint8(4),
        icmpType: view.getUint8(5),
        icmpCode: view.getUint8(6),
        info: view.getUint32(8, true),
        data: view.getUint32(12, true),
        offender: decodeSockaddr(data.subarray(16), system),
      };
    },
  };
}

function ipBytes(what: string, text: string, parse: (text: string) => Uint8Array | undefined): Uint8Array {
  if (typeof text !== "string") throw argumentType(`${what} must be an IP address, not ${kind(text)}`);
  const address = parse(text);
  if (address === undefined) throw invalidValue(`${what} must be an IP address, not ${JSON.stringify(text)}`);
  return address;
}

/** By C name, sorted. */
export const controlCodecs: Readonly<Record<string, ControlCodec>> = {
  IPV6_HOPLIMIT: number("IPV6_HOPLIMIT", 255),
  IPV6_PKTINFO: {
    decode(data) {
      if (data.byteLength !== 20) return undefined;
      const ifindex = viewOf(data).getUint32(16, true);
      return { type: "IPV6_PKTINFO", address: formatIpv6(data.subarray(0, 16)), ifindex };
    },
    encode(message, system) {
      if (message.type !== "IPV6_PKTINFO") return undefined;
      const data = new Uint8Array(20);
      data.set(ipBytes("address", message.address, parseIpv6));
      data.set(ints([interfaceIndex("ifindex", message.ifindex, system)]), 16);
      return data;
    },
  },
  IPV6_RECVERR: extendedError("IPV6_RECVERR"),
  IPV6_TCLASS: number("IPV6_TCLASS", 255),
  IP_PKTINFO: {
    decode(data) {
      if (data.byteLength !== 12) return undefined;
      return {
        type: "IP_PKTINFO",
        ifindex: viewOf(data).getInt32(0, true),
        specDst: formatIpv4(data.subarray(4, 8)),
        addr: formatIpv4(data.subarray(8, 12)),
      };
    },
    encode(message, system) {
      if (message.type !== "IP_PKTINFO") return undefined;
      const data = new Uint8Array(12);
      data.set(ints([interfaceIndex("ifindex", message.ifindex, system)]));
      data.set(ipBytes("specDst", message.specDst, parseIpv4), 4);
      data.set(ipBytes("addr", message.addr, parseIpv4), 8);
      return data;
    },
  },
  IP_RECVERR: extendedError("IP_RECVERR"),
  IP_TOS: number("IP_TOS", 255),
  IP_TTL: number("IP_TTL", 255),
  SCM_CREDENTIALS: {
    decode(data) {
      if (data.byteLength !== 12) return undefined;
      const view = viewOf(data);
      const [pid, uid, gid] = [view.getInt32(0, true), view.getUint32(4, true), view.getUint32(8, true)];
      return { type: "SCM_CREDENTIALS", pid, uid, gid };
    },
    encode(message) {
      if (message.type !== "SCM_CREDENTIALS") return undefined;
      const { pid, uid, gid } = message;
      return ints([int("pid", pid), integer("uid", uid, 0, 0xffffffff), integer("gid", gid, 0, 0xffffffff)]);
    },
  },
  SCM_PIDFD: {
    /**
     * The kernel writes a negative errno if it cannot create the descriptor (scm_pidfd_recv in
     * net/core/scm.c).
     */
    decode(data) {
      if (data.byteLength !== 4) return undefined;
      const descriptor = viewOf(data).getInt32(0, true);
      return descriptor < 0 ? undefined : { type: "SCM_PIDFD", descriptor };
    },
  },
  SCM_RIGHTS: {
    decode(data) {
      if (data.byteLength % 4 !== 0) return undefined;
      const view = viewOf(data);
      const length = data.byteLength / 4;
      return {
        type: "SCM_RIGHTS",
        descriptors: Array.from({ length }, (_, at) => view.getInt32(at * 4, true)),
      };
    },
    encode(message) {
      return message.type === "SCM_RIGHTS" ? ints(message.descriptors) : undefined;
    },
  },
  SCM_TIMESTAMP: timestamp("SCM_TIMESTAMP", 1000n),
  SCM_TIMESTAMPNS: timestamp("SCM_TIMESTAMPNS", 1n),
  UDP_GRO: { decode: (data) => numberIn(data, "UDP_GRO") },
  UDP_SEGMENT: number("UDP_SEGMENT", 0xffff, 2),
};
