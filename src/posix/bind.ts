import type { AddressInput } from "../address/address.ts";
import { encodeAddress, familyOf } from "../address/sockaddr.ts";
import {
  BadFileDescriptor,
  FileDescriptorNotASocket,
  FileNotFound,
  InputOutput,
  NameTooLong,
  NetworkSubsystemFailed,
  NotADirectory,
  SocketClosed,
  SymLinkLoop,
  SystemResources,
  Unexpected,
} from "../errors/entries.ts";
import { type ErrorOf, ErrorSet, type NameOf } from "../errors/error-set.ts";
import type { Result } from "../errors/result.ts";
import { unwrap } from "../errors/socket-error.ts";
import { readOption } from "../options/read-option.ts";
import { SO } from "../options/so.ts";
import { type Borrowed, borrow, type SocketLike } from "./borrow.ts";
import { aboutAddress, endpointOf } from "./endpoint.ts";
import { checkNetPermission } from "./net-permission.ts";
import { isBound, socketState } from "./socket-state.ts";

/** Everything `bind()` can fail with. */
export const bindErrors = new ErrorSet("bind", {
  AccessDenied: {
    codes: ["EACCES"],
    message: "The process may not bind to the address.",
    cases: {
      port: {
        message: "The port is privileged, or its holder has set SO.EXCLUSIVEADDRUSE (Windows).",
        advice: "On Linux, ports below net.ipv4.ip_unprivileged_port_start (1024) need CAP_NET_BIND_SERVICE.",
      },
      path: { message: "A directory in the path is not writable or not searchable." },
    },
  },
  AddressFamilyNotSupported: {
    codes: ["EAFNOSUPPORT", "EINVAL"],
    message: "The address family does not match the socket's.",
    advice: 'An AF.INET6 socket takes an IPv4 address as "::ffff:127.0.0.1".',
  },
  AddressInUse: {
    // macOS returns EEXIST for a path (unp_bind in bsd/kern/uipc_usrreq.c).
    codes: ["EADDRINUSE", "EEXIST"],
    message: "The address is in use.",
    cases: {
      port: {
        message: "The port is in use.",
        advice:
          "Choose another, or find its holder with `ss -lap`; after a restart, set SO.REUSEADDR before " +
          "bind().",
      },
      noPort: {
        message: "No port was given, and every port of the ephemeral range is in use.",
        advice: "The range is net.ipv4.ip_local_port_range.",
      },
      path: {
        message: "The path exists.",
        advice: "If it is a stale unix socket with no listener (`ss -lxp`), unlink it first.",
      },
      abstractName: {
        message: "Another socket has this abstract name.",
        advice: "Find its holder with `ss -lxp`; the name is free once that socket is closed.",
      },
    },
  },
  AddressNotAvailable: {
    codes: ["EADDRNOTAVAIL"],
    message: "The address is not local to this machine.",
  },
  AlreadyBound: {
    codes: ["EINVAL"],
    message: "The socket is already bound.",
  },
  AlreadyConnected: {
    codes: ["EINVAL", "EISCONN"],
    message: "The socket is already connected.",
    advice: "Call bind() before connect().",
  },
  BadFileDescriptor,
  ConnectionPending: {
    codes: ["EINVAL", "EALREADY", "EINPROGRESS"],
    message: "The socket is connecting, or an earlier bind() is still in progress.",
    advice: "Call bind() before connect().",
  },
  DeviceNotFound: {
    codes: ["ENODEV"],
    message: "No network interface has that scopeId.",
  },
  FileDescriptorNotASocket,
  FileNotFound,
  InputOutput,
  InvalidArgument: {
    codes: ["EINVAL", "EDESTADDRREQ", "EFAULT", "EISDIR"],
    message:
      "The address is not valid for this socket, such as a link-local one without its scopeId, or an " +
      "IPv4 one on an IPv6-only socket.",
  },
  NameTooLong,
  NetworkSubsystemFailed,
  NoSpaceLeft: {
    codes: ["ENOSPC", "EDQUOT"],
    message: "The file system has no space for the path, or the user's disk quota is exhausted.",
  },
  NotADirectory,
  OperationNotSupported: {
    codes: ["EOPNOTSUPP"],
    message: "This type of socket cannot be bound to an address.",
  },
  PermissionDenied: {
    codes: ["EPERM"],
    message:
      "The process lacks the privilege to bind to this address, or the path's file system does not " +
      "support sockets.",
  },
  ReadOnlyFileSystem: {
    codes: ["EROFS"],
    message: "The path is on a read-only file system.",
  },
  SocketClosed,
  SocketShutDown: {
    codes: ["EINVAL"],
    message: "The socket was connected and has since been shut down.",
    advice: "Bind a new one.",
  },
  SymLinkLoop,
  SystemResources: { ...SystemResources, codes: [...SystemResources.codes, "EAGAIN"] },
  Unexpected,
});

