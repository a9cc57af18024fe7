import type { Ipv4Address, Ipv6Address, UnixAddress } from "../address/address.ts";
import { machineClock } from "../clock/clock.ts";
import { hostTables } from "../system/this-host.ts";
import type { Advice, Cause, Held, ReusePortGroup, TimeWait } from "./explanation.ts";
import type { OpenSocket } from "./open-socket.ts";
import { printable, shellWord } from "./printable.ts";
import type { Holder } from "./process.ts";
import type { ProcessRefusal } from "./running-process.ts";

// An account in words. What other users chose, such as a command line, is quoted, so that it cannot
// steer a terminal.

const { terms: words } = hostTables;

/** One cause, in words that follow the address: `held by node (pid 4121, …)`. */
export function messageOf(cause: Cause): string {
  switch (cause.kind) {
    case "held":
      return `held by ${whoHolds(cause)}${howHeld(cause)}`;
    case "time-wait":
      return waiting(cause);
    case "in-use":
      return `in use by a socket that ${cause.reason}`;
    case "reuse-port-group":
      return groupOf(cause);
    case "exclusive-use":
      return "it is not shared: the socket that has it is SO_EXCLUSIVEADDRUSE or another user's, so SO_REUSEADDR does not help";
    case "excluded-port":
      return `nobody has port ${cause.port}, and nobody may: it is of a range that the system excludes`;
    case "privileged-port":
      return `port ${cause.port} needs a privilege: those below ${cause.start} do (${words.privilege.rule}), and this process lacks ${words.privilege.lacks}`;
    case "address-not-here":
      return cause.here.length === 0
        ? "not an address of this machine, which has none of this family"
        : `not an address of this machine, which has ${cause.here.join(", ")}`;
    case "ports-used-up":
      return `all ports that the system chooses from are in use: ${cause.first} to ${cause.last} (${words.ephemeralRange})${cause.reserved === 0 ? "" : `, without the ${cause.reserved} of ${words.reservedPorts}`}; ${cause.timeWait} of them only by closed connections (TIME_WAIT)`;
    case "stale-path":
      return "left behind by a socket that is gone: nobody listens on it";
    case "not-a-socket":
      return `not a socket, but a ${cause.is === "other" ? "file of another kind" : cause.is}`;
    case "missing-directory":
      return `the directory ${cause.directory} does not exist`;
    case "directory-denied":
      return `the directory ${cause.directory} may not be written or searched by this user: it is ${cause.owner}'s, with mode ${cause.mode}`;
    case "unavailable":
      return `unknown: ${cause.reason}`;
  }
}

/** What to do about a cause. */
export function adviceOn(
  cause: Cause,
  address: Ipv4Address | Ipv6Address | UnixAddress,
  protocol: "tcp" | "udp",
): Advice[] {
  switch (cause.kind) {
    case "held":
      return adviceOnHeld(cause, address, protocol);
    case "time-wait":
      return [
        cause.reuseAddress
          ? { message: "Set SO.REUSEADDR before bind(): the address can be had at once." }
          : {
              message: `Wait ${cause.remaining === undefined ? "a minute or four" : duration(cause.remaining)}; SO.REUSEADDR does not help, since the socket that had the address did not set it.`,
            },
      ];
    case "reuse-port-group":
      return cause.joinable ? [{ message: "Set SO.REUSEPORT before bind() to share the port." }] : [];
    case "privileged-port":
      return [{ message: `Choose a port from ${cause.start} up.` }, ...words.advice.privileged(cause.port)];
    case "address-not-here":
      return [{ message: "See which addresses the machine has.", command: words.advice.addresses }];
    case "ports-used-up":
      return [...words.advice.portsUsedUp];
    case "stale-path":
      return [{ message: "Remove it.", command: `${words.advice.remove} ${shellWord(cause.path)}` }];
    case "not-a-socket":
      return [{ message: "Choose another path." }];
    case "missing-directory":
      return [
        { message: "Make it.", command: `${words.advice.makeDirectory} ${shellWord(cause.directory)}` },
      ];
    case "directory-denied":
      return [{ message: "Choose a path in another directory, such as $XDG_RUNTIME_DIR." }];
    case "in-use":
    case "unavailable":
      return [words.advice.unavailable ?? words.advice.asRoot(`berkeley why ${wordsOf(address, protocol)}`)];
    case "exclusive-use":
      return [];
    case "excluded-port":
      return [{ message: "Choose another port." }, ...words.advice.excluded];
  }
}

/**
 * The commands name the address that was asked about: another one may have other holders, who are
 * in nobody's way.
 */
function adviceOnHeld(
  { holders, socket, user }: Held,
  address: Ipv4Address | Ipv6Address | UnixAddress,
  protocol: "tcp" | "udp",
): Advice[] {
  const where = wordsOf(address, protocol);
  if (holders.length === 0) {
    const message = `See which process it is; that takes the rights of ${user ?? "its user"}, or root's.`;
    const { command = "" } = words.advice.asRoot(`berkeley why ${where}`);
    return [{ message, command }];
  }
  const service = serviceOf(holders, socket);
  if (service !== undefined) return [service.advice];
  return [{ message: "Stop it.", command: `berkeley free ${where}` }];
}

/** A part of the system that has the port. */
function serviceOf([holder]: readonly Holder[], socket: OpenSocket) {
  if (holder === undefined || socket.protocol === "unix") return undefined;
  return words.service(holder, socket.local.port);
}

/**
 * The processes: the one that opened the socket, as far as can be told, and those that share it.
 */
