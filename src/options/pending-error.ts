import {
  ConnectionAborted,
  ConnectionResetByPeer,
  ConnectionTimedOut,
  HostUnreachable,
  NetworkSubsystemFailed,
  NetworkUnreachable,
  ProtocolFailure,
  SystemResources,
  Unexpected,
} from "../errors/entries.ts";
import { type ErrorOf, ErrorSet, type NameOf } from "../errors/error-set.ts";
import type { ReadCodec } from "./option.ts";

/**
 * Everything that can be pending on a socket: how a connection ended, or what a router or a host
 * answered to an earlier message (icmp_err_convert in net/ipv4/icmp.c, tab_unreach in
 * net/ipv6/icmp.c, tcp_reset in net/ipv4/tcp_input.c).
 */
export const pendingErrors = new ErrorSet("SO_ERROR", {
  AccessDenied: {
    codes: ["EACCES"],
    message: "A router's policy forbids messages to the address.",
  },
  BrokenPipe: {
    codes: ["EPIPE"],
    message: "The peer reset the connection after it had stopped sending.",
  },
  ConnectionAborted,
  ConnectionRefused: {
    codes: ["ECONNREFUSED"],
    message: "Nobody listens on the address.",
  },
  ConnectionResetByPeer,
  ConnectionTimedOut,
  HostUnreachable,
  MessageTooBig: {
    codes: ["EMSGSIZE"],
    message: "An earlier message was longer than the path to the address takes.",
  },
  NetworkSubsystemFailed,
  NetworkUnreachable,
  OperationNotSupported: {
    codes: ["EOPNOTSUPP"],
    message: "The source route of an earlier message failed.",
  },
  PermissionDenied: {
    codes: ["EPERM"],
    message: "A firewall rule or a security policy of this system forbids the message.",
  },
  ProtocolFailure,
  SystemResources,
  Unexpected,
});

export type PendingErrorName = NameOf<typeof pendingErrors>;
/** What `getsockopt(socket, SO.ERROR)` gives, where it is not null. */
export type PendingError = ErrorOf<typeof pendingErrors>;

/** A C int: 0, or an errno. */
export const pendingError: ReadCodec<PendingError | null> = {
  size: 4,
  decode({ ints }, system) {
    const errno = ints[0] ?? 0;
    return errno === 0 ? null : pendingErrors.failure(system, -errno).error;
  },
};
