import type { Ipv4Address, Ipv6Address, UnixAddress } from "../address/address.ts";
import { machineClock } from "../clock/machine-clock.ts";
import { hostTables } from "../system/this-host.ts";
import type { Advice, Cause, Held, ReusePortGroup, TimeWait } from "./explanation.ts";
import type { OpenSocket } from "./open-socket.ts";
import { printable, shellWord } from "./printable.ts";
import type { Holder } from "./process.ts";
import type { ProcessRefusal } from "./running-process.ts";

// The text of explanations. Text that other users chose, such as a command line, is quoted, so that
// it cannot steer a terminal.

const { terms } = hostTables;

/** The message of a cause, which follows the address: `held by node (pid 4121, …)`. */
export function messageOf(cause: Cause): string {
  switch (cause.kind) {
    case "held":
      return `${heldBy(cause)}${howHeld(cause)}`;
    case "time-wait":
      return waiting(cause);
    case "in-use":
      return `in use by a socket that ${cause.reason}`;
    case "reuse-port-group":
      return groupOf(cause);
    case "exclusive-use":
      return (
        "not shared: the holder set SO_EXCLUSIVEADDRUSE or belongs to another user, so " +
        "SO_REUSEADDR does not help"
      );
    case "excluded-port":
      return `port ${cause.port} is in a range that the system excludes, so no program can bind it`;
    case "privileged-port":
      return (
        `privileged port (below ${cause.start}, ${terms.privilege.rule}); this process ` +
        `lacks ${terms.privilege.lacks}`
      );
    case "address-not-local":
      return cause.localAddresses.length === 0
        ? "not an address of this machine, which has none of this family"
        : `not an address of this machine; its addresses are ${cause.localAddresses.join(", ")}`;
    case "ports-exhausted":
      return (
        `every ephemeral port is in use: ${cause.first} to ${cause.last} (${terms.ephemeralRange})` +
        (cause.reserved === 0 ? "" : `, except ${cause.reserved} reserved ones (${terms.reservedPorts})`) +
        `; closed connections alone keep ${cause.timeWait} of them (TIME_WAIT)`
      );
    case "stale-path":
      return "left behind by a closed socket; nothing listens on it";
    case "not-a-socket":
      return `not a socket but a ${cause.is === "other" ? "file of another kind" : cause.is}`;
    case "missing-directory":
      return `the directory ${cause.directory} does not exist`;
    case "directory-denied":
      return (
        `this user may not write or search the directory ${cause.directory} (owner ` +
        `${cause.owner}, mode ${cause.mode})`
      );
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
          ? { message: "Set SO.REUSEADDR before bind() to bind the address at once." }
          : {
              message:
                `Wait ${cause.remaining === undefined ? "a minute or four" : duration(cause.remaining)}; ` +
                "SO.REUSEADDR does not help, because the closed socket had not set it.",
            },
      ];
    case "reuse-port-group":
      return cause.joinable ? [{ message: "Set SO.REUSEPORT before bind() to share the port." }] : [];
    case "privileged-port":
      return [
        { message: `Choose a port from ${cause.start} up, or run as root.` },
        ...terms.advice.privileged(cause.port),
      ];
    case "address-not-local":
      return [{ message: "List this machine's addresses.", command: terms.advice.addresses }];
    case "ports-exhausted":
      return [...terms.advice.portsUsedUp];
    case "stale-path":
      return [{ message: "Remove it.", command: `${terms.advice.remove} ${shellWord(cause.path)}` }];
    case "not-a-socket":
      return [{ message: "Choose another path." }];
    case "missing-directory":
      return [
        { message: "Create it.", command: `${terms.advice.makeDirectory} ${shellWord(cause.directory)}` },
      ];
    case "directory-denied":
      return [{ message: "Choose a path in another directory, such as $XDG_RUNTIME_DIR." }];
    case "in-use":
    case "unavailable":
      return [terms.advice.unavailable ?? terms.advice.asRoot(`berkeley why ${wordsOf(address, protocol)}`)];
    case "exclusive-use":
      return [];
    case "excluded-port":
      return [{ message: "Choose another port." }, ...terms.advice.excluded];
  }
}

/**
 * The commands name the address that was asked about. Another address of the port may have holders
 * that do not block this one.
 */
