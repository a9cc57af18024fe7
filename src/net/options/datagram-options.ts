import type { AddressInput, UnixAddress } from "../../address/address.ts";
import { isIPv4, isIPv6 } from "../../address/is-ip.ts";
import type { EngineName } from "../../engine/engine.ts";
import { boolean, checkObject, integer, invalidValue } from "../../errors/argument.ts";
import { SO } from "../../options/so.ts";
import { SOCK } from "../../posix/constants.ts";
import { getsockopt } from "../../posix/getsockopt.ts";
import type { Socket } from "../../posix/owned-socket.ts";
import { checkSignal } from "../abort.ts";
import { checkAddress } from "./connect-options.ts";
import {
  type AnyOptionValues,
  checkBusyPoll,
  checkHost,
  checkOfPort,
  checkOptionValues,
  checkPath,
  checkSocket,
  type SocketSettings,
} from "./listen-options.ts";
import { NOT_OF_UDP, refuseOptionsOfOthers } from "./options-of-others.ts";

/** A port of a host to connect a datagram socket to. */
export interface RemotePort {
  /**
   * An address, or a name to look up; `"localhost"` by default, which is `::1` for an IPv6 socket
   * and `127.0.0.1` otherwise.
   */
  readonly host?: string | undefined;
  /** 1 to 65535. */
  readonly port: number;
  readonly family?: undefined;
  readonly path?: undefined;
}

/** A unix socket to connect a datagram socket to. */
export interface RemotePath {
  /** A path in the file system, or, with a leading `"\0"`, a name in Linux's abstract namespace. */
  readonly path: string | Uint8Array;
  readonly family?: undefined;
  readonly host?: undefined;
  readonly port?: undefined;
}

/** The peer of a datagram socket: a port, a path, or an address as calls return it. */
export type Remote = RemotePort | RemotePath | AddressInput;

/** Options of `udp()` for every kind of socket. */
export interface DatagramSettings<Values extends readonly unknown[]> extends SocketSettings<Values> {
  /** Connects the socket: it sends to this peer by default, and receives only from it. */
  readonly remote?: Remote | undefined;
  /**
   * Aborts opening the socket, or closes it later. Pending calls then fail with the signal's
   * `reason`.
   */
  readonly signal?: AbortSignal | undefined;
}

/** Options of `udp()` for a UDP socket. */
export interface DatagramsOnPort<Values extends readonly unknown[] = readonly unknown[]>
  extends DatagramSettings<Values> {
  /**
   * An address, or a name to look up, whose first address is used; `"localhost"` is `127.0.0.1`.
   * By default, every address of this host, of the family of `remote`; without `remote`, one
   * socket for IPv6 and IPv4, or for IPv4 only if the system has no IPv6. A socket for both sees
   * IPv4 addresses as `::ffff:192.0.2.1`.
   */
  readonly host?: string | undefined;
  /** 0 to 65535; 0, the default, lets the system choose a free port. */
  readonly port?: number | undefined;
  /**
   * Shares the port with other sockets that set this too, such as those of other workers: the
   * system distributes datagrams among them.
   */
  readonly reusePort?: boolean | undefined;
  /**
   * Shares the port with other sockets that set this too: each receives the datagrams sent to the
   * multicast groups that it has joined.
   */
  readonly reuseAddress?: boolean | undefined;
  /** Makes a socket on `::` receive IPv6 only. */
  readonly ipv6Only?: boolean | undefined;
  readonly path?: undefined;
  readonly socket?: undefined;
}

/** Options of `udp()` for a unix socket. */
export interface DatagramsOnPath<Values extends readonly unknown[] = readonly unknown[]>
  extends DatagramSettings<Values> {
  /**
   * A path in the file system, which must not exist yet, and which `close()` removes unless it was
   * replaced; or, with a leading `"\0"`, a name in Linux's abstract namespace.
   */
  readonly path: string | Uint8Array;
  readonly socket?: undefined;
  readonly host?: undefined;
  readonly port?: undefined;
  readonly reusePort?: undefined;
  readonly reuseAddress?: undefined;
  readonly ipv6Only?: undefined;
}

/** Options of `udp()` for an existing socket. */
export interface DatagramsOnSocket<Values extends readonly unknown[] = readonly unknown[]>
  extends DatagramSettings<Values> {
  /**
   * A Socket for datagrams, of type SOCK.DGRAM or SOCK.RAW and of any family: UDP, unix, raw IP,
   * netlink, packet; or the descriptor number of one, such as an inherited one. It is closed with
   * the DatagramSocket. For other types, see `readable()`.
   */
  readonly socket: Socket | number;
  readonly path?: undefined;
  readonly host?: undefined;
  readonly port?: undefined;
  readonly reusePort?: undefined;
  readonly reuseAddress?: undefined;
  readonly ipv6Only?: undefined;
}

/**
 * Where and how `udp()` opens a socket. If only a `remote` is given, and it is a unix socket, the
 * new socket has no name.
 */
export type DatagramOptions<Values extends readonly unknown[] = readonly unknown[]> =
  | DatagramsOnPort<Values>
  | DatagramsOnPath<Values>
  | DatagramsOnSocket<Values>;

/** A validated peer. */
export type CheckedRemote =
  | { readonly kind: "port"; readonly host: string; readonly port: number }
  | { readonly kind: "address"; readonly address: AddressInput };

