import type { Ipv4Address, Ipv6Address } from "../address/address.ts";
import { addressesHere } from "./addresses-here.ts";
import { coverage } from "./coverage.ts";
import type { Cause, Coverage, Held, PortsUsedUp, ReusePortGroup, TimeWait } from "./explanation.ts";
import {
  ephemeralRange,
  mayBindPrivilegedPorts,
  numericSetting,
  reservedPorts,
  tellsBoundSockets,
} from "./kernel-settings.ts";
import type { InternetSocket } from "./open-socket.ts";
import { holdersOf, userName } from "./process.ts";
import { internetSockets } from "./socket-table.ts";
import { trialBind } from "./trial.ts";

type InternetAddress = Ipv4Address | Ipv6Address;

/** What an explanation of an IP address is made of. */
export interface PortAccount {
  readonly causes: readonly Cause[];
  readonly notes: readonly string[];
}

/** Why a socket of the protocol cannot be bound to this address. */
export function explainPort(address: InternetAddress, protocol: "tcp" | "udp"): PortAccount {
  const elsewhere = addressNotHere(address);
  if (elsewhere !== undefined) return { causes: [elsewhere], notes: [] };
  if (address.port === 0) return { causes: portsUsedUp(address, protocol), notes: [] };
  const sockets = internetSockets({
    protocol,
    uses: ["listening", "bound", "connected", "time-wait"],
    port: address.port,
  });
  if (sockets === undefined) {
    return {
      causes: [{ kind: "unseen", reason: "The kernel has no sock_diag for these sockets." }],
      notes: [],
    };
  }
  const inTheWay = sockets.flatMap((socket) => {
    const covers = coverage(address, socket);
    return covers === undefined ? [] : [{ socket, covers }];
  });
  return {
    causes: [...taken(address, inTheWay), ...privilege(address.port)],
    notes: notes(address.port, protocol),
  };
}

interface InTheWay {
  readonly socket: InternetSocket;
  readonly covers: Coverage;
}

const weight = { listening: 0, bound: 1, connected: 2, "time-wait": 3 } as const;

function taken(address: InternetAddress, inTheWay: readonly InTheWay[]): Cause[] {
  const open = inTheWay
    .filter(({ socket }) => socket.use !== "time-wait" && socket.inode !== 0)
    .sort((one, other) => weight[one.socket.use] - weight[other.socket.use]);
  // A listener's connections share its port, and are no reason of their own while it listens.
  const reasons = open.some(({ socket }) => socket.use !== "connected")
    ? open.filter(({ socket }) => socket.use !== "connected")
    : open;
  const closed = inTheWay.map(({ socket }) => socket).filter(({ inode }) => inode === 0);
  if (reasons.length === 0) return closed.length === 0 ? [] : timeWait(address, closed);
  const holders = holdersOf(reasons.map(({ socket }) => socket.inode));
  const held = reasons.map(({ socket, covers }): Held => {
    return {
      kind: "held",
      socket,
      coverage: covers,
      holders: holders.of(socket.inode),
      hidden: holders.hidden,
      user: userName(socket.uid),
    };
  });
  return [...held, ...reusePortGroup(address, held)];
}

/** Sockets that nobody holds: in TIME_WAIT, or on the way there (an orphan in FIN_WAIT or LAST_ACK). */
function timeWait(address: InternetAddress, sockets: readonly InternetSocket[]): TimeWait[] {
  const plain = trialBind(address);
  // Connections that a wildcard listener left behind are no hindrance to every address.
  if (plain === "bound") return [];
  return [
    {
      kind: "time-wait",
      sockets,
      remaining: Math.max(...sockets.map(({ remaining = 0 }) => remaining)),
      reuseAddress: trialBind(address, "REUSEADDR") === "bound",
    },
  ];
}

/** Only SO_REUSEPORT lets several listen on one address; of a single socket, a trial tells whether one may join it. */
function reusePortGroup(address: InternetAddress, held: readonly Held[]): ReusePortGroup[] {
  const [first] = held;
  if (first === undefined || first.socket.use === "connected") return [];
  const sockets = held.filter(({ socket }) => sameAddress(socket, first.socket)).length;
  const joinable = first.socket.protocol === "tcp" && trialBind(address, "REUSEPORT") === "bound";
  if (sockets === 1 && !joinable) return [];
  return [{ kind: "reuse-port-group", sockets, user: first.user ?? "", joinable }];
}

function sameAddress(one: Held["socket"], other: Held["socket"]): boolean {
  return (
    one.protocol !== "unix" &&
    other.protocol !== "unix" &&
    one.use === other.use &&
    one.local.address === other.local.address &&
    one.v6only === other.v6only
  );
}

function privilege(port: number): Cause[] {
  const start = numericSetting("net.ipv4.ip_unprivileged_port_start") ?? 1024;
  if (port >= start || mayBindPrivilegedPorts()) return [];
  return [{ kind: "privileged-port", port, start }];
}

function addressNotHere(address: InternetAddress): Cause | undefined {
  if (trialBind({ ...address, port: 0 }) !== "AddressNotAvailable") return undefined;
  return { kind: "address-not-here", here: addressesHere(address.family) };
}

/** Every port of the range has a socket that stands in the way. */
function portsUsedUp(address: InternetAddress, protocol: "tcp" | "udp"): PortsUsedUp[] {
  const { first, last } = ephemeralRange();
  const isReserved = reservedPorts();
  const sockets = internetSockets({ protocol, uses: ["listening", "bound", "connected", "time-wait"] }) ?? [];
  const ports = new Map<number, boolean>();
  for (const socket of sockets) {
    const { port } = socket.local;
    if (port < first || port > last || isReserved(port)) continue;
    if (coverage({ ...address, port }, socket) === undefined) continue;
    ports.set(port, (ports.get(port) ?? true) && socket.use === "time-wait");
  }
  const all = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  const reserved = all.filter(isReserved).length;
  if (ports.size < all.length - reserved) return [];
  const timeWait = [...ports.values()].filter((only) => only).length;
  return [{ kind: "ports-used-up", first, last, reserved, used: ports.size, timeWait }];
}

function notes(port: number, protocol: "tcp" | "udp"): string[] {
  const { first, last } = ephemeralRange();
  const notes: string[] = [];
  if (reservedPorts()(port)) {
    notes.push(
      "The system never chooses this port by itself (net.ipv4.ip_local_reserved_ports); who asks for it gets it.",
    );
  } else if (port >= first && port <= last) {
    notes.push(
      `The port is one that the system chooses for outgoing connections (${first} to ${last}, net.ipv4.ip_local_port_range), so one of them may have it at times.`,
    );
  }
  if (protocol === "tcp" && !tellsBoundSockets()) {
    notes.push("This kernel does not tell of sockets that are bound and do not listen; Linux 6.8 does.");
  }
  return notes;
}
