import { AsyncResource } from "node:async_hooks";
import type { BlockList } from "node:net";
import type { AddressInput } from "../../address/address.ts";
import type { Timer } from "../../clock/clock.ts";
import { nextTick } from "../../clock/next-tick.ts";
import type { Engine } from "../../engine/engine.ts";
import { SocketError } from "../../errors/socket-error.ts";
import { ConnectAttempt, type Outcome } from "../../net/connection/connect-attempt.ts";
import { failureOf } from "../../net/happy-eyeballs.ts";
import { ipAddress } from "../../net/open.ts";
import type { Socket as OpenSocket } from "../../posix/owned-socket.ts";
import { blocked } from "./arguments.ts";
import { asCallOfNode } from "./errors.ts";

/** An address of a name. */
export interface Target {
  readonly address: string;
  readonly family: 4 | 6;
}

/** The connecting Socket. */
export interface ConnectingSocket {
  connecting: boolean;
  readonly blockList?: BlockList;
  autoSelectFamilyAttemptedAddresses?: string[];
  emit(event: string, ...args: unknown[]): boolean;
  /** Like `destroy()`. */
  _fail(error: unknown): void;
  /** Connected: the Socket owns the descriptor. */
  _connected(socket: OpenSocket, context: AsyncResource): void;
}

/** The local address and the options of the attempts. */
export interface ConnectSettings {
  readonly engine: Engine;
  readonly localAddress: string | undefined;
  readonly localPort: number;
}

/**
 * The connection attempts of a Socket: to one address, or to those of a name, each started when the
 * previous one fails or after a delay. Unlike Node, it abandons no slow attempt; the first to
 * connect wins (RFC 8305, section 5).
 */
export class Connecting {
  readonly #socket: ConnectingSocket;
  readonly #settings: ConnectSettings;
  readonly #attempts = new Set<ConnectAttempt>();
  #held = true;
  #timer: Timer | undefined;
  #ended = false;
  #taken = false;
  /** The async context of the events: that of the call of connect(). */
  readonly #context = newContext();

  constructor(socket: ConnectingSocket, settings: ConnectSettings) {
    this.#socket = socket;
    this.#settings = settings;
    nextTick(() => {
      this.#taken = true;
    });
  }

  /** Whether connect() was called in this tick, and no event has been emitted. */
  get isNew(): boolean {
    return !this.#taken;
  }