function adviceOnHeld(
  { holders, socket, user }: Held,
  address: Ipv4Address | Ipv6Address | UnixAddress,
  protocol: "tcp" | "udp",
): Advice[] {
  const where = wordsOf(address, protocol);
  if (holders.length === 0) {
    const as = user === undefined || user === "root" ? "root" : `${user} or root`;
    const message = `Ask as ${as} to see which process it is.`;
    const { command = "" } = terms.advice.asRoot(`berkeley why ${where}`);
    return [{ message, command }];
  }
  const service = serviceOf(holders, socket);
  if (service !== undefined) return [service.advice];
  return [{ message: "Stop it.", command: `berkeley free ${where}` }];
}

/** The part of the system that has the port, if it is one. */
function serviceOf([holder]: readonly Holder[], socket: OpenSocket) {
  if (holder === undefined || socket.protocol === "unix") return undefined;
  return terms.service(holder, socket.local.port);
}

/** The holders: most likely the process that opened the socket, then those that share it. */
function heldBy({ holders, hidden, user, socket }: Held): string {
  const [first, ...others] = oldestFirst(holders);
  if (first === undefined) {
    const owner = user === undefined ? "" : ` of user ${user}`;
    if (hidden > 0) return `held by a process${owner} that this user may not inspect`;
    const by = user === undefined ? "in use" : `owned by ${user}`;
    const elsewhere = "the kernel, for example an NFS server, or another container";
    return `${by}, but no visible process has it open (${elsewhere}?)`;
  }
  const service = serviceOf([first], socket);
  if (service !== undefined) return `held by ${describe(first)}, which is ${service.name}`;
  if (others.length === 0) return `held by ${describe(first)}`;
  const names = others.slice(0, 3).map(({ name, pid }) => `${printable(name)} (pid ${pid})`);
  const more = others.length > 3 ? `, ${others.length - 3} more` : "";
  return `held by ${describe(first)}, shared with ${names.join(", ")}${more}`;
}

/** A process that inherited the socket is younger than the one it inherited it from. */
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

/** Why a process was not sent a signal: a phrase that follows its name. */
export function signalFailure(refusal: ProcessRefusal): string {
  switch (refusal) {
    case "ended":
      return "has already exited.";
    case "denied":
      return "belongs to another user; only root can stop it.";
    case "not supported":
      return (
        "was left alone: this system has no handles for processes, as Linux 5.3 and Windows have, so " +
        "its pid may already belong to another one. Stop it with kill(1)."
      );
    case "unproven":
      return (
        "was left alone: /proc shows another PID namespace, so this pid means another process here. " +
        "Stop it from that namespace, such as from the container's host."
      );
  }
}

function howHeld({ socket, coverage }: Held): string {
  const on = coverage === "same" ? "" : ` on ${endpoint(socket)}`;
  const to = coverage === "same" ? "" : ` to ${endpoint(socket)}`;
  const why = {
    same: "",
    wildcard: " (every address)",
    "dual stack": " (every address, IPv4 too: IPV6_V6ONLY is off)",
    covered: "",
  }[coverage];
  switch (socket.use) {
    case "listening":
      return coverage === "same" ? "" : `, which listens${on}${why}`;
    case "bound":
      if (socket.protocol === "tcp") return `, which is bound${to}${why} but does not listen`;
      return coverage === "same" ? "" : `, which is bound${to}${why}`;
    default:
      return socket.protocol === "unix" || socket.peer === undefined
        ? ", by a connection"
        : `, by a connection from ${endpoint(socket)} to ${hostAndPort(socket.peer)}`;
  }
}

const waiting = (cause: TimeWait): string => `kept by ${leftovers(cause)}`;

/** A note on a free address: closed connections block only a socket without SO_REUSEADDR. */
export const leftoversNote = (cause: TimeWait): string =>
  `Still kept: ${leftovers(cause)}. A socket with SO_REUSEADDR, which Node sets, can listen at ` +
  "once; others have to wait.";

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

/** The path of a unix socket; a name in the abstract namespace starts with @. */
export function pathText({ path }: UnixAddress): string {
  const text = typeof path === "string" ? path : Buffer.from(path).toString();
  return text.startsWith("\0") ? `@${text.slice(1)}` : text;
}

/** An address as arguments of the command. A port alone means every address, as :: does. */
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

/** A command line in quotes. A long one is cut at its end, a path alone at its beginning. */
function quoted(command: readonly string[]): string {
  const text = printable(command.join(" "));
  const cut = command.length === 1 ? `…${text.slice(-79)}` : `${text.slice(0, 79)}…`;
  return `"${(text.length > 80 ? cut : text).replaceAll('"', '\\"')}"`;
}
