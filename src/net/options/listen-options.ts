import type { UnixAddress, VsockAddressInput } from "../../address/address.ts";
import { isIPv4 } from "../../address/is-ip.ts";
import { encodeAddress } from "../../address/sockaddr.ts";
import type { EngineName } from "../../engine/engine.ts";
import {
  argumentType,
  boolean,
  checkObject,
  copyOfBytes,
  descriptor,
  elements,
  foreignKind,
  integer,
  invalidString,
  invalidValue,
  kind,
  quoted,
} from "../../errors/argument.ts";
import type { WritableOption } from "../../options/option.ts";
import { SO } from "../../options/so.ts";
import type { AcceptError } from "../../posix/accept.ts";
import { SOCK } from "../../posix/constants.ts";
import { getsockopt } from "../../posix/getsockopt.ts";
import { Socket } from "../../posix/owned-socket.ts";
import { currentSystem } from "../../system/current.ts";
import type { FileNumber } from "../../system/services.ts";
import { isUint8Array } from "../../system/view.ts";
import { checkSignal } from "../abort.ts";
import {
  type CheckedProxyProtocol,
  checkProxyProtocol,
  type ProxyProtocolOptions,
} from "../proxy-protocol/proxy-protocol-options.ts";
import { NOT_OF_LISTEN, refuseOptionsOfOthers } from "./options-of-others.ts";

/**
 * Socket options and their values, set before the socket is bound: `[[TCP.DEFER_ACCEPT, 5],
 * [SO.RCVBUF, 65_536]]`. The system decides which of them connections inherit from their listener;
 * on Linux, nearly all.
 */
export type OptionValues<Values extends readonly unknown[] = readonly unknown[]> = {
  readonly [Index in keyof Values]: readonly [
    option: WritableOption<Values[Index]>,
    value: NoInfer<Values[Index]>,
  ];
};

/** Options of every socket of the async API. */
export interface SocketSettings<Values extends readonly unknown[]> {
  /** Socket options, set before the socket is bound or connected. */
  readonly options?: OptionValues<Values>;
  /**
   * The engine to use. By default, the one that the environment variable `BERKELEY_ENGINE` names,
   * or else the best one that the system supports.
   */
  readonly engine?: EngineName | undefined;
  /**
   * For how many microseconds after activity the thread polls instead of sleeping, 0 to 1000000; 0
   * by default. Data that arrives in that time is handled without waiting for the kernel to wake
   * the thread, but the processor stays busy: use it for a server that has a processor to itself.
   * The setting applies to everything that the thread has open with the engine; the highest value
   * counts, until nothing is open. Other work on the event loop gets a turn every 20 microseconds.
   */
  readonly busyPoll?: number | undefined;
}

/** The most microseconds that a thread polls. */
const LONGEST_POLL = 1_000_000;

/** Checks the option `busyPoll`; 0 if it is undefined. */
export const checkBusyPoll = (busyPoll: number | undefined): number =>
  busyPoll === undefined ? 0 : integer("busyPoll", busyPoll, 0, LONGEST_POLL);

/** Options of `listen()` for every kind of address. */
export interface ListenSettings<Values extends readonly unknown[]> extends SocketSettings<Values> {
  /**
   * How many connections may wait to be accepted, 0 to 2147483647; SOMAXCONN by default. The system
   * may grant fewer.
   */
  readonly backlog?: number | undefined;
  /**
   * Aborts opening the listener, or closes it later. Pending calls then fail with the signal's
   * `reason`.
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * Called for every accept(2) that failed and will be retried: after `delay` milliseconds if
   * descriptors or memory ran out (connections wait in the queue meanwhile), immediately if a
   * connection failed before it was accepted. `stats` counts these.
   */
  readonly onRetry?: ((error: AcceptError, milliseconds: number) => void) | undefined;
  /**
   * For a server behind HAProxy, a load balancer or another proxy: expects each connection to begin
   * with a PROXY protocol header, version 1 or 2, and reads it before the program sees the
   * connection. `remoteAddress` is then the client's, and `proxyInfo(connection)` returns the rest.
   * A header without a client's address, such as that of a health check, leaves the peer's own.
   *
   * A connection without a header, or with a malformed one, is closed, and the program never sees
   * it. `"optional"` also serves those without one. See ProxyProtocolOptions for trusted addresses
   * and the time limit. Make sure that only proxies can connect: anyone else could claim any
   * address.
   */
  readonly proxyProtocol?: boolean | "optional" | ProxyProtocolOptions | undefined;
}

