import type { Ipv4Address, Ipv6Address } from "../address/address.ts";
import { parseIpv4, parseIpv6 } from "../address/ip.ts";
import type { BindErrorName } from "../posix/bind.ts";
import { host } from "../system/host.ts";
import { hostTables } from "../system/this-host.ts";
import { addressesHere } from "./addresses-here.ts";
import { coverage } from "./coverage.ts";
import type { Cause, Coverage, Held, InUse, ReusePortGroup, TimeWait, Unavailable } from "./explanation.ts";
import { leftoversNote } from "./messages.ts";
import type { InternetSocket, SocketUse } from "./open-socket.ts";
import { holdersOf, userName } from "./process.ts";
import { internetSockets } from "./socket-table.ts";
import { trialBind } from "./trial.ts";

type InternetAddress = Ipv4Address | Ipv6Address;

/** The parts of an explanation that concern an IP address. */
export interface PortExplanation {
  readonly causes: readonly Cause[];
  readonly notes: readonly string[];
}

/**
 * Explains why a socket cannot be bound to this address. `refused` is the error of the bind() that
 * is asked about, if any.
 */
export function explainPort(
  address: InternetAddress,
  protocol: "tcp" | "udp",
  refused?: BindErrorName,
): PortExplanation {
  const elsewhere = addressNotHere(address);
  if (elsewhere !== undefined) return { causes: [elsewhere], notes: [] };
  if (address.port === 0) return { causes: portsUsedUp(address, protocol), notes: [] };
  const explanation = hostTables.sockets.leavesBindOpen
    ? explanationByBind(address, protocol, refused)
    : explanationByTable(address, protocol, refused);
  if (explanation === undefined) {
    return { causes: [{ kind: "unavailable", reason: hostTables.sockets.unavailable.internet }], notes: [] };
  }
  const { causes, notes } = explanation;
  return {
    causes: [...causes, ...privilege(address)],
    notes: [...notes, ...notesOn(address.port)],
  };
}

function explanationByTable(
  address: InternetAddress,
  protocol: "tcp" | "udp",
  refused: BindErrorName | undefined,
): PortExplanation | undefined {
  const found = inTheWay(address, protocol, ["listening", "bound", "connected", "time-wait"]);
  if (found === undefined) return undefined;
  const causes = taken(address, confirmed(address, protocol, found));
  const [cause] = causes;
  if (cause === undefined) return { causes: unlisted(address, protocol), notes: [] };
  // If a bind() failed, it lacked SO_REUSEADDR, and the closed connections are its cause.
  if (cause?.kind !== "time-wait" || !cause.reuseAddress || refused !== undefined)
    return { causes, notes: [] };
  return { causes: [], notes: [leftoversNote(cause)] };
}

function explanationByBind(
  address: InternetAddress,
  protocol: "tcp" | "udp",
  refused: BindErrorName | undefined,
): PortExplanation | undefined {
  const trial = trialBind(address, { protocol });
  const found = inTheWay(address, protocol, ["listening", "bound"]);
  if (found === undefined) return undefined;
  // Connections, of which there may be many, block nothing beside a listener or if bind()
  // succeeds.
  const connections =
    trial === "bound" || found.length > 0 ? [] : inTheWay(address, protocol, ["connected", "time-wait"]);
  return decidedByBind(address, [...found, ...(connections ?? [])], refused, trial);
}

function inTheWay(
  address: InternetAddress,
  protocol: "tcp" | "udp",
  uses: readonly SocketUse[],
): InTheWay[] | undefined {
  return internetSockets({ protocol, uses, port: address.port })?.flatMap((socket) => {
    const covers = coverage(address, socket);
    return covers === undefined ? [] : [{ socket, covers }];
  });
}

/**
 * Leaves out IPv6 wildcard sockets that may or may not take IPv4 (/proc/net does not say) if bind()
 * succeeds beside them.
 */
function confirmed(
  address: InternetAddress,
  protocol: "tcp" | "udp",
  found: readonly InTheWay[],
): readonly InTheWay[] {
  const certain = found.filter((each) => !mayTakeIpv4(each));
  if (certain.length === found.length) return found;
  return trialBind(address, { protocol }) === "bound" ? certain : found;
}

const mayTakeIpv4 = ({ socket: { v6only }, covers }: InTheWay): boolean =>
  covers === "dual stack" && v6only === undefined;

const inUse: InUse = { kind: "in-use", reason: hostTables.sockets.unavailable.bound };

/** A socket that blocks bind() but is missing from the table. */
function unlisted(address: InternetAddress, protocol: "tcp" | "udp"): InUse[] {
  if (!hostTables.sockets.lacksBoundSockets(protocol)) return [];
  return trialBind(address, { protocol }) === "AddressInUse" ? [inUse] : [];
}

/** A socket, and how it blocks the address. */
export interface InTheWay {
  readonly socket: InternetSocket;
  readonly covers: Coverage;
}

const weight = { listening: 0, bound: 1, connected: 2, "time-wait": 3 } as const;

/**
 * Uses the results of bind(), of the trial and of the call asked about, to decide what the table
 * leaves open.
 */
export function decidedByBind(
  address: InternetAddress,
  found: readonly InTheWay[],
  refused: BindErrorName | undefined,
  trial: BindErrorName | "bound",
): PortExplanation {
  const certain = trial === "bound" ? found.filter(isCertain) : found;
  const held = taken(address, certain);
  if (held.length > 0) {
    const isExclusive = [refused, trial].includes("AccessDenied");
    return {
      causes: isExclusive ? [...held, { kind: "exclusive-use" }] : held,
      notes:
        trial === "bound"
          ? [
              "bind() succeeds all the same: an address can be bound beside a wildcard unless that set " +
                "SO_EXCLUSIVEADDRUSE.",
            ]
          : [],
    };
  }
  switch (trial) {
    case "bound":
      return { causes: [], notes: [] };
    case "AccessDenied":
      return { causes: [{ kind: "excluded-port", port: address.port }], notes: [] };
    default:
      return { causes: [inUse], notes: [] };
  }
}