export type BindErrorName = NameOf<typeof bindErrors>;
export type BindError = ErrorOf<typeof bindErrors>;

/** Whether an error was thrown by `bind()`. */
export const isBindError = (error: unknown): error is BindError => bindErrors.has(error);

/**
 * Binds a socket to a local address.
 *
 * With port 0 the system picks a free port; read it with `getsockname()`. Binding to a unix path
 * creates a file, which remains after the socket is closed. On Linux, an empty unix path picks a
 * free name in the abstract namespace.
 *
 * @param socket the socket; if borrowed, the caller keeps ownership
 * @param address an address of the socket's family
 * @throws BindError named `AccessDenied`, `AddressFamilyNotSupported`, `AddressInUse`,
 * `AddressNotAvailable`, `AlreadyBound`, `AlreadyConnected`, `BadFileDescriptor`,
 * `ConnectionPending`, `DeviceNotFound`, `FileDescriptorNotASocket`, `FileNotFound`, `InputOutput`,
 * `InvalidArgument`, `NameTooLong`, `NetworkSubsystemFailed`, `NoSpaceLeft`, `NotADirectory`,
 * `OperationNotSupported`, `PermissionDenied`, `ReadOnlyFileSystem`, `SocketClosed`,
 * `SocketShutDown`, `SymLinkLoop`, `SystemResources` or `Unexpected`
 * @throws TypeError if the address is malformed
 * @throws RangeError if its port is out of range, or its path too long
 * @example
 * ```ts
 * using server = socket(AF.UNIX, SOCK.STREAM);
 * bind(server, { family: "unix", path: "\0berkeley-example" });
 * console.log(getsockname(server));
 * ```
 * @see [POSIX](https://pubs.opengroup.org/onlinepubs/9699919799/functions/bind.html)
 * @see [Linux](https://man7.org/linux/man-pages/man2/bind.2.html)
 * @see
 * [Apple](https://developer.apple.com/library/archive/documentation/System/Conceptual/ManPages_iPhoneOS/man2/bind.2.html)
 * @see [FreeBSD](https://man.freebsd.org/cgi/man.cgi?query=bind&sektion=2)
 * @see [Winsock](https://learn.microsoft.com/windows/win32/api/winsock2/nf-winsock2-bind)
 */
export function bind(socket: SocketLike, address: AddressInput): void {
  unwrap(tryBind(socket, address), bind);
}

/**
 * Like {@link bind}, but returns errors instead of throwing them. Still throws on a bad address.
 */
export function tryBind(socket: SocketLike, address: AddressInput): Result<void, BindError> {
  checkNetPermission(address);
  const borrowed = borrow(socket);
  const { system } = borrowed;
  const sockaddr = encodeAddress(address, system, system.address);
  // Only now: the address's getters may have closed the socket.
  const { fd } = borrowed;
  if (fd < 0) return bindErrors.fail(system, "SocketClosed", endpointOf(address));
  const returned = system.bind(fd, sockaddr);
  if (returned >= 0) return { ok: true, value: undefined };
  return bindErrors.failure(system, returned, {
    ask: () => whyInvalid(borrowed, familyOf(system, sockaddr)),
    where: () => endpointOf(address),
    about: aboutAddress(address),
  });
}

/** EINVAL has several causes; the address family and the socket's state distinguish them. */
function whyInvalid(borrowed: Borrowed, family: number): BindErrorName {
  const { AF } = borrowed.system.constants;
  const domain = readOption(borrowed.system, borrowed.fd, SO.DOMAIN);
  // Linux checks the length first, so a short address of another family is EINVAL (inet6_bind_sk
  // in net/ipv6/af_inet6.c). It treats AF_UNSPEC as AF_INET (inet_bind_sk in net/ipv4/af_inet.c).
  const isOfFamily = family === domain || (family === AF.UNSPEC && domain === AF.INET);
  if (domain !== undefined && !isOfFamily) return "AddressFamilyNotSupported";
  // A unix socket may be bound while connected, and a netlink socket is always connected.
  const isIp = domain === AF.INET || domain === AF.INET6;
  const state = isIp ? socketState(borrowed) : "not connected";
  switch (state) {
    case "connected":
      return "AlreadyConnected";
    case "connecting":
      return "ConnectionPending";
    case "shut down":
      return "SocketShutDown";
    default:
      return isBound(borrowed) ? "AlreadyBound" : "InvalidArgument";
  }
}
