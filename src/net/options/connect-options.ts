import type { AddressInput } from "../../address/address.ts";
import { isIP } from "../../address/is-ip.ts";
import { encodeAddress } from "../../address/sockaddr.ts";
import {
  argumentType,
  checkObject,
  integer,
  invalidString,
  invalidValue,
  kind,
  outOfRange,
  quoted,
} from "../../errors/argument.ts";
import { SO } from "../../options/so.ts";
import { SOCK } from "../../posix/constants.ts";
import { getpeername } from "../../posix/getpeername.ts";
import { getsockopt } from "../../posix/getsockopt.ts";
import type { Socket } from "../../posix/owned-socket.ts";
import { currentSystem } from "../../system/current.ts";
import { checkWait, type WaitOptions } from "../abort.ts";
import {
  type AnyOptionValues,
  checkBusyPoll,
  checkHost,
  checkOptionValues,
  checkPath,
  checkSocket,
  type SocketSettings,
} from "./listen-options.ts";
import { NOT_OF_CONNECT, refuseOptionsOfOthers } from "./options-of-others.ts";

/**
 * Options of `connect()` for every kind of address: `signal` and `timeout` abort the whole attempt.
 */
export interface ConnectSettings<Values extends readonly unknown[]>
  extends SocketSettings<Values>,
    WaitOptions {}

/** A port of a host to connect to. */
export interface ConnectToPort<Values extends readonly unknown[] = readonly unknown[]>
  extends ConnectSettings<Values> {
  /** An address, or a name to look up; `"localhost"` by default. */
  readonly host?: string | undefined;
  /** 1 to 65535. */
  readonly port: number;
  /** Restricts the addresses to this family: 4 or 6. Both by default. */
  readonly family?: 4 | 6 | undefined;
  /** An address of this host to connect from. Only addresses of its family are tried. */
  readonly localAddress?: string | undefined;
  /** The port to connect from, 0 to 65535; 0, the default, chooses a free one. */
  readonly localPort?: number | undefined;
  readonly path?: undefined;
  readonly address?: undefined;
  readonly socket?: undefined;
}

/** A unix socket to connect to. */
export interface ConnectToPath<Values extends readonly unknown[] = readonly unknown[]>
  extends ConnectSettings<Values> {
  /** A path in the file system, or, with a leading `"\0"`, a name in Linux's abstract namespace. */
  readonly path: string | Uint8Array;
  readonly host?: undefined;
  readonly port?: undefined;
  readonly family?: undefined;
  readonly localAddress?: undefined;
  readonly localPort?: undefined;
  readonly address?: undefined;
  readonly socket?: undefined;
}

/** An address to connect to, as calls return it: `listener.address`. */
export interface ConnectToAddress<Values extends readonly unknown[] = readonly unknown[]>
  extends ConnectSettings<Values> {
  /** An IP address and port, or the address of a unix socket. */
  readonly address: AddressInput;
  readonly host?: undefined;
  readonly port?: undefined;
  readonly family?: undefined;
  readonly localAddress?: undefined;
  readonly localPort?: undefined;
  readonly path?: undefined;
  readonly socket?: undefined;
}

/** An existing, connected socket. */
export interface ConnectOnSocket<Values extends readonly unknown[] = readonly unknown[]>
  extends ConnectSettings<Values> {
  /**
   * A connected Socket of type SOCK.STREAM, or a descriptor number: from `accept()` or
   * `socketpair()`, inherited, or passed by another process. It is closed with the Connection.
   */
  readonly socket: Socket | number;
  readonly host?: undefined;
  readonly port?: undefined;
  readonly family?: undefined;
  readonly localAddress?: undefined;
  readonly localPort?: undefined;
  readonly path?: undefined;
  readonly address?: undefined;
}

/** Where and how `connect()` connects. */
export type ConnectOptions<Values extends readonly unknown[] = readonly unknown[]> =
  | ConnectToPort<Values>
  | ConnectToPath<Values>
  | ConnectToAddress<Values>
  | ConnectOnSocket<Values>;

/** Validated address of `connect()`, read once. */
export type ConnectEndpoint = PortEndpoint | { readonly kind: "address"; readonly address: AddressInput };

/** A connected socket. A number belongs to the caller until it is adopted. */
export interface ConnectedSocket {
  readonly kind: "socket";
  readonly socket: Socket | number;
}

interface PortEndpoint {
  readonly kind: "port";
  readonly host: string;
  readonly port: number;
  readonly family: 0 | 4 | 6;
  readonly localAddress: string | undefined;
  readonly localPort: number;
}

/** Validated options of `connect()`, each read once. */
export interface CheckedConnectOptions extends SocketSettings<readonly unknown[]> {
  readonly endpoint: ConnectEndpoint | ConnectedSocket;
  readonly options: AnyOptionValues;
  readonly wait: WaitOptions;
}