/**
 * Whether the socket has the address even though bind() would succeed: a listener or datagram
 * socket that is known to cover it.
 */
const isCertain = (each: InTheWay): boolean =>
  (each.socket.use === "listening" || each.socket.use === "bound") && !mayTakeIpv4(each);

/** Whether no process holds it: it is in TIME_WAIT, or an orphan in FIN_WAIT or LAST_ACK. */
const isLeftBehind = ({ use, inode, owner }: InternetSocket): boolean =>
  use === "time-wait" || inode === 0 || (use === "connected" && owner === 0);

function taken(address: InternetAddress, found: readonly InTheWay[]): Cause[] {
  const open = found
    .filter(({ socket }) => !isLeftBehind(socket))
    .sort((one, other) => weight[one.socket.use] - weight[other.socket.use]);
  // Drops a listener's connections, which share its port and block nothing by themselves.
  const reasons = open.some(({ socket }) => socket.use !== "connected")
    ? open.filter(({ socket }) => socket.use !== "connected")
    : open;
  const closed = found.map(({ socket }) => socket).filter(isLeftBehind);
  if (reasons.length === 0) return closed.length === 0 ? [] : timeWait(address, closed);
  const holders = holdersOf(reasons.map(({ socket }) => socket));
  const held = reasons.map(({ socket, covers }): Held => {
    return {
      kind: "held",
      socket,
      coverage: covers,
      holders: holders.of(socket),
      hidden: holders.hidden,
      user: socket.uid === undefined ? holders.of(socket)[0]?.user : userName(socket.uid),
    };
  });
  return [...held, ...reusePortGroup(address, held)];
}

/** Sockets that no process holds keep the address. */
function timeWait(address: InternetAddress, sockets: readonly InternetSocket[]): TimeWait[] {
  const plain = trialBind(address);
  // Connections that a wildcard listener left behind do not block every address.
  if (plain === "bound") return [];
  return [
    {
      kind: "time-wait",
      sockets,
      remaining: remainingOf(sockets),
      reuseAddress: trialBind(address, { option: "REUSEADDR" }) === "bound",
    },
  ];
}

/**
 * Milliseconds until the last one is gone; 0 if none is in TIME_WAIT yet, undefined if the system
 * does not report it.
 */
function remainingOf(sockets: readonly InternetSocket[]): number | undefined {
  if (sockets.some(({ use, remaining }) => use === "time-wait" && remaining === undefined)) return undefined;
  return Math.max(...sockets.map(({ remaining = 0 }) => remaining));
}

/**
 * Only SO_REUSEPORT lets several sockets listen on one address. For a single socket, a trial shows
 * whether another can join it.
 */
function reusePortGroup(address: InternetAddress, held: readonly Held[]): ReusePortGroup[] {
  const [first] = held;
  if (first === undefined || first.socket.use === "connected") return [];
  if (host.options.SO_REUSEPORT === undefined) return [];
  const sockets = held.filter(({ socket }) => sameAddress(socket, first.socket)).length;
  const joinable = first.socket.protocol === "tcp" && trialBind(address, { option: "REUSEPORT" }) === "bound";
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

function privilege({ family, address, port }: InternetAddress): Cause[] {
  const bytes = family === "ipv4" ? parseIpv4(address) : parseIpv6(address);
  const start = hostTables.ports.privilegedBelow(bytes ?? new Uint8Array(0));
  return start === undefined || port >= start ? [] : [{ kind: "privileged-port", port, start }];
}

function addressNotHere(address: InternetAddress): Cause | undefined {
  if (trialBind({ ...address, port: 0 }) !== "AddressNotAvailable") return undefined;
  return { kind: "address-not-local", localAddresses: addressesHere(address.family) };
}

/** Checks whether every port of the ephemeral range is taken. */
function portsUsedUp(address: InternetAddress, protocol: "tcp" | "udp"): Cause[] {
  const range = hostTables.ports.ephemeralRange();
  if (range === undefined) return noPort(address, protocol);
  const { first, last } = range;
  const isReserved = hostTables.ports.reservedPorts();
  const sockets = internetSockets({ protocol, uses: ["listening", "bound", "connected", "time-wait"] });
  if (sockets === undefined) return noPort(address, protocol);
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
  return [{ kind: "ports-exhausted", first, last, reserved, used: ports.size, timeWait }];
}

/** If the system does not report its range, bind() shows whether a port is left. */
function noPort(address: InternetAddress, protocol: "tcp" | "udp"): Unavailable[] {
  if (trialBind(address, { protocol }) === "bound") return [];
  return [
    { kind: "unavailable", reason: "the system found no port to choose, and does not report its range" },
  ];
}

function notesOn(port: number): string[] {
  const range = hostTables.ports.ephemeralRange();
  const { terms } = hostTables;
  const notes: string[] = [];
  if (hostTables.ports.reservedPorts()(port)) {
    notes.push(
      `The port is reserved (${terms.reservedPorts}): the system never picks it, but a program can ask ` +
        "for it.",
    );
  } else if (range !== undefined && port >= range.first && port <= range.last) {
    notes.push(
      `The port is in the ephemeral range (${range.first} to ${range.last}, ${terms.ephemeralRange}), ` +
        "so an outgoing connection may take it at times.",
    );
  }
  return notes;
}