/** A port to listen on. */
export interface ListenOnPort<Values extends readonly unknown[] = readonly unknown[]>
  extends ListenSettings<Values> {
  /**
   * An address, or a name to look up, whose first address is used; `"localhost"` is both
   * `127.0.0.1` and `::1`, on one port. By default, every address of this host: one socket for IPv6
   * and IPv4, or for IPv4 only if the system has no IPv6.
   */
  readonly host?: string | undefined;
  /** 0 to 65535; 0, the default, chooses a free port. */
  readonly port?: number | undefined;
  /**
   * Shares the port with other sockets that set this too, such as those of other workers: the
   * system distributes connections among them.
   */
  readonly reusePort?: boolean | undefined;
  /** Makes a socket on `::` accept IPv6 only. */
  readonly ipv6Only?: boolean | undefined;
  /**
   * Prevents other programs from taking the port, which only Windows allows (SO_EXCLUSIVEADDRUSE).
   * True by default, unless `reusePort` is set.
   */
  readonly exclusive?: boolean | undefined;
  readonly path?: undefined;
  readonly socket?: undefined;
  readonly address?: undefined;
}

/**
 * A vsock(7) address to listen on, for connections between a virtual machine and its host; Linux.
 */
export interface ListenOnVsock<Values extends readonly unknown[] = readonly unknown[]>
  extends ListenSettings<Values> {
  /** `VMADDR.CID_ANY` is any context id of this machine, and `VMADDR.PORT_ANY` a free port. */
  readonly address: VsockAddressInput;
  readonly path?: undefined;
  readonly socket?: undefined;
  readonly host?: undefined;
  readonly port?: undefined;
  readonly reusePort?: undefined;
  readonly ipv6Only?: undefined;
  readonly exclusive?: undefined;
}

/** A unix socket to listen on. */
export interface ListenOnPath<Values extends readonly unknown[] = readonly unknown[]>
  extends ListenSettings<Values> {
  /**
   * A path in the file system, which must not exist yet, and which `close()` removes unless it was
   * replaced; or, with a leading `"\0"`, a name in Linux's abstract namespace.
   */
  readonly path: string | Uint8Array;
  readonly address?: undefined;
  readonly socket?: undefined;
  readonly host?: undefined;
  readonly port?: undefined;
  readonly reusePort?: undefined;
  readonly ipv6Only?: undefined;
  readonly exclusive?: undefined;
}

/**
 * An object with sockets, such as the result of `reservePort()`: the listener takes ownership of
 * them.
 */
export interface SocketHolder {
  readonly sockets: readonly Socket[];
  /** Whether the listener removes the path of a unix socket; read when it closes. */
  readonly ownsPath?: boolean;
  /** The file at that path, if another process created it. */
  readonly pathFile?: FileNumber | undefined;
}

/** An existing socket. */
export interface ListenOnSocket<Values extends readonly unknown[] = readonly unknown[]>
  extends ListenSettings<Values> {
  /**
   * A Socket, a descriptor number, such as an inherited one, or the result of `reservePort()` or
   * `takeOver()`. The listener takes ownership, and closes it if listening fails or is aborted; if
   * an option is malformed, it stays the caller's. A socket that is already listening keeps its
   * backlog, unless `backlog` is given. A SOCK_SEQPACKET socket is a TypeError. So is undefined,
   * which is what `listenersFromEnvironment()[0]` returns when no socket was inherited.
   *
   * It becomes non-blocking in every process that shares it. On the readiness engine, if another
   * process makes it blocking again, this one blocks until the next connection.
   */
  readonly socket: Socket | number | SocketHolder | undefined;
  readonly address?: undefined;
  readonly path?: undefined;
  readonly host?: undefined;
  readonly port?: undefined;
  readonly reusePort?: undefined;
  readonly ipv6Only?: undefined;
  readonly exclusive?: undefined;
}