function whoHolds({ holders, hidden, user, socket }: Held): string {
  const [first, ...others] = oldestFirst(holders);
  if (first === undefined) {
    const whose = user === undefined ? "" : ` of user ${user}`;
    return hidden > 0
      ? `a process${whose} that this one may not look into`
      : `a socket${whose} that no process of this machine's table has open`;
  }
  const service = serviceOf([first], socket);
  if (service !== undefined) return `${describe(first)}, which is ${service.name}`;
  if (others.length === 0) return describe(first);
  const names = others.slice(0, 3).map(({ name, pid }) => `${printable(name)} (pid ${pid})`);
  const more = others.length > 3 ? `, ${others.length - 3} more` : "";
  return `${describe(first)}, shared with ${names.join(", ")}${more}`;
}

/** A process that inherited the socket is younger than the one that it has it from. */
const oldestFirst = (holders: readonly Holder[]) =>
  [...holders].sort((one, other) => (one.started ?? 0) - (other.started ?? 0) || one.pid - other.pid);

/** A process: `node (pid 4121, user ana, "node server.js", in /srv/app, for 2 h)`. */
export function describe({ name, pid, user, command, directory, started }: Holder): string {
  const details = [
    `pid ${pid}`,
    ...(user === undefined ? [] : [`user ${user}`]),
    ...(command.length === 0 ? [] : [quoted(command)]),
    ...(directory === undefined ? [] : [`in ${printable(directory)}`]),
    ...(started === undefined ? [] : [`for ${duration(machineClock.date() - started)}`]),
  ];
  return `${printable(name)} (${details.join(", ")})`;
}

/** Why a process was not sent a signal, in words that follow its name. */
export function signalFailure(refusal: ProcessRefusal): string {
  switch (refusal) {
    case "ended":
      return "has ended by itself.";
    case "denied":
      return "is another user's: it takes root's rights to stop it.";
    case "not supported":
      return "was left alone: this system cannot hold on to a process while it is ended, as Linux 5.3 and Windows can; kill(1) ends whatever has the number.";
    case "unproven":
      return "was left alone: /proc is of another PID namespace, where its number means another process than here. Stop it from there, such as on the container's host.";
  }
}

function howHeld({ socket, coverage }: Held): string {
  const on = coverage === "same" ? "" : ` on ${endpoint(socket)}`;
  const why = {
    same: "",
    wildcard: ", which is every address",
    "dual stack": ", which takes IPv4 as well (IPV6_V6ONLY is off)",
    covered: "",
  }[coverage];
  switch (socket.use) {
    case "listening":
      return coverage === "same" ? "" : `, which listens${on}${why}`;
    case "bound":
      if (socket.protocol === "tcp") return `, which is bound${on}${why} and does not listen`;
      return coverage === "same" ? "" : `, which is bound${on}${why}`;
    default:
      return socket.protocol === "unix" || socket.peer === undefined
        ? ", by a connection"
        : `, by a connection from ${endpoint(socket)} to ${hostAndPort(socket.peer)}`;
  }
}

const waiting = (cause: TimeWait): string => `kept by ${leftovers(cause)}`;

/**
 * What a socket that sets SO_REUSEADDR is not hindered by, and another one is: a remark on an
 * address that is free.
 */
export const leftoversNote = (cause: TimeWait): string =>
  `Left over: ${leftovers(cause)}. Only a socket with SO_REUSEADDR, which Node sets, can listen at once.`;

function leftovers({ sockets, remaining }: Pick<TimeWait, "sockets" | "remaining">): string {
  const count = sockets.length === 1 ? "a closed connection" : `${sockets.length} closed connections`;
  if (remaining === undefined) return `${count} (TIME_WAIT)`;
  return remaining > 0
    ? `${count} (TIME_WAIT), for ${duration(remaining)} more`
    : `${count} that the peer has not closed yet`;
}

function groupOf({ sockets, user, joinable }: ReusePortGroup): string {
  const shared =
    sockets === 1 ? "it can be shared (SO_REUSEPORT)" : `${sockets} sockets share it (SO_REUSEPORT)`;
  return joinable ? `${shared}, and this process may join` : `${shared}, and only user ${user} may join`;
}

/** The address of a socket, as people write it. */
export function endpoint(socket: OpenSocket): string {
  return socket.protocol === "unix" ? printable(pathText(socket.local)) : hostAndPort(socket.local);
}

export function hostAndPort(address: Ipv4Address | Ipv6Address): string {
  if (address.family === "ipv4") return `${address.address}:${address.port}`;
  return `[${address.address}${address.scopeId === 0 ? "" : `%${address.scopeId}`}]:${address.port}`;
}

/** The path of a unix socket; a name in the abstract namespace begins with @. */
export function pathText({ path }: UnixAddress): string {
  const text = typeof path === "string" ? path : Buffer.from(path).toString();
  return text.startsWith("\0") ? `@${text.slice(1)}` : text;
}

/**
 * An address as words of the command line. A port alone is that of every address, which :: is and
 * 0.0.0.0 is not.
 */
function wordsOf(address: Ipv4Address | Ipv6Address | UnixAddress, protocol: "tcp" | "udp"): string {
  if (address.family === "unix") return `--unix ${shellWord(pathText(address))}`;
  const option = protocol === "udp" ? "--udp " : "";
  return `${option}${address.address === "::" ? address.port : hostAndPort(address)}`;
}

/** The two largest units: `2 h`, `1 min 5 s`. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60)
    return seconds % 60 === 0 || minutes >= 10 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} d`;
}

/**
 * A command line in quotes, cut where it is long: at its end, and a program's path alone at its
 * beginning.
 */
function quoted(command: readonly string[]): string {
  const text = printable(command.join(" "));
  const cut = command.length === 1 ? `…${text.slice(-79)}` : `${text.slice(0, 79)}…`;
  return `"${(text.length > 80 ? cut : text).replaceAll('"', '\\"')}"`;
}
