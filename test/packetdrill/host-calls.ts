// Runs a script's calls: on the System of the kernel or of a simulated host, plus calls that a
// System lacks.
import type { System } from "../../src/system/system.ts";

export interface HostCalls {
  readonly system: System;
  /** fcntl() with an int; a negative errno if it fails. */
  fcntl(fd: number, command: number, argument: number): number;
  /** ioctl() of a request that reports one int. */
  ioctl(fd: number, request: number): { readonly returned: number; readonly value: number };
  /** send() or recv() with a NULL pointer, which a System cannot be given. */
  transferNull(operation: "send" | "receive", fd: number, length: number, flags: number): number;
  epollCreate(): number;
  epollCtl(epoll: number, operation: number, fd: number, event: EpollEvent): number;
  epollWait(epoll: number, count: number, timeout: number): number | readonly EpollEvent[];
}

export interface EpollEvent {
  readonly events: number;
  /** The low 32 bits of epoll_data_t. */
  readonly data: number;
}

/** A call with the machine's own numbers, which a thread of its own can make as well. */
export type RawCall =
  | { readonly name: "socket"; readonly domain: number; readonly type: number; readonly protocol: number }
  | { readonly name: "bind" | "connect"; readonly fd: number; readonly address: Uint8Array }
  | { readonly name: "accept"; readonly fd: number; readonly flags: number }
  | { readonly name: "listen"; readonly fd: number; readonly backlog: number }
  | { readonly name: "shutdown"; readonly fd: number; readonly how: number }
  | { readonly name: "close"; readonly fd: number }
  | { readonly name: "getpeername"; readonly fd: number }
  | { readonly name: "receive"; readonly fd: number; readonly size: number; readonly flags: number }
  | {
      readonly name: "transfer null";
      readonly operation: "send" | "receive";
      readonly fd: number;
      readonly length: number;
      readonly flags: number;
    }
  | {
      readonly name: "recvmsg";
      readonly fd: number;
      readonly sizes: readonly number[];
      readonly flags: number;
      readonly controlSize: number;
    }
  | {
      readonly name: "send";
      readonly fd: number;
      readonly pieces: readonly Uint8Array[];
      readonly flags: number;
      readonly address: Uint8Array | undefined;
      readonly control: Uint8Array | undefined;
    }
  | {
      readonly name: "getsockopt";
      readonly fd: number;
      readonly level: number;
      readonly option: number;
      readonly size: number;
    }
  | {
      readonly name: "setsockopt";
      readonly fd: number;
      readonly level: number;
      readonly option: number;
      readonly value: Uint8Array;
    }
  | { readonly name: "poll"; readonly entries: readonly PollRequest[]; readonly timeout: number }
  | { readonly name: "fcntl"; readonly fd: number; readonly command: number; readonly argument: number }
  | { readonly name: "ioctl"; readonly fd: number; readonly request: number }
  | { readonly name: "epoll_create" }
  | {
      readonly name: "epoll_ctl";
      readonly epoll: number;
      readonly operation: number;
      readonly fd: number;
      readonly event: EpollEvent;
    }
  | { readonly name: "epoll_wait"; readonly epoll: number; readonly count: number; readonly timeout: number };

export interface PollRequest {
  readonly fd: number;
  readonly events: number;
}

/** The result of a call, and the data that it wrote into its caller's memory. */
export interface RawResult {
  /** The result, or a negative errno. */
  readonly returned: number;
  /** Received data, or an option's value, cut to their length. */
  readonly bytes?: Uint8Array;
  readonly address?: Uint8Array;
  readonly control?: Uint8Array;
  /** msg_flags. */
  readonly flags?: number;
  /** The results of ioctl(). */
  readonly value?: number;
  readonly revents?: readonly number[];
  readonly events?: readonly EpollEvent[];
}