/** Where and how `listen()` listens. */
export type ListenOptions<Values extends readonly unknown[] = readonly unknown[]> =
  | ListenOnPort<Values>
  | ListenOnPath<Values>
  | ListenOnSocket<Values>
  | ListenOnVsock<Values>;

/** Options as pairs, whose types were checked where they were written. */
export type AnyOptionValues = readonly (readonly [option: WritableOption<unknown>, value: unknown])[];

/** Validated address of `listen()`, read once. */
export type ListenEndpoint =
  | {
      readonly kind: "port";
      readonly host: string | undefined;
      readonly port: number;
      readonly reusePort: boolean;
      readonly ipv6Only: boolean | undefined;
      readonly exclusive: boolean;
    }
  | { readonly kind: "path"; readonly address: UnixAddress }
  | { readonly kind: "address"; readonly address: VsockAddressInput }
  | {
      readonly kind: "sockets";
      /** A number belongs to the caller until it is adopted. */
      readonly sockets: readonly (Socket | number)[];
      readonly ownsPath: () => boolean;
      readonly pathFile?: FileNumber | undefined;
    };

/** Validated options of `listen()`, each read once. */
export interface CheckedListenOptions {
  readonly endpoint: ListenEndpoint;
  readonly backlog: number | undefined;
  readonly options: AnyOptionValues;
  readonly engine: EngineName | undefined;
  readonly busyPoll: number;
  readonly signal: AbortSignal | undefined;
  readonly onRetry: ((error: AcceptError, milliseconds: number) => void) | undefined;
  readonly proxyProtocol: CheckedProxyProtocol | undefined;
}

export function checkListenOptions<Values extends readonly unknown[]>(
  options: ListenOptions<Values>,
): CheckedListenOptions {
  checkObject("options", "{ host?, port?, path?, socket?, … }", options);
  refuseOptionsOfOthers("listen()", options, NOT_OF_LISTEN);
  const { backlog, engine, signal, onRetry } = options;
  const busyPoll = checkBusyPoll(options.busyPoll);
  if (backlog !== undefined) integer("backlog", backlog, 0, 0x7fffffff);
  checkSignal(signal);
  if (onRetry !== undefined && typeof onRetry !== "function")
    throw argumentType(`onRetry must be a function, not ${kind(onRetry)}`);
  const proxyProtocol = checkProxyProtocol(options.proxyProtocol);
  const values = checkOptionValues(options.options);
  const checked = { backlog, engine, busyPoll, signal, onRetry, proxyProtocol, options: values };
  return { ...checked, endpoint: checkEndpoint(options) };
}

export function checkOptionValues(options: OptionValues | undefined): AnyOptionValues {
  if (options === undefined) return [];
  return elements<AnyOptionValues[number]>("options", "an array of pairs", options).map((pair) => {
    if (!Array.isArray(pair))
      throw argumentType(`each of options must be a pair, such as [SO.RCVBUF, 65_536], not ${kind(pair)}`);
    if (pair.length !== 2)
      throw invalidValue(
        `each of options must be a pair, such as [SO.RCVBUF, 65_536]; one has ${String(pair.length)}`,
      );
    return [pair[0], pair[1]];
  });
}

function checkEndpoint(options: ListenOptions): ListenEndpoint {
  const names = ["host", "path", "socket", "address"] as const;
  const given = names.filter((name) => options[name] !== undefined);
  if (given.length > 1)
    throw invalidValue(`pass one of host, path, socket and address, not ${given.join(" and ")}`);
  if (options.path !== undefined || options.socket !== undefined || options.address !== undefined)
    checkOfPort(options, ["port", "reusePort", "ipv6Only", "exclusive"]);
  if (options.socket !== undefined) return checkSockets(options.socket);
  if (options.path !== undefined)
    return { kind: "path", address: { family: "unix", path: checkPath(options.path) } };
  if (options.address !== undefined) return { kind: "address", address: checkVsock(options.address) };
  if (lacksSocket(options)) {
    throw invalidValue(
      "socket is undefined: if it should come from listenersFromEnvironment(), this process inherited none",
    );
  }
  const { host: name, port = 0, reusePort = false, ipv6Only, exclusive = !reusePort } = options;
  checkHost("host", name);
  integer("port", port, 0, 0xffff);
  boolean("reusePort", reusePort);
  if (ipv6Only !== undefined) boolean("ipv6Only", ipv6Only);
  if (ipv6Only === true && name !== undefined && isIPv4(name))
    throw invalidValue(`ipv6Only cannot be used with the IPv4 address ${name}`);
  if (boolean("exclusive", exclusive) && reusePort)
    throw invalidValue("a port is either exclusive or shared with reusePort, not both");
  return { kind: "port", host: name, port, reusePort, ipv6Only, exclusive };
}

