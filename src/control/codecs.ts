import { interfaceIndex } from "../address/interface-index.ts";
import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from "../address/ip.ts";
import { decodeSockaddr } from "../address/sockaddr.ts";
import { argumentType, copyOfBytes, int, integer, kind, outOfRange } from "../errors/argument.ts";
import { type ControlCodec, ipBytes, structure, viewOf } from "./control-codec.ts";
import type {
  ControlMessage,
  ExtendedErrorMessage,
  HeaderMessage,
  NumberMessage,
  NumberMessageToSend,
  OriginalDestinationMessage,
  PacketInfo6Message,
  ReceivedNumberMessage,
} from "./control-message.ts";
import { sctpCodecs } from "./sctp-codecs.ts";

function ints(values: readonly number[]): Uint8Array {
  const data = new Uint8Array(values.length * 4);
  for (const [index, value] of values.entries()) viewOf(data).setUint32(index * 4, value >>> 0, true);
  return data;
}

/** An int of any width: the kernel sends IP_TOS as one byte, others as four. */
function numberIn(
  data: Uint8Array,
  type: NumberMessage["type"] | ReceivedNumberMessage["type"],
): ControlMessage | undefined {
  const view = viewOf(data);
  if (data.byteLength === 1) return { type, value: view.getUint8(0) };
  if (data.byteLength === 2) return { type, value: view.getUint16(0, true) };
  return data.byteLength === 4 ? { type, value: view.getInt32(0, true) } : undefined;
}

function number(type: NumberMessage["type"], max: number, width: 2 | 4 = 4): ControlCodec {
  return { ...numberToSend(type, max, width), decode: (data) => numberIn(data, type) };
}

function numberToSend(
  type: NumberMessage["type"] | NumberMessageToSend["type"],
  max: number,
  width: 1 | 2 | 4 = 4,
): Required<Pick<ControlCodec, "encode">> & ControlCodec {
  return {
    decode: () => undefined,
    encode(message) {
      if (message.type !== type) return undefined;
      return ints([integer(type, message.value, 0, max)]).subarray(0, width);
    },
  };
}

/** A __u32, of which every bit counts. */
const uint = (type: "SO_MARK" | "SO_PRIORITY"): ControlCodec => ({
  ...numberToSend(type, 0xffffffff),
  decode: (data) => (data.byteLength === 4 ? { type, value: viewOf(data).getUint32(0, true) } : undefined),
});

const receivedUint = (type: ReceivedNumberMessage["type"]): ControlCodec => ({
  decode: (data) => (data.byteLength === 4 ? { type, value: viewOf(data).getUint32(0, true) } : undefined),
});

/** A header's bytes, of which the kernel checks each. */
function header(type: HeaderMessage["type"]): ControlCodec {
  return {
    decode: (data) => ({ type, data: new Uint8Array(data) }),
    encode: (message) => (message.type === type ? copyOfBytes(type, message.data) : undefined),
  };
}

/** struct in6_pktinfo is { struct in6_addr ipi6_addr; int ipi6_ifindex }. */
function packetInfo6(type: PacketInfo6Message["type"]): ControlCodec {
  return {
    decode(data) {
      if (data.byteLength !== 20) return undefined;
      const ifindex = viewOf(data).getUint32(16, true);
      return { type, address: formatIpv6(data.subarray(0, 16)), ifindex };
    },
    encode(message, system) {
      if (message.type !== type) return undefined;
      const data = new Uint8Array(20);
      data.set(ipBytes("address", message.address, parseIpv6));
      data.set(ints([interfaceIndex("ifindex", message.ifindex, system)]), 16);
      return data;
    },
  };
}

/** A whole sockaddr_in or sockaddr_in6. */
const originalDestination = (type: OriginalDestinationMessage["type"], size: 16 | 28): ControlCodec => ({
  decode: (data, system) =>
    data.byteLength === size ? { type, address: decodeSockaddr(data, system) } : undefined,
});

/** struct timespec: two 64-bit integers. */
function timespec(view: DataView, at: number): bigint {
  return view.getBigInt64(at, true) * 1_000_000_000n + view.getBigInt64(at + 8, true);
}

/**
 * struct timeval or struct timespec: seconds, and a fraction in units of `unit` nanoseconds. The
 * fraction fits 32 bits, the width of macOS's tv_usec.
 */