  /** Connects to a unix socket. */
  toPath(path: string): void {
    this.#taken = true;
    this.#socket.emit("connectionAttempt", path, undefined, undefined);
    if (this.#ended) return;
    this.#attempt({ family: "unix", path }, (outcome) => {
      if (outcome.ok) this.#succeed(outcome.socket);
      else this.#failAlone(asCallOfNode(outcome.error, "connect"), path);
    });
  }

  /** Connects to one address. */
  toAddress({ address, family }: Target, port: number): void {
    const socket = this.#socket;
    this.#taken = true;
    socket.emit("connectionAttempt", address, port, family);
    if (this.#ended) return;
    if (isBlocked(socket, address, family)) {
      this.cancel();
      socket._fail(blocked(address));
      return;
    }
    this.#attempt(ipAddress(address, port), (outcome) => {
      if (outcome.ok) this.#succeed(outcome.socket);
      else this.#failAlone(this.#withLocal(outcome.error), address, port, family);
    });
  }

  /** Connects to the first address of a name that answers. */
  toFirst(name: string, targets: readonly Target[], port: number, delay: number): void {
    const socket = this.#socket;
    const attempted: string[] = [];
    this.#taken = true;
    socket.autoSelectFamilyAttemptedAddresses = attempted;
    const errors: unknown[] = [];
    let next = 0;
    const begin = () => {
      this.#settings.engine.system.clock.clearTimeout(this.#timer);
      this.#timer = undefined;
      const target = targets[next];
      if (target === undefined || this.#ended) return;
      next += 1;
      const { address, family } = target;
      if (isBlocked(socket, address, family)) {
        fail(target, blocked(address));
        return;
      }
      socket.emit("connectionAttempt", address, port, family);
      if (this.#ended) return;
      attempted.push(`${address}:${port}`);
      this.#attempt(ipAddress(address, port), (outcome) => {
        if (outcome.ok) this.#succeed(outcome.socket);
        else fail(target, this.#withLocal(outcome.error));
      });
      if (next === targets.length) return;
      this.#timer = this.#settings.engine.system.clock.setTimeout(() => {
        socket.emit("connectionAttemptTimeout", address, port, family);
        begin();
      }, delay);
      if (!this.#held) this.#timer.unref();
    };
    const fail = ({ address, family }: Target, error: unknown) => {
      errors.push(error);
      socket.emit("connectionAttemptFailed", address, port, family, error);
      if (this.#ended) return;
      if (next < targets.length) begin();
      else if (this.#attempts.size === 0) {
        this.cancel();
        const addresses = targets.map((each) => ipAddress(each.address, port));
        socket._fail(failureOf(name, addresses, errors));
      }
    };
    begin();
  }

  ref(): void {
    this.#held = true;
    this.#timer?.ref();
    for (const attempt of this.#attempts) attempt.ref();
  }

  unref(): void {
    this.#held = false;
    this.#timer?.unref();
    for (const attempt of this.#attempts) attempt.unref();
  }

  /** Aborts the attempts; no event follows. */
  cancel(): void {
    if (this.#ended) return;
    this.#stop();
    this.#context.emitDestroy();
  }

  #stop() {
    this.#ended = true;
    this.#settings.engine.system.clock.clearTimeout(this.#timer);
    for (const attempt of this.#attempts) attempt.cancel();
    this.#attempts.clear();
  }

  // The part of a handle that Node's `_destroy()` uses.

  onread: unknown;
  readonly bytesRead = 0;
  readonly bytesWritten = 0;

  /** Aborts the attempts. */
  close(done: () => void): void {
    this.cancel();
    // As with a libuv handle, the immediates of this turn run first.
    const { clock } = this.#settings.engine.system;
    clock.setImmediate(() => clock.setImmediate(done));
  }

  #attempt(address: AddressInput, done: (outcome: Outcome) => void) {
    const attempt = new ConnectAttempt(address, { ...this.#settings, options: [] }, (outcome) => {
      this.#attempts.delete(attempt);
      this.#context.runInAsyncScope(done, undefined, outcome);
    });
    this.#attempts.add(attempt);
    if (!this.#held) attempt.unref();
  }

  #succeed(socket: OpenSocket) {
    this.#stop();
    this.#socket._connected(socket, this.#context);
  }

  #failAlone(error: unknown, address: string, port?: number, family?: 4 | 6) {
    this.cancel();
    this.#socket.connecting = false;
    this.#socket.emit("connectionAttemptFailed", address, port, family, error);
    this.#socket._fail(error);
  }

  #withLocal(failure: unknown): unknown {
    const { localAddress, localPort } = this.#settings;
    const error = asCallOfNode(failure, failure instanceof SocketError ? failure.syscall : "connect");
    if (
      error instanceof SocketError &&
      error.syscall === "connect" &&
      localAddress !== undefined &&
      localPort > 0
    )
      Object.assign(error, { localAddress, localPort });
    return error;
  }
}

/**
 * An AsyncLocalStorage context, such as each libuv handle and request has. `emitDestroy()` ends it:
 * libraries that keep a value for each resource, such as cls-hooked, delete the value then.
 */
export function newContext(type = "TCPWRAP"): AsyncResource {
  return new AsyncResource(type, { requireManualDestroy: true });
}

/** Returns a function that calls back once, in a context of its own. */
export function inOwnContext(type: string, call: () => void): () => void {
  const context = newContext(type);
  return () => {
    context.runInAsyncScope(call);
    context.emitDestroy();
  };
}

const outside = newContext();

/** A context without any store, like that of an accepted connection in Node. */
export function emptyContext(): AsyncResource {
  return outside.runInAsyncScope(newContext);
}

function isBlocked({ blockList }: ConnectingSocket, address: string, family: 4 | 6): boolean {
  return blockList?.check(address, family === 4 ? "ipv4" : "ipv6") === true;
}
