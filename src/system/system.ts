import type { Constants } from "./constants.ts";
import type { Bytes, ValueResult } from "./value-result.ts";

/**
 * One kind of network: the calls as the operating system has them, and its numbers. Every call returns what C's
 * would, or a negative errno; none throws, blocks the process's signals, or remembers anything.
 */
export interface System extends Calls {
  readonly name: "linux" | "scripted";
  readonly constants: Constants;
  /** C name to number: EADDRINUSE is 98 on Linux. */
  readonly errnos: Readonly<Record<string, number>>;
  /** The C name of a number; undefined where the system's headers have none. */
  errnoName(errno: number): string | undefined;
  /** C name of an option to its level and number; an option that is absent is one that the system lacks. */
  readonly options: Readonly<Record<string, OptionNumber>>;
  /** The options whose value points into the process's memory: raw bytes must not be handed to them. */
  readonly pointerOptions: readonly OptionNumber[];
  readonly sockaddr: SockaddrLayout;
  /** Room for one address, for the length of one call. */
  readonly address: ValueResult;
  /** Room for the value of one option, for the length of one call. */
  readonly option: ValueResult;
}

export interface OptionNumber {
  readonly level: number;
  readonly number: number;
}

export interface SockaddrLayout {
  /** BSD's sockaddr begins with its length in a byte, before the family. */
  readonly lengthByte: boolean;
  /** Bytes of sun_path. */
  readonly sunPathSize: number;
}

export interface Calls {
  accept(fd: number, address: ValueResult, flags: number): number;
  bind(fd: number, address: ValueResult): number;
  close(fd: number): number;
  connect(fd: number, address: ValueResult): number;
  getpeername(fd: number, address: ValueResult): number;
  getsockname(fd: number, address: ValueResult): number;
  getsockopt(fd: number, level: number, name: number, value: ValueResult): number;
  listen(fd: number, backlog: number): number;
  poll(entries: PollEntry[], timeout: number): number;
  recv(fd: number, buffer: Uint8Array, flags: number): number;
  recvfrom(fd: number, buffer: Uint8Array, flags: number, address: ValueResult): number;
  send(fd: number, buffer: Uint8Array, flags: number): number;
  sendto(fd: number, buffer: Uint8Array, flags: number, address: ValueResult): number;
  setsockopt(fd: number, level: number, name: number, value: ValueResult): number;
  shutdown(fd: number, how: number): number;
  sockatmark(fd: number): number;
  socket(domain: number, type: number, protocol: number): number;
  socketpair(domain: number, type: number, protocol: number, fds: Int32Array): number;

  /** Which file a descriptor is; null where it is not open. */
  identity(fd: number): FileIdentity | null;
  /** The number of a network interface; 0 where there is none of that name. */
  interfaceIndex(name: string): number;
  /** Connections that wait in a listener's accept queue, and its limit; undefined where the system cannot tell. */
  acceptQueue(fd: number): AcceptQueue | undefined;
}

export interface PollEntry {
  readonly fd: number;
  readonly events: number;
  revents: number;
}

export interface FileIdentity {
  readonly device: number;
  readonly inode: number;
}

/** The accept queue of a listener. */
export interface AcceptQueue {
  /** Connections that are established and wait to be accepted. */
  readonly pending: number;
  /** The backlog in force. Linux admits one connection more. */
  readonly limit: number;
}

export type { Bytes, Constants, ValueResult };