function timestamp(type: "SCM_TIMESTAMP" | "SCM_TIMESTAMPNS", unit: bigint): ControlCodec {
  return {
    decode: structure(16, (view) => {
      const nanoseconds = view.getBigInt64(0, true) * 1_000_000_000n + BigInt(view.getInt32(8, true)) * unit;
      return { type, nanoseconds };
    }),
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

/** By C name, sorted. */
export const controlCodecs: Readonly<Record<string, ControlCodec>> = {
  ALG_SET_AEAD_ASSOCLEN: numberToSend("ALG_SET_AEAD_ASSOCLEN", 0xffffffff),
  ALG_SET_IV: {
    decode: () => undefined,
    /** struct af_alg_iv is { __u32 ivlen; __u8 iv[] } (include/uapi/linux/if_alg.h). */
    encode(message) {
      if (message.type !== "ALG_SET_IV") return undefined;
      const iv = copyOfBytes("iv", message.iv);
      const data = new Uint8Array(4 + iv.byteLength);
      viewOf(data).setUint32(0, iv.byteLength, true);
      data.set(iv, 4);
      return data;
    },
  },
  ALG_SET_OP: numberToSend("ALG_SET_OP", 0xffffffff),
  IPV6_2292DSTOPTS: header("IPV6_2292DSTOPTS"),
  IPV6_2292HOPLIMIT: number("IPV6_2292HOPLIMIT", 255),
  IPV6_2292HOPOPTS: header("IPV6_2292HOPOPTS"),
  IPV6_2292PKTINFO: packetInfo6("IPV6_2292PKTINFO"),
  IPV6_2292RTHDR: header("IPV6_2292RTHDR"),
  IPV6_DONTFRAG: numberToSend("IPV6_DONTFRAG", 1),
  IPV6_DSTOPTS: header("IPV6_DSTOPTS"),
  IPV6_FLOWINFO: {
    /** In network byte order, as in the packet's header (ip6_flowinfo in include/net/ipv6.h). */
    decode(data) {
      return data.byteLength === 4 ? { type: "IPV6_FLOWINFO", value: viewOf(data).getUint32(0) } : undefined;
    },
    encode(message) {
      if (message.type !== "IPV6_FLOWINFO") return undefined;
      const data = new Uint8Array(4);
      viewOf(data).setUint32(0, integer("IPV6_FLOWINFO", message.value, 0, 0x0fffffff));
      return data;
    },
  },
  IPV6_HOPLIMIT: number("IPV6_HOPLIMIT", 255),
  IPV6_HOPOPTS: header("IPV6_HOPOPTS"),
  IPV6_ORIGDSTADDR: originalDestination("IPV6_ORIGDSTADDR", 28),
  IPV6_PATHMTU: {
    /** struct ip6_mtuinfo is { struct sockaddr_in6 ip6m_addr; __u32 ip6m_mtu }. */
    decode(data, system) {
      if (data.byteLength !== 32) return undefined;
      const address = decodeSockaddr(data.subarray(0, 28), system);
      return { type: "IPV6_PATHMTU", address, mtu: viewOf(data).getUint32(28, true) };
    },
  },
  IPV6_PKTINFO: packetInfo6("IPV6_PKTINFO"),
  IPV6_RECVERR: extendedError("IPV6_RECVERR"),
  IPV6_RECVFRAGSIZE: { decode: (data) => numberIn(data, "IPV6_RECVFRAGSIZE") },
  IPV6_RTHDR: header("IPV6_RTHDR"),
  IPV6_RTHDRDSTOPTS: header("IPV6_RTHDRDSTOPTS"),
  IPV6_TCLASS: number("IPV6_TCLASS", 255),
  IP_CHECKSUM: receivedUint("IP_CHECKSUM"),
  IP_ORIGDSTADDR: originalDestination("IP_ORIGDSTADDR", 16),
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
  IP_PROTOCOL: numberToSend("IP_PROTOCOL", 255),
  IP_RECVERR: extendedError("IP_RECVERR"),
  IP_RECVFRAGSIZE: { decode: (data) => numberIn(data, "IP_RECVFRAGSIZE") },
  IP_RECVOPTS: { decode: (data) => ({ type: "IP_RECVOPTS", data: new Uint8Array(data) }) },
  IP_RETOPTS: header("IP_RETOPTS"),
  IP_TOS: number("IP_TOS", 255),
  IP_TTL: number("IP_TTL", 255),
  NETLINK_LISTEN_ALL_NSID: { decode: (data) => numberIn(data, "NETLINK_LISTEN_ALL_NSID") },
  NETLINK_PKTINFO: receivedUint("NETLINK_PKTINFO"),
  PACKET_AUXDATA: {
    /** { __u32 tp_status, tp_len, tp_snaplen; __u16 tp_mac, tp_net, tp_vlan_tci, tp_vlan_tpid }. */
    decode: structure(20, (view) => ({
      type: "PACKET_AUXDATA",
      status: view.getUint32(0, true),
      length: view.getUint32(4, true),
      snaplen: view.getUint32(8, true),
      mac: view.getUint16(12, true),
      net: view.getUint16(14, true),
      vlanTci: view.getUint16(16, true),
      vlanTpid: view.getUint16(18, true),
    })),
  },
  SCM_CREDENTIALS: {
    decode: structure(12, (view) => {
      const [pid, uid, gid] = [view.getInt32(0, true), view.getUint32(4, true), view.getUint32(8, true)];
      return { type: "SCM_CREDENTIALS", pid, uid, gid };
    }),
    encode(message) {
      if (message.type !== "SCM_CREDENTIALS") return undefined;
      const { pid, uid, gid } = message;
      return ints([int("pid", pid), integer("uid", uid, 0, 0xffffffff), integer("gid", gid, 0, 0xffffffff)]);
    },
  },
  SCM_INQ: { decode: (data) => numberIn(data, "SCM_INQ") },
  SCM_J1939_DEST_ADDR: { decode: (data) => numberIn(data, "SCM_J1939_DEST_ADDR") },
  SCM_J1939_DEST_NAME: {
    /** A __u64 (j1939_sk_recvmsg in net/can/j1939/socket.c). */
    decode: (data) =>
      data.byteLength === 8
        ? { type: "SCM_J1939_DEST_NAME", name: viewOf(data).getBigUint64(0, true) }
        : undefined,
  },
  SCM_J1939_PRIO: { decode: (data) => numberIn(data, "SCM_J1939_PRIO") },
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
  SCM_SECURITY: {
    /** A C string, with its NUL or without (unix_get_secdata in net/unix/af_unix.c). */
    decode(data) {
      const end = data.indexOf(0);
      const label = Buffer.from(data.subarray(0, end < 0 ? data.byteLength : end)).toString();
      return { type: "SCM_SECURITY", label };
    },
  },
  SCM_TIMESTAMP: timestamp("SCM_TIMESTAMP", 1000n),
  SCM_TIMESTAMPING: {
    /**
     * struct scm_timestamping is { struct timespec ts[3] }; the second is no longer used
     * (include/uapi/linux/errqueue.h).
     */
    decode: structure(48, (view) => ({
      type: "SCM_TIMESTAMPING",
      software: timespec(view, 0),
      hardware: timespec(view, 32),
    })),
    /** SO_TIMESTAMPING, whose number it has: __u32 flags (__sock_cmsg_send in net/core/sock.c). */
    encode(message) {
      if (message.type !== "SCM_TIMESTAMPING" || !("flags" in message)) return undefined;
      return ints([integer("flags", message.flags, 0, 0xffffffff)]);
    },
  },
  SCM_TIMESTAMPING_OPT_STATS: {
    decode: (data) => ({ type: "SCM_TIMESTAMPING_OPT_STATS", data: new Uint8Array(data) }),
  },
  SCM_TIMESTAMPING_PKTINFO: {
    /** struct scm_ts_pktinfo is { __u32 if_index, pkt_length, reserved[2] }. */
    decode: structure(16, (view) => {
      const [ifindex, length] = [view.getUint32(0, true), view.getUint32(4, true)];
      return { type: "SCM_TIMESTAMPING_PKTINFO", ifindex, length };
    }),
  },
  SCM_TIMESTAMPNS: timestamp("SCM_TIMESTAMPNS", 1n),
  SCM_TS_OPT_ID: numberToSend("SCM_TS_OPT_ID", 0xffffffff),
  SCM_TXTIME: {
    decode: () => undefined,
    encode(message) {
      if (message.type !== "SCM_TXTIME") return undefined;
      const { nanoseconds } = message;
      if (typeof nanoseconds !== "bigint")
        throw argumentType(`nanoseconds must be a bigint, not ${kind(nanoseconds)}`);
      if (nanoseconds < 0n || nanoseconds > 0xffff_ffff_ffff_ffffn)
        throw outOfRange(`nanoseconds must be 0 to 2^64 - 1, not ${nanoseconds}`);
      const data = new Uint8Array(8);
      viewOf(data).setBigUint64(0, nanoseconds, true);
      return data;
    },
  },
  SCM_WIFI_STATUS: receivedUint("SCM_WIFI_STATUS"),
  ...sctpCodecs,
  SO_MARK: uint("SO_MARK"),
  SO_PRIORITY: uint("SO_PRIORITY"),
  SO_RXQ_OVFL: receivedUint("SO_RXQ_OVFL"),
  TCP_CM_INQ: { decode: (data) => numberIn(data, "TCP_CM_INQ") },
  TLS_GET_RECORD_TYPE: { decode: (data) => numberIn(data, "TLS_GET_RECORD_TYPE") },
  TLS_SET_RECORD_TYPE: numberToSend("TLS_SET_RECORD_TYPE", 255, 1),
  UDP_GRO: { decode: (data) => numberIn(data, "UDP_GRO") },
  UDP_SEGMENT: number("UDP_SEGMENT", 0xffff, 2),
};
