// Code that must, and code that must not, compile; it is never run.
import { rawOption } from "../options/raw.ts";
import { SO } from "../options/so.ts";
import { TCP } from "../options/tcp.ts";
import { type SetsockoptError, setsockopt, trySetsockopt } from "./setsockopt.ts";

declare const fd: number;

export function takesTheOptionsType(): void {
  setsockopt(fd, SO.REUSEADDR, true);
  setsockopt(fd, SO.LINGER, { on: true, seconds: 0 });
  setsockopt(fd, SO.RCVTIMEO, 1500.5);
  setsockopt(fd, SO.DETACH_FILTER, true);
  setsockopt(fd, TCP.CONGESTION, "reno");
  setsockopt(fd, TCP.MD5SIG, {
    address: { family: "ipv4", address: "192.0.2.1", port: 0 },
    key: new Uint8Array(16),
  });
  setsockopt(fd, rawOption(6, 1), new Uint8Array(4));
}

export function refusesWhatItIsNot(): void {
  // @ts-expect-error it can only be read
  setsockopt(fd, SO.ACCEPTCONN, true);
  // @ts-expect-error it can only be read
  trySetsockopt(fd, TCP.INFO, {});
  // @ts-expect-error a string is not a flag
  setsockopt(fd, SO.REUSEADDR, "yes");
  // @ts-expect-error nor is a number
  setsockopt(fd, SO.REUSEADDR, 1);
  // @ts-expect-error a flag is not a number
  setsockopt(fd, SO.RCVBUF, true);
  // @ts-expect-error a filter cannot be "not detached"
  setsockopt(fd, SO.DETACH_FILTER, false);
  // @ts-expect-error a field is missing
  setsockopt(fd, SO.LINGER, { on: true });
  // @ts-expect-error a value is needed
  setsockopt(fd, SO.REUSEADDR);
  // @ts-expect-error raw options take bytes
  setsockopt(fd, rawOption(6, 1), 1);
  const address = { family: "ipv4", address: "192.0.2.0", port: 0 };
  // @ts-expect-error only MD5SIG_EXT takes a prefix
  setsockopt(fd, TCP.MD5SIG, { address, key: new Uint8Array(16), prefixLength: 24 });
}

export function isExhaustive(error: SetsockoptError): string {
  switch (error.name) {
    case "AccessDenied":
    case "AddressInUse":
    case "AddressNotAvailable":
    case "AlreadyConnected":
    case "AlreadyExists":
    case "BadFileDescriptor":
    case "DeviceNotFound":
    case "FileDescriptorNotASocket":
    case "InvalidArgument":
    case "NetworkSubsystemFailed":
    case "NotFound":
    case "OptionNotSupported":
    case "PermissionDenied":
    case "ResourceBusy":
    case "SocketClosed":
    case "SocketNotConnected":
    case "SystemResources":
    case "TimeoutTooBig":
    case "Unexpected":
      return error.message;
    default:
      return error satisfies never;
  }
}
