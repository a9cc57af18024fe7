// Code that must, and code that must not, compile; it is never run.
import { same } from "../../test/same-type.ts";
import type { Result } from "../errors/result.ts";
import { SO } from "../options/so.ts";
import { getsockopt } from "./getsockopt.ts";
import { type IoctlError, ioctl, tryIoctl } from "./ioctl.ts";
import type { HardwareAddress } from "./ioctl-request.ts";
import { FIO, SIOC } from "./sioc.ts";

declare const fd: number;

export function returnsTheRequestsType(): void {
  const bytes = ioctl(fd, FIO.NREAD);
  same<typeof bytes, number>(true);
  const atMark = ioctl(fd, SIOC.ATMARK);
  same<typeof atMark, boolean>(true);
  const address = ioctl(fd, SIOC.GIFADDR, "lo");
  same<typeof address, string>(true);
  const hardware = ioctl(fd, SIOC.GIFHWADDR, "lo");
  same<typeof hardware, HardwareAddress>(true);
  const name = ioctl(fd, SIOC.GIFNAME, 1);
  same<typeof name, string>(true);
  const stamp = ioctl(fd, SIOC.GSTAMPNS);
  same<typeof stamp, bigint>(true);
  const result = tryIoctl(fd, SIOC.GIFMTU, "lo");
  same<typeof result, Result<number, IoctlError>>(true);
  const set = ioctl(fd, SIOC.SIFMTU, "lo", 1500);
  same<typeof set, void>(true);
}

export function takesTheRequestsArgument(): void {
  // @ts-expect-error it takes the name of an interface
  ioctl(fd, SIOC.GIFMTU);
  // @ts-expect-error it takes a name, not an index
  ioctl(fd, SIOC.GIFMTU, 1);
  // @ts-expect-error it takes an index, not a name
  ioctl(fd, SIOC.GIFNAME, "lo");
  // @ts-expect-error it takes nothing
  ioctl(fd, SIOC.OUTQ, 1);
  // @ts-expect-error it takes a value
  ioctl(fd, SIOC.SIFMTU, "lo");
  // @ts-expect-error its value is an address
  ioctl(fd, SIOC.SIFADDR, "lo", 1);
  // @ts-expect-error it takes one name
  tryIoctl(fd, SIOC.GIFMTU, "lo", "eth0");
  // @ts-expect-error a number is not a request
  ioctl(fd, 0x541b);
  // @ts-expect-error an option is not a request
  ioctl(fd, SO.TYPE);
  // @ts-expect-error a request is not an option
  getsockopt(fd, SIOC.OUTQ);
}

export function isExhaustive(error: IoctlError): string {
  switch (error.name) {
    case "AddressNotAvailable":
    case "AlreadyExists":
    case "BadFileDescriptor":
    case "DeviceNotFound":
    case "FileDescriptorNotASocket":
    case "InvalidArgument":
    case "NetworkSubsystemFailed":
    case "NotFound":
    case "OperationNotSupported":
    case "PermissionDenied":
    case "ProcessNotFound":
    case "ResourceBusy":
    case "SocketClosed":
    case "SystemResources":
    case "Unexpected":
      return error.message;
    default:
      return error satisfies never;
  }
}
