import { lstatSync } from "node:fs";
import { findsListener } from "../finds-listener.ts";
import {
  type InternetEntry,
  isLinkLocal,
  type SocketEnd,
  type SocketTable,
  type SocketUse,
  type UnixEntry,
  type WantedSockets,
} from "../host-tables.ts";
import { constants } from "./constants.ts";
import {
  decodeInetDiagMessage,
  encodeInetDiagRequest,
  INET_DIAG,
  type InetDiagMessage,
  type InetEnd,
  stateBits,
  TCP_STATE,
} from "./inet-diag.ts";
import { tellsBoundSockets } from "./kernel-settings.ts";
import { linux } from "./linux.ts";
import { type ProcNetSocket, procNetSockets, procNetUnixSockets } from "./proc-net.ts";
import { ask, dump } from "./sock-diag.ts";
import {
  decodeUnixDiagMessage,
  encodeUnixDiagRequest,
  UDIAG_SHOW,
  type UnixDiagMessage,
} from "./unix-diag.ts";

const { AF, IPPROTO, SOCK } = constants;

// The kernel's information about the sockets of this network namespace, through netlink's
// sock_diag(7).

const EXTENSIONS = [INET_DIAG.SKMEMINFO];

/** The states of each use in a request. */
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

/** Since Linux 6.8, TCP sockets that are bound without listening are listed. */
function internetSockets({ protocol, uses, port = 0 }: WantedSockets): InternetEntry[] | undefined {
  const found = [AF.INET, AF.INET6].map((family) =>
    dump(
      linux,
      encodeInetDiagRequest({
        family,
        protocol: protocol === "tcp" ? IPPROTO.TCP : IPPROTO.UDP,
        states: uses.reduce((bits, use) => bits | states[protocol][use], 0) >>> 0,
        extensions: EXTENSIONS,
        source: { address: new Uint8Array(0), port },
      }),
    ),
  );
  // A kernel without IPv6 only reports IPv4.
  if (found.every((payloads) => payloads === undefined)) return socketsOfProc({ protocol, uses, port });
  return found.flatMap((payloads = []) => payloads.flatMap((payload) => internetSocket(payload, protocol)));
}

/**
 * The fallback to proc(5) without sock_diag: it has neither queues nor IPV6_V6ONLY, and lacks TCP
 * sockets that are only bound.
 */
function socketsOfProc({ protocol, uses, port = 0 }: WantedSockets): InternetEntry[] | undefined {
  const files = [procNetSockets(protocol), procNetSockets(`${protocol}6`)];
  if (files.every((sockets) => sockets === undefined)) return undefined;
  return files
    .flatMap((sockets = []) => sockets)
    .map((told) => procEntry(told, protocol))
    .filter(({ use, local }) => uses.includes(use) && (port === 0 || local.port === port));
}

function procEntry({ state, inode, uid, ...told }: ProcNetSocket, protocol: "tcp" | "udp"): InternetEntry {
  const use = useOf(state);
  return {
    protocol,
    use,
    local: { ...told.local, scopeId: 0 },
    peer: told.peer.port === 0 ? undefined : { ...told.peer, scopeId: 0 },
    v6only: told.local.address.byteLength === 4 ? false : undefined,
    interface: 0,
    inode,
    owner: undefined,
    uid,
    queue: undefined,
    drops: undefined,
    // USER_HZ: a tick is 1/100 s.
    remaining: use === "time-wait" ? told.expires * 10 : undefined,
  };
}

/** /proc/net never lists them; sock_diag does since Linux 6.8. */
function lacksBoundSockets(protocol: "tcp" | "udp"): boolean {
  if (protocol === "udp") return false;
  const request = {
    family: AF.INET,
    protocol: IPPROTO.TCP,
    states: states.tcp.listening,
    extensions: [],
    source: { address: new Uint8Array(0), port: 1 },
  };
  return !tellsBoundSockets() || dump(linux, encodeInetDiagRequest(request)) === undefined;
}

/**
 * The socket that would get a connection, according to the kernel's own lookup; undefined if it
 * does not say.
 */
