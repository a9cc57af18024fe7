import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Address } from "../src/address/address.ts";
import { accept } from "../src/posix/accept.ts";
import { bind } from "../src/posix/bind.ts";
import { tryClose } from "../src/posix/close.ts";
import { connect } from "../src/posix/connect.ts";
import { AF, SOCK } from "../src/posix/constants.ts";
import { getsockname } from "../src/posix/getsockname.ts";
import { listen } from "../src/posix/listen.ts";
import type { Descriptor } from "../src/posix/owned-descriptor.ts";
import type { Socket } from "../src/posix/owned-socket.ts";
import { type SocketOptions, socket, trySocket } from "../src/posix/socket.ts";
import { socketpair } from "../src/posix/socketpair.ts";
import { host } from "../src/system/host.ts";
import { makeSimulatedFolder } from "./simulated.ts";

export const loopback = { family: "ipv4", address: "127.0.0.1", port: 0 } as const;

/** The kind of socket pairs: unix sockets, or TCP on Windows. */
export const pairDomain = host.name === "windows" ? "INET" : "UNIX";

/** Two ends of one connection. */
export interface Connection {
  readonly client: Socket;
  readonly server: Socket;
}

/**
 * The sockets and files of one test: everything that it creates is closed and removed when the test
 * ends.
 */
export class Fixture {
  readonly #context: TestContext;
  readonly #descriptors: Descriptor[] = [];
  readonly #folders: string[] = [];
  readonly #ends: (() => void | Promise<void>)[] = [];
  #skipped: string | undefined;

  constructor(context: TestContext) {
    this.#context = context;
  }

  /** Skips the test, with the reason. The caller returns. */
  skip(reason: string): void {
    this.#skipped = reason;
    this.#context.skip(reason);
  }

  /** Why the test was skipped, if it was. */
  get skipped(): string | undefined {
    return this.#skipped;
  }

  /** Hands a socket, or another descriptor, to the fixture, which closes it. */
  own<Owned extends Descriptor>(descriptor: Owned): Owned {
    this.#descriptors.push(descriptor);
    return descriptor;
  }

  socket(domain: number, type: number, protocol = 0, options: SocketOptions = {}): Socket {
    return this.own(socket(domain, type, protocol, options));
  }

  /** A TCP socket over IPv4. */
  tcp(options: SocketOptions = {}): Socket {
    return this.socket(AF.INET, SOCK.STREAM, 0, options);
  }

  /** A UDP socket over IPv4. */
  udp(options: SocketOptions = {}): Socket {
    return this.socket(AF.INET, SOCK.DGRAM, 0, options);
  }

  /** A TCP socket bound to a free port of 127.0.0.1. */
  boundTcp(options: SocketOptions = {}): Socket {
    const bound = this.tcp(options);
    bind(bound, loopback);
    return bound;
  }

  /** A TCP listener on a free port of 127.0.0.1. */
  listener(backlog = 16, options: SocketOptions = {}): Socket {
    const listener = this.boundTcp(options);
    listen(listener, backlog);
    return listener;
  }

  /** Both ends of a TCP connection over loopback. */
  connection(): Connection {
    const listener = this.listener();
    const client = this.tcp();
    connect(client, getsockname(listener));
    return { client, server: this.own(accept(listener).socket) };
  }

  /** A packet socket (packet(7)); skips the test without the privilege, and returns undefined. */
  packetSocket(type: number = SOCK.RAW): Socket | undefined {
    const made = trySocket(AF.PACKET, type);
    if (made.ok) return this.own(made.value);
    this.skip(made.error.message);
    return undefined;
  }

  /** Both ends of a socket pair: of unix sockets, of TCP on Windows. */
  pair(type: number = SOCK.STREAM, options: SocketOptions = {}): [Socket, Socket] {
    const [left, right] = socketpair(AF[pairDomain], type, 0, options);
    return [this.own(left), this.own(right)];
  }

  /** An unused address in Linux's abstract namespace. */
  abstractAddress(): Address {
    return { family: "unix", path: `\0berkeley-test-${process.pid}-${uniqueNumber++}` };
  }

  /** An empty folder of this test's own. */
  folder(): string {
    const folder = mkdtempSync(join(tmpdir(), "berkeley-"));
    this.#folders.push(folder);
    makeSimulatedFolder(folder);
    return folder;
  }

  /** Registers a function that runs at the end of the test, and is awaited. */
  after(end: () => void | Promise<void>): void {
    this.#ends.push(end);
  }

  /** Ends everything that the test has started, and closes everything. */
  async end(): Promise<void> {
    for (const end of this.#ends) await end();
    this.closeAll();
  }

  closeAll(): void {
    for (const descriptor of this.#descriptors) if (!descriptor.closed) tryClose(descriptor);
    for (const folder of this.#folders) rmSync(folder, { recursive: true });
  }
}

let uniqueNumber = 0;