/** A validated address to bind to. */
export type DatagramEndpoint =
  | {
      readonly kind: "port";
      readonly host: string | undefined;
      readonly port: number;
      readonly reusePort: boolean;
      readonly ipv6Only: boolean;
    }
  | { readonly kind: "path"; readonly address: UnixAddress }
  /** A number belongs to the caller until it is adopted. */
  | { readonly kind: "socket"; readonly socket: Socket | number };

/** Validated options of `udp()`, each read once. */
export interface CheckedDatagramOptions {
  readonly endpoint: DatagramEndpoint;
  readonly remote: CheckedRemote | undefined;
  readonly options: AnyOptionValues;
  readonly engine: EngineName | undefined;
  readonly busyPoll: number;
  readonly signal: AbortSignal | undefined;
}

export function checkDatagramOptions<Values extends readonly unknown[]>(
  options: DatagramOptions<Values>,
): CheckedDatagramOptions {
  checkObject("options", "{ host?, port?, path?, socket?, remote?, … }", options);
  refuseOptionsOfOthers("udp()", options, NOT_OF_UDP);
  const { engine, signal } = options;
  const busyPoll = checkBusyPoll(options.busyPoll);
  checkSignal(signal);
  const remote = options.remote === undefined ? undefined : checkRemote(options.remote);
  const values = checkOptionValues(options.options);
  const where = checkEndpoint(options);
  if (where.kind === "port" && remote !== undefined) checkWithRemote(options, where, remote);
  const reuse = "reuseAddress" in options && options.reuseAddress !== undefined && options.reuseAddress;
  return {
    endpoint: where,
    remote,
    options: boolean("reuseAddress", reuse) ? [[SO.REUSEADDR, true], ...values] : values,
    engine,
    busyPoll,
    signal,
  };
}

export function checkRemote(remote: Remote): CheckedRemote {
  checkObject("remote", "{ host?, port }, { path } or an address", remote);
  if (isAddress(remote)) {
    const address = checkAddress(remote);
    // No transport of vsock in Linux but VMCI has datagrams.
    if (address.family === "vsock") throw invalidValue("remote must be an IPv4, IPv6 or unix address");
    return { kind: "address", address };
  }
  if (remote.path !== undefined && (remote.host !== undefined || remote.port !== undefined))
    throw invalidValue("remote is either a path, or a host and port, not both");
  if (remote.path !== undefined)
    return { kind: "address", address: { family: "unix", path: checkPath(remote.path) } };
  refuseOptionsOfOthers("remote", remote, { address: "without a family, an address is given as host" });
  const { host = "localhost", port } = remote;
  checkHost("the host of remote", host);
  return { kind: "port", host, port: integer("the port of remote", port, 1, 0xffff) };
}

/** Options for another kind of remote would be ignored. */
function checkWithRemote(
  options: DatagramOptions,
  { host, ipv6Only }: Extract<DatagramEndpoint, { kind: "port" }>,
  remote: CheckedRemote,
): void {
  if (remote.kind === "address" && remote.address.family === "unix") {
    for (const name of ["host", "port", "reusePort", "reuseAddress", "ipv6Only"] as const)
      if (options[name] !== undefined) throw invalidValue(`${name} cannot be used with a unix remote`);
    return;
  }
  const to = remote.kind === "port" ? remote.host : "address" in remote.address && remote.address.address;
  if (typeof to !== "string") return;
  if (ipv6Only && isIPv4(to)) throw invalidValue(`ipv6Only cannot be used with the IPv4 remote ${to}`);
  if (host !== undefined && isIPv4(host) && isIPv6(to))
    throw invalidValue(`host is an IPv4 address and remote an IPv6 one: both must be of the same family`);
}

const isAddress = (remote: Remote): remote is AddressInput => remote.family !== undefined;

function checkEndpoint(options: DatagramOptions): DatagramEndpoint {
  const given = (["host", "path", "socket"] as const).filter((name) => options[name] !== undefined);
  if (given.length > 1) throw invalidValue(`pass one of host, path and socket, not ${given.join(" and ")}`);
  if (options.path !== undefined || options.socket !== undefined)
    checkOfPort(options, ["port", "reusePort", "reuseAddress", "ipv6Only"]);
  if (options.socket !== undefined) return { kind: "socket", socket: checkDatagramSocket(options.socket) };
  if (options.path !== undefined)
    return { kind: "path", address: { family: "unix", path: checkPath(options.path) } };
  const { host, port = 0, reusePort = false, ipv6Only = false } = options;
  checkHost("host", host);
  integer("port", port, 0, 0xffff);
  boolean("reusePort", reusePort);
  if (boolean("ipv6Only", ipv6Only) && host !== undefined && isIPv4(host))
    throw invalidValue(`ipv6Only cannot be used with the IPv4 address ${host}`);
  return { kind: "port", host, port, reusePort, ipv6Only };
}

function checkDatagramSocket(given: Socket | number): Socket | number {
  const socket = checkSocket(given);
  const type = typeof socket === "number" ? getsockopt(socket, SO.TYPE) : socket.type;
  if (type === SOCK.DGRAM || type === SOCK.RAW) return socket;
  throw invalidValue(`socket must be of SOCK.DGRAM or SOCK.RAW, not of type ${type}`);
}