function isListenedOn(address: Uint8Array, port: number): boolean | undefined {
  const payload = ask(
    linux,
    encodeInetDiagRequest({
      family: address.byteLength === 4 ? AF.INET : AF.INET6,
      protocol: IPPROTO.TCP,
      states: states.tcp.listening,
      extensions: EXTENSIONS,
      source: { address, port },
    }),
  );
  if (payload !== undefined) return decodeInetDiagMessage(payload)?.state === TCP_STATE.LISTEN;
  // No such socket, or no answer at all.
  const listening = internetSockets({ protocol: "tcp", uses: ["listening"], port });
  return listening === undefined ? undefined : findsListener(listening, address);
}

function unixSockets(uses: readonly SocketUse[]): UnixEntry[] | undefined {
  const { NAME, VFS, RQLEN, UID } = UDIAG_SHOW;
  const bits: Readonly<Record<SocketUse, number>> = {
    listening: stateBits(TCP_STATE.LISTEN),
    bound: stateBits(TCP_STATE.CLOSE),
    connected: stateBits(TCP_STATE.ESTABLISHED),
    "time-wait": 0,
  };
  const payloads = dump(
    linux,
    encodeUnixDiagRequest({
      states: uses.reduce((sum, use) => sum | bits[use], 0),
      inode: 0,
      show: NAME | VFS | RQLEN | UID,
    }),
  );
  if (payloads === undefined) return unixSocketsOfProc(uses);
  return payloads.flatMap((payload) => unixSocket(decodeUnixDiagMessage(payload)));
}

/**
 * The same from proc(5), which does not report the file: the path identifies the socket, unless
 * another one was bound to it before or since.
 */
function unixSocketsOfProc(uses: readonly SocketUse[]): UnixEntry[] | undefined {
  const all = procNetUnixSockets();
  const own = all?.filter(({ listens, isConnected }) => listens || !isConnected);
  const count = (name: Uint8Array) => own?.filter((other) => Buffer.compare(other.name, name) === 0).length;
  return all
    ?.map(({ listens, type, isConnected, inode, name }): UnixEntry => {
      const use = listens ? "listening" : isConnected ? "connected" : "bound";
      const path = use === "connected" || count(name) !== 1 || name[0] !== SLASH ? undefined : name;
      return {
        type: unixTypes[type] ?? "stream",
        use,
        name,
        file: fileAt(path),
        inode,
        uid: undefined,
        queue: undefined,
      };
    })
    .filter(({ use }) => uses.includes(use));
}

const SLASH = 0x2f;

function fileAt(path: Uint8Array | undefined): UnixEntry["file"] {
  const found = path === undefined ? undefined : lstatSync(Buffer.from(path), { throwIfNoEntry: false });
  return found === undefined ? undefined : { inode: found.ino, device: found.dev };
}

const unixTypes: Readonly<Record<number, UnixEntry["type"]>> = {
  [SOCK.STREAM]: "stream",
  [SOCK.DGRAM]: "datagram",
  [SOCK.SEQPACKET]: "seqpacket",
};

function internetSocket(payload: Uint8Array, protocol: "tcp" | "udp"): InternetEntry[] {
  const message = decodeInetDiagMessage(payload);
  if (message === undefined) return [];
  const use = useOf(message.state);
  return [
    {
      protocol,
      use,
      local: endOf(message, message.source),
      peer: message.destination.port === 0 ? undefined : endOf(message, message.destination),
      v6only: message.v6only ?? false,
      interface: message.interface,
      inode: message.inode,
      owner: undefined,
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

function endOf({ interface: scopeId }: InetDiagMessage, { address, port }: InetEnd): SocketEnd {
  return { address, port, scopeId: isLinkLocal(address) ? scopeId : 0 };
}

function unixSocket(message: UnixDiagMessage | undefined): UnixEntry[] {
  if (message?.name === undefined) return [];
  const use = useOf(message.state);
  return [
    {
      type: unixTypes[message.type] ?? "stream",
      use,
      name: message.name,
      file: message.file,
      inode: message.inode,
      uid: message.uid,
      queue: use === "listening" ? message.queue : undefined,
    },
  ];
}

/** Linux: netlink's sock_diag. */
export const socketTable: SocketTable = {
  internetSockets,
  isListenedOn,
  unixSockets,
  filesTellSockets: true,
  unavailable: {
    internet: "neither netlink's sock_diag nor /proc/net can be read",
    unix: "neither netlink's sock_diag nor /proc/net/unix can be read",
    bound: "this system does not list, such as one that is bound without listening",
  },
  leavesBindOpen: false,
  lacksBoundSockets,
  listsUnixSockets: true,
};
