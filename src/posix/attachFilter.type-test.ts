// Code that must, and code that must not, compile; it is never run.
import { same } from "../../test/same-type.ts";
import type { Result } from "../errors/result.ts";
import { type AttachFilterError, attachFilter, type tryAttachFilter } from "./attachFilter.ts";
import { type AttachReuseportFilterError, attachReuseportFilter } from "./attachReuseportFilter.ts";
import { BPF, type FilterInstruction } from "./bpf.ts";
import { type DetachFilterError, detachFilter } from "./detachFilter.ts";

declare const fd: number;

export function takesInstructions(): void {
  const all = BPF.return(0xffff);
  same<typeof all, FilterInstruction>(true);
  attachFilter(fd, [all, { code: 6, jt: 0, jf: 0, k: 0 }]);
  attachReuseportFilter(fd, [all]);
  detachFilter(fd);
  same<ReturnType<typeof attachFilter>, void>(true);
  same<ReturnType<typeof tryAttachFilter>, Result<void, AttachFilterError>>(true);
  // @ts-expect-error a program is an array
  attachFilter(fd, all);
  // @ts-expect-error an instruction has jumps, too
  attachFilter(fd, [{ code: 6, k: 0 }]);
  // @ts-expect-error bytes are no instructions
  attachReuseportFilter(fd, new Uint8Array(8));
  // @ts-expect-error there is one filter to detach
  detachFilter(fd, [all]);
}

export function areExhaustive(
  attach: AttachFilterError,
  choose: AttachReuseportFilterError,
  detach: DetachFilterError,
): string {
  switch (detach.name) {
    case "BadFileDescriptor":
    case "FileDescriptorNotASocket":
    case "InvalidArgument":
    case "NotFound":
    case "OptionNotSupported":
    case "PermissionDenied":
    case "SocketClosed":
    case "SystemResources":
    case "Unexpected":
      break;
    default:
      return detach satisfies never;
  }
  // @ts-expect-error no call of these would block
  if (attach.name === "WouldBlock") return "";
  // @ts-expect-error nor does this
  if (choose.name === "WouldBlock") return "";
  return attach.message;
}
