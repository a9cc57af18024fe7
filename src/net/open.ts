import type { AddressInput } from "../address/address.ts";
import { isIPv6 } from "../address/is-ip.ts";
import { defined } from "../invariant.ts";
import { IPV6 } from "../options/ipv6.ts";
import { rawOption } from "../options/raw.ts";
import { SO } from "../options/so.ts";
import { bind } from "../posix/bind.ts";
import { tryClose } from "../posix/close.ts";
import { Socket } from "../posix/owned-socket.ts";
import { setsockopt, trySetsockopt } from "../posix/setsockopt.ts";
import { preparedSocket, socket } from "../posix/socket.ts";
import type { System } from "../system/system.ts";
import type { AnyOptionValues } from "./options/listen-options.ts";

/** Settings for a socket before it is bound. */
export interface SocketSetUp {
  readonly options: AnyOptionValues;
  /**
   * A server may bind its address again while connections of its last run linger there, but must
   * never take it from another server.
   */
  readonly server?: "exclusive" | "not exclusive" | undefined;
  readonly reusePort?: boolean;
  readonly ipv6Only?: boolean | undefined;
  /** Whether the socket is being prepared for an engine, and only this package has it. */
  readonly prepared?: boolean;
}

/** An IP address in text form, and a port. */
export function ipAddress(address: string, port: number): AddressInput & { readonly address: string } {
  return { family: isIPv6(address) ? "ipv6" : "ipv4", address, port };
}

/**
 * Creates a non-blocking socket of the address's family, sets it up, and passes it to `then`.
 * Closes it if any of that throws.
 */
export function openSocket(
  system: System,
  address: AddressInput,
  type: number,
  setUp: SocketSetUp,
  then: (opened: Socket) => void = () => {},
): Socket {
  const family = familyOf(system, address);
  const opened = setUp.prepared
    ? preparedSocket(system, family, type)
    : socket(family, type, 0, { nonblocking: true, system });
  try {
    setOptions(opened, setUp);
    then(opened);
    return opened;
  } catch (error) {
    tryClose(opened);
    throw error;
  }
}

/** The same, and binds it to the address. */
export function openBound(
  system: System,
  address: AddressInput,
  type: number,
  setUp: SocketSetUp,
  then: (bound: Socket) => void = () => {},
): Socket {
  return openSocket(system, address, type, setUp, (opened) => {
    bind(opened, address);
    then(opened);
  });
}

/** An existing socket, which now owns its descriptor. */
export function adopted(system: System, given: Socket | number): Socket {
  return typeof given === "number" ? Socket.from(given, { system }) : given;
}

/** Options for an existing socket. */
export function setOptionValues(opened: Socket, options: AnyOptionValues): void {
  for (const [option, value] of options) setsockopt(opened, option, value);
}

function familyOf({ constants: { AF } }: System, address: AddressInput): number {
  if (address.family === "unix") return AF.UNIX;
  if (address.family === "vsock") return defined(AF.VSOCK, "the address could not be encoded otherwise");
  return address.family === "ipv6" ? AF.INET6 : AF.INET;
}

function setOptions(opened: Socket, { options, server, reusePort = false, ipv6Only }: SocketSetUp) {
  const { AF } = opened.system.constants;
  if (opened.domain === AF.INET6 && ipv6Only !== undefined) setsockopt(opened, IPV6.V6ONLY, ipv6Only);
  if (server !== undefined && opened.domain !== AF.UNIX) setReuse(opened, server);
  if (reusePort) setsockopt(opened, SO.REUSEPORT, true);
  setOptionValues(opened, options);
}

/**
 * SO_REUSEADDR lets a server restart while connections of its last run are in TIME_WAIT. Windows
 * needs no option for that, and there SO_REUSEADDR would take the port away from its owner;
 * SO_EXCLUSIVEADDRUSE prevents others from doing so.
 */
function setReuse(opened: Socket, server: "exclusive" | "not exclusive") {
  const exclusive = opened.system.options.SO_EXCLUSIVEADDRUSE;
  if (exclusive === undefined) setsockopt(opened, SO.REUSEADDR, true);
  else if (server === "exclusive") {
    // A C int there.
    trySetsockopt(opened, rawOption(exclusive.level, exclusive.number), Uint8Array.of(1, 0, 0, 0));
  }
}
