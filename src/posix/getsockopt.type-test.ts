// Code that must, and code that must not, compile; it is never run.
import { same } from "../../test/same-type.ts";
import type { Result } from "../errors/result.ts";
import type { PendingError } from "../options/pending-error.ts";
import { rawOption } from "../options/raw.ts";
import { SCTP } from "../options/sctp.ts";
import { SO } from "../options/so.ts";
import type { Credentials } from "../options/structures/credentials.ts";
import type { Linger } from "../options/structures/linger.ts";
import type { SctpStatus } from "../options/structures/sctp.ts";
import type { TcpInfo } from "../options/structures/tcp-info.ts";
import { TCP } from "../options/tcp.ts";
import { type GetsockoptError, getsockopt, tryGetsockopt } from "./getsockopt.ts";

declare const fd: number;

export function returnsTheOptionsType(): void {
  const flag = getsockopt(fd, SO.REUSEADDR);
  same<typeof flag, boolean>(true);
  const number = getsockopt(fd, SO.RCVBUF);
  same<typeof number, number>(true);
  const cookie = getsockopt(fd, SO.COOKIE);
  same<typeof cookie, bigint>(true);
  const text = getsockopt(fd, TCP.CONGESTION);
  same<typeof text, string>(true);
  const linger = getsockopt(fd, SO.LINGER);
  same<typeof linger, Linger>(true);
  const peer = getsockopt(fd, SO.PEERCRED);
  same<typeof peer, Credentials>(true);
  const groups = getsockopt(fd, SO.PEERGROUPS);
  same<typeof groups, readonly number[]>(true);
  const error = getsockopt(fd, SO.ERROR);
  same<typeof error, PendingError | null>(true);
  const info = getsockopt(fd, TCP.INFO);
  same<typeof info, TcpInfo>(true);
  same<typeof info.rtt, number>(true);
  same<typeof info.delivered, number | undefined>(true);
  const raw = getsockopt(fd, rawOption(6, 1));
  same<typeof raw, Uint8Array>(true);
  const result = tryGetsockopt(fd, SO.REUSEADDR);
  same<typeof result, Result<boolean, GetsockoptError>>(true);
  const status = getsockopt(fd, SCTP.STATUS, { assocId: 3 });
  same<typeof status, SctpStatus>(true);
  const ofOne = tryGetsockopt(fd, SCTP.STATUS);
  same<typeof ofOne, Result<SctpStatus, GetsockoptError>>(true);
  // @ts-expect-error a boolean is not a number: `same` can fail
  same<typeof flag, number>(true);
}

export function refusesWhatCannotBeRead(): void {
  // @ts-expect-error it can only be set
  getsockopt(fd, SO.ATTACH_BPF);
  // @ts-expect-error it can only be set
  tryGetsockopt(fd, TCP.MD5SIG);
  // @ts-expect-error a name is not an option
  getsockopt(fd, "SO_REUSEADDR");
  // @ts-expect-error a socket comes first
  getsockopt(SO.REUSEADDR);
}

export function refusesWrongQueries(): void {
  // @ts-expect-error it takes no query
  getsockopt(fd, SO.REUSEADDR, { assocId: 3 });
  // @ts-expect-error it needs one
  getsockopt(fd, SCTP.GET_PEER_ADDR_INFO);
  // @ts-expect-error it needs an address
  getsockopt(fd, SCTP.GET_PEER_ADDR_INFO, { assocId: 3 });
  // @ts-expect-error a number is none
  tryGetsockopt(fd, SCTP.STATUS, 3);
}

export function isExhaustive(pending: PendingError, error: GetsockoptError): string {
  switch (pending.name) {
    case "ConnectionRefused":
    case "ConnectionTimedOut":
      return pending.code;
    default:
      // @ts-expect-error not all names are handled
      pending satisfies never;
  }
  switch (error.name) {
    case "AccessDenied":
    case "AddressNotAvailable":
    case "BadFileDescriptor":
    case "DeviceNotFound":
    case "FileDescriptorNotASocket":
    case "InvalidArgument":
    case "NetworkSubsystemFailed":
    case "NotFound":
    case "OptionNotSupported":
    case "PermissionDenied":
    case "ProcessFdQuotaExceeded":
    case "SocketClosed":
    case "SocketNotConnected":
    case "SystemFdQuotaExceeded":
    case "SystemResources":
    case "Unexpected":
      return error.message;
    default:
      return error satisfies never;
  }
}
