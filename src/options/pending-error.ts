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
 * Every error that can be pending on a socket: how a connection ended, or the reply of a router or
 * host to an earlier message (icmp_err_convert in net/ipv4/icmp.c, tab_unreach in net/ipv6/icmp.c,
 * tcp_reset in net/ipv4/tcp_input.c).
 */
export const pendingErrors = new ErrorSet("SO_ERROR", {
  AccessDenied: {
    codes: ["EACCES"],
    message: "A router's policy prohibits messages to the address.",
  },
  BrokenPipe: {
    codes: ["EPIPE"],
    message: "The peer stopped sending, then reset the connection.",
  },
  ConnectionAborted,
  ConnectionRefused: {
    codes: ["ECONNREFUSED"],
    message: "No socket is listening on the address.",
  },
  ConnectionResetByPeer,
  ConnectionTimedOut,
  HostUnreachable,
  MessageTooBig: {
    codes: ["EMSGSIZE"],
    message: "An earlier message was larger than the path MTU.",
  },
  NetworkSubsystemFailed,
  NetworkUnreachable,
  OperationNotSupported: {
    codes: ["EOPNOTSUPP"],
    message: "The source route of an earlier message failed.",
  },
  PermissionDenied: {
    codes: ["EPERM"],
    message: "A local firewall rule or security policy blocked the message.",
  },
  ProtocolFailure,
  SystemResources,
  Unexpected,
});

export type PendingErrorName = NameOf<typeof pendingErrors>;
/** The type of `getsockopt(socket, SO.ERROR)` when it is not null. */
export type PendingError = ErrorOf<typeof pendingErrors>;

/** A C int: 0, or an errno. */
export const pendingError: ReadCodec<PendingError | null> = {
  size: 4,
  decode({ ints }, system) {
    const errno = ints[0] ?? 0;
    return errno === 0 ? null : pendingErrors.failure(system, -errno).error;
  },
};
