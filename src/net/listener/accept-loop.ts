import type { Timer } from "../../clock/clock.ts";
import type { Acceptor, AcceptorHandlers, Engine } from "../../engine/engine.ts";
import { readOption } from "../../options/read-option.ts";
import { SO } from "../../options/so.ts";
import { type AcceptError, acceptErrors } from "../../posix/accept.ts";
import { localEndpoint } from "../../posix/endpoint.ts";
import { engineClosed, engineOpened } from "../../posix/ownership.ts";
import type { System } from "../../system/system.ts";

/**
 * The first delay after descriptors or memory ran out, in milliseconds; it doubles up to the
 * longest.
 */
const FIRST_WAIT = 5;
const LONGEST_WAIT = 1000;

/** The owner of an accept loop. */
export interface AcceptOwner {
  /** A connection was accepted: the owner now owns its descriptor. */
  onAccepted(fd: number): void;
  /**
   * Descriptors or memory ran out; accepting is retried after `delay` milliseconds. Connections
   * wait in the queue.
   */
  onBackOff(error: AcceptError, milliseconds: number): void;
  /** A connection failed before it was accepted, and is gone; the next one is accepted. */
  onLost(error: AcceptError): void;
  /** Accepting has failed for good: the socket no longer listens, or the error is unknown. */
  onAcceptFailed(error: AcceptError): void;
}

/**
 * Accepts as many connections of one socket as the owner wants, and retries after the errors that
 * accept(2) calls temporary.
 */
export class AcceptLoop implements AcceptorHandlers {
  readonly #system: System;
  readonly #owner: AcceptOwner;
  readonly #acceptor: Acceptor;
  /** How many the owner wants; Infinity for all. */
  #wanted = 0;
  /** How many of them the engine still has to deliver. */
  #asked = 0;
  /** A retired loop accepts no more, and cannot be resumed. */
  #state: "accepting" | "paused" | "retired" | "closed" = "accepting";
  #wait = 0;
  #timer: Timer | undefined;

  /** @param fd a non-blocking socket that listens, which this object now owns */
  constructor(engine: Engine, fd: number, owner: AcceptOwner) {
    this.#system = engine.system;
    this.#owner = owner;
    this.#acceptor = engine.acceptor(fd, this);
    engineOpened(this.#system, fd);
  }

  /** -1 once it is closed. */
  get fd(): number {
    return this.#state === "closed" ? -1 : this.#acceptor.fd;
  }

  /** Accepts until `count` more connections have been delivered, including those already wanted. */
  setDemand(count: number): void {
    this.#wanted = count;
    this.#ask();
  }

  /** Lowers the demand, so as not to take connections from others that share the socket. */
  limitDemand(count: number): void {
    if (this.#asked > count) {
      this.#acceptor.pause();
      this.#asked = 0;
    }
    this.setDemand(count);
  }

  pause(): void {
    if (this.#state !== "accepting") return;
    this.#state = "paused";
    this.#stopWaiting();
    this.#acceptor.pause();
    this.#asked = 0;
  }

  resume(): void {
    if (this.#state !== "paused") return;
    this.#state = "accepting";
    this.#ask();
  }

  /**
   * Stops accepting for good, after delivering the connections already on their way.
   *
   * @param done called when no more connections will come
   */
  retire(done: () => void): void {
    if (this.#state === "closed") {
      done();
      return;
    }
    this.pause();
    this.#state = "retired";
    this.#acceptor.pause(done);
  }

  /** Descriptors or memory may be available again: retry without waiting further. */
  tryAgain(): void {
    if (this.#timer === undefined) return;
    this.#stopWaiting();
    this.#ask();
  }

  ref(): void {
    this.#acceptor.ref();
  }

  unref(): void {
    this.#acceptor.unref();
  }

  /** @param done called when the descriptor is closed */
  close(done: () => void): void {
    this.#state = "closed";
    this.#stopWaiting();
    // Not when it calls back: the engine closes the descriptor now, and the next one may get its
    // number.
    engineClosed(this.#system, this.#acceptor.fd);
    this.#acceptor.close(done);
  }

  onAccept(fd: number): void {
    // Connections already on their way when it was paused are still delivered.
    this.#asked = Math.max(0, this.#asked - 1);
    this.#wanted = Math.max(0, this.#wanted - 1);
    this.#wait = 0;
    this.#owner.onAccepted(fd);
  }

  onError(errno: number): void {
    this.#asked = 0;
    const error = this.#error(errno);
    switch (error.name) {
      case "ProcessFdQuotaExceeded":
      case "SystemFdQuotaExceeded":
      case "SystemResources":
        this.#putOff(error);
        break;
      // accept(2), Error handling: treat the pending errors of a connection like EAGAIN.
      case "BlockedByFirewall":
      case "ConnectionAborted":
      case "ConnectionTimedOut":
      case "HostUnreachable":
      case "NetworkSubsystemFailed":
      case "NetworkUnreachable":
      case "ProtocolFailure":
      case "WouldBlock":
        this.#ask();
        this.#owner.onLost(error);
        break;
      default:
        // The readiness engine cannot watch the socket for now.
        if (error.code === "ENOSPC") this.#putOff(error);
        else this.#owner.onAcceptFailed(error);
    }
  }

  #ask() {
    if (this.#state !== "accepting" || this.#timer !== undefined || this.#wanted <= this.#asked) return;
    const more = this.#wanted === Number.POSITIVE_INFINITY ? this.#wanted : this.#wanted - this.#asked;
    this.#asked = this.#wanted;
    this.#acceptor.accept(more);
  }

  #putOff(error: AcceptError) {
    this.#wait = Math.min(LONGEST_WAIT, Math.max(FIRST_WAIT, this.#wait * 2));
    if (this.#state === "accepting") {
      // The acceptor keeps the process running, or was unref'd.
      this.#timer = this.#system.clock.setTimeout(() => this.tryAgain(), this.#wait).unref();
    }
    this.#owner.onBackOff(error, this.#wait);
  }

  #stopWaiting() {
    this.#system.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #error(errno: number): AcceptError {
    const borrowed = { system: this.#system, fd: this.#acceptor.fd };
    return acceptErrors.failure(this.#system, errno, {
      ask: () =>
        readOption(this.#system, borrowed.fd, SO.ACCEPTCONN) ? "ProtocolFailure" : "OperationNotSupported",
      where: () => localEndpoint(borrowed),
    }).error;
  }
}