/** A snapshot of a vsock address. Throws a TypeError or RangeError if it is malformed. */
function checkVsock(address: VsockAddressInput): VsockAddressInput {
  checkObject("address", "a vsock address", address);
  const { family, cid, port, flags = 0 } = address;
  if (family !== "vsock")
    throw invalidString(family, `address must be of the family "vsock", not ${quoted(family)}`);
  const checked = { family, cid, port, flags };
  const system = currentSystem();
  encodeAddress(checked, system, system.address);
  return checked;
}

/** Nothing else says where to listen, and falling back to any port would hide the mistake. */
function lacksSocket(options: ListenOnPort | ListenOnSocket): options is ListenOnSocket {
  return "socket" in options && options.host === undefined && options.port === undefined;
}

export function checkHost(what: string, host: string | undefined): void {
  if (host === undefined || (typeof host === "string" && host !== "" && !host.includes("\0"))) return;
  if (typeof host !== "string") throw argumentType(`${what} must be a string, not ${kind(host)}`);
  throw invalidValue(`${what} ${JSON.stringify(host)} is neither a name nor an address`);
}

export function checkPath(path: string | Uint8Array): string | Uint8Array {
  if (typeof path !== "string" && !isUint8Array(path))
    throw argumentType(`path must be a string or a Uint8Array, not ${kind(path)}`);
  const checked = typeof path === "string" ? path : copyOfBytes("path", path);
  if (checked.length === 0 || checked === "\0")
    throw invalidValue("path is empty; a unix socket needs a path, or a name in the abstract namespace");
  return checked;
}

function checkSockets(given: Socket | number | SocketHolder): ListenEndpoint {
  const isHolder = typeof given === "object" && given !== null && "sockets" in given;
  if (!isHolder) return { kind: "sockets", sockets: [checkStreamSocket(given)], ownsPath: () => false };
  const sockets = elements<Socket | number>("sockets", "an array of sockets", given.sockets);
  if (sockets.length === 0) throw invalidValue("sockets must be an array of at least one socket");
  if (new Set<unknown>(sockets).size < sockets.length) throw invalidValue("a socket is given twice");
  const checked = sockets.map((socket) => checkStreamSocket(socket));
  const ownsPath = () => given.ownsPath === true;
  return { kind: "sockets", sockets: checked, ownsPath, pathFile: given.pathFile };
}

/**
 * A connection is a stream of bytes, with one `read()` for any number of writes. SOCK_SEQPACKET
 * messages would be merged and split, and an empty one would look like the end. Use accept(),
 * recvmsg() and sendmsg() for such sockets, which keep message boundaries.
 */
function checkStreamSocket(given: Socket | number): Socket | number {
  const socket = checkSocket(given);
  const type = typeof socket === "number" ? getsockopt(socket, SO.TYPE) : socket.type;
  if (type !== SOCK.SEQPACKET) return socket;
  throw invalidValue(
    "socket is of type SOCK_SEQPACKET, whose message boundaries a connection would lose: use accept(), " +
      "recvmsg() and sendmsg() of berkeley/posix",
  );
}

export function checkSocket(socket: Socket | number): Socket | number {
  if (socket instanceof Socket) return socket;
  if (typeof socket === "number") return descriptor(socket);
  throw argumentType(
    `socket must be a Socket or a descriptor number, not ${foreignKind(socket, ["Socket"])}`,
  );
}

/** Throws a TypeError for options that only apply to a port, and would be ignored. */
export function checkOfPort<Name extends string>(
  options: { readonly [Each in Name]?: unknown },
  names: readonly Name[],
): void {
  for (const name of names)
    if (options[name] !== undefined)
      throw invalidValue(`${name} cannot be used with a path, a socket or an address`);
}
