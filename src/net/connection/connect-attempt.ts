import type { AddressInput } from "../../address/address.ts";
import { type ReadAddress, readAddress, writeAddress } from "../../address/sockaddr.ts";
import { afterThis, type Timer } from "../../clock/clock.ts";
import type { Engine, PendingConnect, SocketKind } from "../../engine/engine.ts";
import { engineOf } from "../../engine/engines.ts";
import { SocketError } from "../../errors/socket-error.ts";
import { bind } from "../../posix/bind.ts";
import { tryClose } from "../../posix/close.ts";
import { type ConnectError, type ConnectErrorName, connectErrors } from "../../posix/connect.ts";
import { aboutAddress, endpointOf } from "../../posix/endpoint.ts";
import type { Socket } from "../../posix/owned-socket.ts";
import type { System } from "../../system/system.ts";
import { ipAddress, openSocket } from "../open.ts";
import type { AnyOptionValues } from "../options/listen-options.ts";

/** Settings for connecting to one address. */
export interface AttemptSettings {
  readonly engine: Engine;
  readonly options: AnyOptionValues;
  /** The local end: an address of this host, or any; and a port, or any free one. */
  readonly localAddress: string | undefined;
  readonly localPort: number;
  /** The address, if it was read before. */
  readonly sockaddr?: ReadAddress | undefined;
  /**
   * See `Engine.connect()`: `done` must turn the socket into a stream on this engine, or close it.
   */
  readonly kind?: SocketKind | undefined;
}

/** The outcome: a connected socket, or an error. */
export type Outcome =
  | { readonly ok: true; readonly socket: Socket }
  | { readonly ok: false; readonly error: unknown };

/**
 * The first delay while the queue of a unix listener is full, in milliseconds; it doubles up to the
 * longest.
 */
const FIRST_WAIT = 1;
const LONGEST_WAIT = 100;

/** An attempt to connect to one address. */
export class ConnectAttempt {
  readonly #address: AddressInput;
  readonly #settings: AttemptSettings;
  readonly #done: (outcome: Outcome) => void;
  #pending: PendingConnect | undefined;
  #timer: Timer | undefined;
  #cancelled = false;
  #held = true;
  #wait = 0;

  /** @param done called once, later; not after cancel() */
  constructor(address: AddressInput, settings: AttemptSettings, done: (outcome: Outcome) => void) {
    this.#address = address;
    this.#settings = settings;
    this.#done = done;
    this.#begin();
  }

  /** Aborts the attempt and closes the socket. */
  cancel(): void {
    this.#cancelled = true;
    this.#system.clock.clearTimeout(this.#timer);
    this.#pending?.cancel();
  }

  /** Keeps the process running, as it does by default. */
  ref(): void {
    this.#held = true;
    this.#timer?.ref();
    this.#pending?.ref();
  }

  /** Lets the process exit meanwhile. */
  unref(): void {
    this.#held = false;
    this.#timer?.unref();
    this.#pending?.unref();
  }

  #begin() {
    const { options } = this.#settings;
    const system = this.#system;
    const { STREAM } = system.constants.SOCK;
    try {
      const opened = openSocket(system, this.#address, STREAM, { options, prepared: true });
      try {
        this.#connect(opened);
      } catch (error) {
        tryClose(opened);
        throw error;
      }
    } catch (error) {
      afterThis(() => this.#tell({ ok: false, error: this.#withAddress(error) }));
    }
  }

  #connect(opened: Socket) {
    const { engine, sockaddr, kind } = this.#settings;
    const system = this.#system;
    const local = this.#local();
    if (local !== undefined) bind(opened, local);
    const to = writeAddress(sockaddr ?? readAddress(this.#address, system), system, system.address);
    // io_uring calls connect() again once it has waited, which vsock_connect() of
    // net/vmw_vsock/af_vsock.c answers with EALREADY.
    const connecting = this.#address.family === "vsock" ? engineOf(system, "readiness") : engine;
    const ended = (errno: number) => this.#ended(opened, errno);
    this.#pending = connecting.connect(opened.fd, to, ended, connecting === engine ? kind : undefined);
    if (!this.#held) this.#pending.unref();
  }

  #local(): AddressInput | undefined {
    const { localAddress, localPort } = this.#settings;
    if (localAddress === undefined && localPort === 0) return undefined;
    return ipAddress(localAddress ?? (this.#address.family === "ipv6" ? "::" : "0.0.0.0"), localPort);
  }

  #ended(opened: Socket, errno: number) {
    this.#pending = undefined;
    if (errno === 0 && !this.#cancelled) return this.#tell({ ok: true, socket: opened });
    tryClose(opened);
    if (this.#cancelled) return;
    const isFull = this.#isUnix && errno === -this.#system.errnos.EAGAIN;
    if (!isFull) return this.#tell({ ok: false, error: this.#error(errno) });
    this.#wait = Math.min(LONGEST_WAIT, Math.max(FIRST_WAIT, this.#wait * 2));
    this.#timer = this.#system.clock.setTimeout(() => this.#begin(), this.#wait);
    if (!this.#held) this.#timer.unref();
  }

  #tell(outcome: Outcome) {
    if (!this.#cancelled) this.#done(outcome);
  }

  get #system(): System {
    return this.#settings.engine.system;
  }

  get #isUnix(): boolean {
    return this.#address.family === "unix";
  }

  #error(errno: number): ConnectError {
    return connectErrors.failure(this.#system, errno, {
      ask: (code) => this.#nameOf(code),
      where: () => endpointOf(this.#address),
      about: aboutAddress(this.#address),
    }).error;
  }

  /**
   * Resolves errnos with several meanings: the socket is new, so it is neither connected nor
   * listening.
   */
  #nameOf(code: string): ConnectErrorName {
    switch (code) {
      case "EAGAIN":
        return this.#isUnix ? "WouldBlock" : "AddressNotAvailable";
      case "EINVAL":
        return "InvalidArgument";
      case "EISCONN":
        return "AlreadyConnected";
      case "EOPNOTSUPP":
        return "OperationNotSupported";
      default:
        return "Unexpected";
    }
  }

  /** The error of a failed socket() lacks the address. */
  #withAddress(error: unknown): unknown {
    if (!(error instanceof SocketError) || error.syscall !== "socket") return error;
    const { name, message, code, errno, syscall } = error;
    return new SocketError({ name, message, code, errno, syscall, where: endpointOf(this.#address) });
  }
}
