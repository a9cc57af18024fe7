import type { Ipv4Address, Ipv6Address } from "../address/address.ts";
import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from "../address/ip.ts";
import { decodePath } from "../address/unix.ts";
import { AF, IPPROTO, SOCK } from "../posix/constants.ts";
import {
  decodeInetDiagMessage,
  encodeInetDiagRequest,
  INET_DIAG,
  type InetDiagMessage,
  type InetEnd,
  stateBits,
  TCP_STATE,
} from "../system/linux/inet-diag.ts";
import { linuxNumbers } from "../system/linux/numbers.ts";
import {
  decodeUnixDiagMessage,
  encodeUnixDiagRequest,
  UDIAG_SHOW,
  type UnixDiagMessage,
} from "../system/linux/unix-diag.ts";
import type { InternetSocket, SocketUse, UnixSocket } from "./open-socket.ts";
import { ask, dump } from "./sock-diag.ts";

// What the kernel knows of the sockets of this network namespace, through netlink's sock_diag(7).

const EXTENSIONS = [INET_DIAG.SKMEMINFO];

/** Which states each use is, as a request has them. */
const states: Readonly<Record<"tcp" | "udp", Readonly<Record<SocketUse, number>>>> = {
  tcp: {
    listening: stateBits(TCP_STATE.LISTEN),
    bound: stateBits(TCP_STATE.BOUND_INACTIVE),
    connected: stateBits(
      TCP_STATE.ESTABLISHED,
      TCP_STATE.SYN_SENT,
      TCP_STATE.SYN_RECV,
      TCP_STATE.FIN_WAIT1,
      TCP_STATE.FIN_WAIT2,
      TCP_STATE.CLOSE_WAIT,
      TCP_STATE.LAST_ACK,
      TCP_STATE.CLOSING,
    ),
    "time-wait": stateBits(TCP_STATE.TIME_WAIT),
  },
  udp: {
    listening: 0,
    bound: stateBits(TCP_STATE.CLOSE),
    connected: stateBits(TCP_STATE.ESTABLISHED),
    "time-wait": 0,
  },
};

/** Which sockets are asked for. */
export interface Wanted {
  readonly protocol: "tcp" | "udp";
  readonly uses: readonly SocketUse[];
  /** The local port; any if left out. */
  readonly port?: number;
}

/**
 * The sockets of IPv4 and IPv6 that match; undefined where the kernel does not tell. TCP sockets that are bound and do not
 * listen are told since Linux 6.8.
 */
export function internetSockets({ protocol, uses, port = 0 }: Wanted): InternetSocket[] | undefined {
  const found = [AF.INET, AF.INET6].map((family) =>
    dump(
      encodeInetDiagRequest({
        family,
        protocol: protocol === "tcp" ? IPPROTO.TCP : IPPROTO.UDP,
        states: uses.reduce((bits, use) => bits | states[protocol][use], 0) >>> 0,
        extensions: EXTENSIONS,
        source: { address: new Uint8Array(0), port },
      }),
    ),
  );
  // A kernel without IPv6 tells of IPv4 alone.
  if (found.every((payloads) => payloads === undefined)) return undefined;
  return found.flatMap((payloads = []) => payloads.flatMap((payload) => internetSocket(payload, protocol)));
}

/** The socket that would get a connection to this address, as the kernel looks it up; undefined where there is none. */
export function listenerAt(address: Ipv4Address | Ipv6Address): InternetSocket | undefined {
  const isIpv4 = address.family === "ipv4";
  const bytes = isIpv4 ? parseIpv4(address.address) : parseIpv6(address.address);
  if (bytes === undefined) return undefined;
  const payload = ask(
    encodeInetDiagRequest({
      family: isIpv4 ? AF.INET : AF.INET6,
      protocol: IPPROTO.TCP,
      states: states.tcp.listening,
      extensions: EXTENSIONS,
      source: { address: bytes, port: address.port },
    }),
  );
  if (payload === undefined) return undefined;
  const [socket] = internetSocket(payload, "tcp");
  return socket?.use === "listening" ? socket : undefined;
}

/** The unix sockets that have a name and are used so; undefined where the kernel does not tell. */
export function unixSockets(uses: readonly SocketUse[]): UnixSocket[] | undefined {
  const { NAME, VFS, RQLEN, UID } = UDIAG_SHOW;
  const bits: Readonly<Record<SocketUse, number>> = {
    listening: stateBits(TCP_STATE.LISTEN),
    bound: stateBits(TCP_STATE.CLOSE),
    connected: stateBits(TCP_STATE.ESTABLISHED),
    "time-wait": 0,
  };
  const payloads = dump(
    encodeUnixDiagRequest({
      states: uses.reduce((sum, use) => sum | bits[use], 0),
      inode: 0,
      show: NAME | VFS | RQLEN | UID,
    }),
  );
  return payloads?.flatMap((payload) => unixSocket(decodeUnixDiagMessage(payload)));
}

function internetSocket(payload: Uint8Array, protocol: "tcp" | "udp"): InternetSocket[] {
  const message = decodeInetDiagMessage(payload);
  if (message === undefined) return [];
  const use = useOf(message.state);
  return [
    {
      protocol,
      use,
      local: addressOf(message, message.source),
      peer: message.destination.port === 0 ? undefined : addressOf(message, message.destination),
      v6only: message.v6only ?? false,
      interface: message.interface,
      inode: message.inode,
      uid: message.uid,
      queue: use === "listening" ? { pending: message.receiveQueue, limit: message.sendQueue } : undefined,
      drops: message.drops,
      remaining: use === "time-wait" ? message.expires : undefined,
    },
  ];
}

function useOf(state: number): SocketUse {
  if (state === TCP_STATE.LISTEN) return "listening";
  if (state === TCP_STATE.TIME_WAIT) return "time-wait";
  return state === TCP_STATE.CLOSE ? "bound" : "connected";
}

function addressOf({ family, interface: scopeId }: InetDiagMessage, { address, port }: InetEnd) {
  if (family === AF.INET) return { family: "ipv4", address: formatIpv4(address), port } as const;
  const isLinkLocal = address[0] === 0xfe && ((address[1] ?? 0) & 0xc0) === 0x80;
  return {
    family: "ipv6",
    address: formatIpv6(address),
    port,
    flowlabel: 0,
    scopeId: isLinkLocal ? scopeId : 0,
  } as const;
}

function unixSocket(message: UnixDiagMessage | undefined): UnixSocket[] {
  if (message?.name === undefined) return [];
  const types: Readonly<Record<number, UnixSocket["type"]>> = {
    [SOCK.STREAM]: "stream",
    [SOCK.DGRAM]: "datagram",
    [SOCK.SEQPACKET]: "seqpacket",
  };
  const use = useOf(message.state);
  return [
    {
      protocol: "unix",
      type: types[message.type] ?? "stream",
      use,
      local: { family: "unix", path: decodePath(message.name, linuxNumbers.sockaddr) },
      file: message.file,
      inode: message.inode,
      uid: message.uid,
      queue: use === "listening" ? message.queue : undefined,
    },
  ];
}