export function checkConnectOptions<Values extends readonly unknown[]>(
  options: ConnectOptions<Values>,
): CheckedConnectOptions {
  checkObject("options", "{ host?, port }, { path }, { address } or { socket }", options);
  refuseOptionsOfOthers("connect()", options, NOT_OF_CONNECT);
  const { signal, timeout, engine } = options;
  const busyPoll = checkBusyPoll(options.busyPoll);
  const wait = { signal, timeout };
  checkWait(wait);
  return {
    endpoint: checkEndpoint(options),
    options: checkOptionValues(options.options),
    wait,
    engine,
    busyPoll,
  };
}

function checkEndpoint(options: ConnectOptions): ConnectEndpoint | ConnectedSocket {
  const given = (["port", "path", "address", "socket"] as const).filter(
    (name) => options[name] !== undefined,
  );
  if (given.length !== 1)
    throw invalidValue(`pass one of port, path, address and socket, not ${given.join(" and ") || "none"}`);
  if (options.port === undefined) {
    for (const name of ["host", "family", "localAddress", "localPort"] as const)
      if (options[name] !== undefined)
        throw invalidValue(`${name} goes with a port, not with ${given.join()}`);
  }
  if (options.socket !== undefined) return { kind: "socket", socket: checkConnected(options.socket) };
  if (options.address !== undefined) return { kind: "address", address: checkAddress(options.address) };
  if (options.path !== undefined)
    return { kind: "address", address: checkAddress({ family: "unix", path: checkPath(options.path) }) };
  const { host = "localhost", port, family = 0, localAddress, localPort = 0 } = options;
  checkHost("host", host);
  integer("port", port, 1, 0xffff);
  checkHost("localAddress", localAddress);
  integer("localPort", localPort, 0, 0xffff);
  if (typeof family !== "number") throw argumentType(`family must be 4 or 6, not ${kind(family)}`);
  if (family !== 0 && family !== 4 && family !== 6)
    throw outOfRange(`family must be 4 or 6, not ${String(family)}`);
  checkFamilies({ host, localAddress, family });
  return { kind: "port", host, port, family, localAddress, localPort };
}

/** Throws a TypeError or GetpeernameError, with the socket left as it is. */
function checkConnected(given: Socket | number): Socket | number {
  const socket = checkSocket(given);
  const type = getsockopt(socket, SO.TYPE);
  if (type !== SOCK.STREAM) {
    const what = Object.entries(SOCK).find(([, number]) => number === type)?.[0] ?? type;
    throw argumentType(`socket must be of type SOCK.STREAM, not ${kind(given)} of type ${what}`);
  }
  if (getsockopt(socket, SO.ACCEPTCONN))
    throw invalidValue("socket is listening, not connected: pass it to listen()");
  getpeername(socket);
  return socket;
}

/** If the families of two addresses differ, no address could be connected to. */
function checkFamilies({
  host,
  localAddress,
  family,
}: Pick<PortEndpoint, "host" | "localAddress" | "family">) {
  const local = localAddress === undefined ? 0 : isIP(localAddress);
  if (localAddress !== undefined && local === 0)
    throw invalidValue(`localAddress must be an address of this host, not ${JSON.stringify(localAddress)}`);
  const said = Object.entries({ host: isIP(host), localAddress: local, family }).filter(([, ip]) => ip !== 0);
  if (new Set(said.map(([, ip]) => ip)).size > 1)
    throw invalidValue(
      `${said.map(([what, ip]) => `${what} is of IPv${ip}`).join(", ")}: all must be of one family`,
    );
}

export function checkAddress(address: AddressInput): AddressInput {
  checkObject("address", "an address", address);
  const { family } = address;
  if (typeof family !== "string" || !/^(ipv4|ipv6|unix|vsock)$/i.test(family))
    throw invalidString(
      family,
      `address must be of IPv4, IPv6, vsock or a unix socket, not of ${quoted(family)}`,
    );
  // Node spells the family in mixed case; ours is in lower case.
  const checked = copied(address, family.toLowerCase());
  const system = currentSystem();
  encodeAddress(checked, system, system.address);
  return checked;
}

/** Reads every field: those of a net.SocketAddress, or another class, are getters. */
function copied(given: AddressInput, family: string): AddressInput {
  if (family === "unix" && "path" in given) return { family, path: given.path };
  if (family === "vsock" && "cid" in given && "port" in given)
    return { family, cid: given.cid, port: given.port, flags: given.flags ?? 0 };
  if ("address" in given && "port" in given) {
    const { address, port } = given;
    if (family !== "ipv6") return { family, address, port };
    const { flowlabel = 0, scopeId = 0 } = given;
    return { family, address, port, flowlabel, scopeId };
  }
  return { ...given, family } as AddressInput;
}
