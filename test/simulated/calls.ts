import {
  encodeSockaddr,
  internetAddress,
  readSockaddr,
  unixAddress,
} from "../../src/simulated/host/sockaddr.ts";
import type { MessageHeader, System } from "../../src/system/system.ts";
import { LENGTH_SIZE, ValueResult } from "../../src/system/value-result.ts";

/** A ValueResult that holds these bytes, with room for more. */
export function valueResult(bytes: Uint8Array, capacity = Math.max(bytes.length, 1)): ValueResult {
  const value = new ValueResult(new ArrayBuffer(LENGTH_SIZE + capacity));
  value.bytes.set(bytes);
  value.length = bytes.length;
  return value;
}

/** An address as the calls take it: `"10.0.0.1:80"`, `"[::1]:80"`, or the path of a unix socket. */
export function addressOf(text: string): ValueResult {
  const internet = /^\[?([0-9a-f.:]+?)\]?:(\d+)$/.exec(text);
  if (internet?.[1] !== undefined) {
    return valueResult(encodeSockaddr(internetAddress(internet[1], Number(internet[2]))), 128);
  }
  return valueResult(encodeSockaddr(unixAddress(new TextEncoder().encode(text))), 128);
}

/** The same, read back. */
export function textOf(value: ValueResult): string {
  const { address, port, data } = readSockaddr(value);
  if (address === "") return new TextDecoder().decode(data);
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

/** The calls of a System with text for addresses and data, for short tests. */
export class Calls {
  readonly system: System;

  constructor(system: System) {
    this.system = system;
  }

  bind = (fd: number, address: string): number => this.system.bind(fd, addressOf(address));
  connect = (fd: number, address: string): number => this.system.connect(fd, addressOf(address));
  send = (fd: number, data: string, flags = 0): number =>
    this.system.send(fd, new TextEncoder().encode(data), flags);
  sendTo = (fd: number, data: string, address: string, flags = 0): number =>
    this.system.sendto(fd, new TextEncoder().encode(data), flags, addressOf(address));

  /** The text received, or a negative errno. */
  recv = (fd: number, size = 65_536, flags = 0): string | number => {
    const buffer = new Uint8Array(size);
    const received = this.system.recv(fd, buffer, flags);
    return received < 0 ? received : new TextDecoder().decode(buffer.subarray(0, received));
  };

  /** The text received and its sender, or a negative errno. */
  recvFrom = (fd: number, flags = 0): readonly [data: string, from: string] | number => {
    const buffer = new Uint8Array(65_536);
    const address = valueResult(new Uint8Array(0), 128);
    const received = this.system.recvfrom(fd, buffer, flags, address);
    if (received < 0) return received;
    return [new TextDecoder().decode(buffer.subarray(0, received)), textOf(address)];
  };

  accept = (fd: number): number => this.system.accept(fd, valueResult(new Uint8Array(0), 128), 0);

  name = (fd: number): string | number => {
    const address = valueResult(new Uint8Array(0), 128);
    const result = this.system.getsockname(fd, address);
    return result < 0 ? result : textOf(address);
  };

  peer = (fd: number): string | number => {
    const address = valueResult(new Uint8Array(0), 128);
    const result = this.system.getpeername(fd, address);
    return result < 0 ? result : textOf(address);
  };

  /** The value of an int option, or a negative errno. */
  getInt = (fd: number, { level, number }: { level: number; number: number }): number => {
    const value = valueResult(new Uint8Array(4));
    const result = this.system.getsockopt(fd, level, number, value);
    return result < 0 ? result : (value.ints[0] ?? 0);
  };

  setInt = (fd: number, { level, number }: { level: number; number: number }, int: number): number =>
    this.system.setsockopt(fd, level, number, valueResult(new Uint8Array(Int32Array.of(int).buffer)));

  /** The events of poll() that hold now. */
  poll = (fd: number, events = ~0 & 0x7fff, timeout = 0): number => {
    const entry = { fd, events, revents: 0 };
    this.system.poll([entry], timeout);
    return entry.revents;
  };
}

/** A message for sendmsg() and recvmsg(). */
export function message(parts: Partial<MessageHeader> & { data: readonly Uint8Array[] }): MessageHeader {
  return { address: null, locations: null, control: null, flags: 0, bytes: 0, ...parts };
}
