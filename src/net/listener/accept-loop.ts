import type { Timer } from "../../clock/clock.ts";
import type { Acceptor, AcceptorHandlers, Engine } from "../../engine/engine.ts";
import { SO } from "../../options/so.ts";
import { type AcceptError, acceptErrors } from "../../posix/accept.ts";
import { localEndpoint } from "../../posix/endpoint.ts";
import { engineClosed, engineOpened } from "../../posix/ownership.ts";
import { readOption } from "../../posix/read-option.ts";
import type { System } from "../../system/system.ts";

/**
 * The first wait after descriptors or memory ran out, in milliseconds; each later one is twice as
 * long, up to the longest.
 */
const FIRST_WAIT = 5;
const LONGEST_WAIT = 1000;

/** Who is told what becomes of accepting. */
export interface AcceptingOwner {
  /** A connection: its descriptor is the owner's. */
  accepted(fd: number): void;
  /**
   * Descriptors or memory ran out; it is tried again after so many milliseconds. The connections
   * wait in the queue.
   */
  putOff(error: AcceptError, milliseconds: number): void;
  /** A connection failed before it was accepted, and is gone; the next one is accepted. */
  lost(error: AcceptError): void;
  /** Accepting is over: the socket does not listen any more, or what it said is not known. */
  failed(error: AcceptError): void;
}

/**
 * Accepts the connections of one socket, as many as wanted, through what accept(2) says to go on
 * after.
 */
export class AcceptLoop implements AcceptorHandlers {
  readonly #system: System;
  readonly #owner: AcceptingOwner;
  readonly #acceptor: Acceptor;
  /** How many the owner wants; Infinity is all. */
  #wanted = 0;
  /** How many of them the engine has been asked for and has not given yet. */
  #asked = 0;
  #paused = false;
  #open = true;
  #leaving = false;
  #wait = 0;
  #timer: Timer | undefined;

  /** @param fd a non-blocking socket that listens, which is this object's from now on */
  constructor(system: System, engine: Engine, fd: number, owner: AcceptingOwner) {
    this.#system = system;
    this.#owner = owner;
    this.#acceptor = engine.acceptor(fd, this);
    engineOpened(fd);
  }

  /** -1 once it is closed. */
  get fd(): number {
    return this.#open ? this.#acceptor.fd : -1;
  }

  /**
   * Accepts until so many more have been given. What was wanted before and is not there yet is part
   * of it.
   */
  setDemand(count: number): void {
    this.#wanted = count;
    this.#ask();
  }

  /**
   * The same, where fewer are wanted than before: no other will be taken from those who share the
   * socket.
   */
  limitDemand(count: number): void {
    if (this.#asked > count) {
      this.#acceptor.pause();
      this.#asked = 0;
    }
    this.setDemand(count);
  }

  pause(): void {
    if (this.#paused || !this.#open) return;
    this.#paused = true;
    this.#stopWaiting();
    this.#acceptor.pause();
    this.#asked = 0;
  }

  resume(): void {
    if (!this.#paused || this.#leaving) return;
    this.#paused = false;
    this.#ask();
  }

  /**
   * Accepts no more, and cannot be resumed: what is on its way is given first.
   *
   * @param done no connection comes any more
   */
  retire(done: () => void): void {
    this.#leaving = true;
    this.pause();
    if (!this.#open) {
      done();
      return;
    }
    this.#acceptor.pause(done);
  }

  /** Descriptors or memory may be there again: a wait for them ends. */
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

  /** @param done the descriptor is closed */
  close(done: () => void): void {
    this.#open = false;
    this.#stopWaiting();
    const { fd } = this.#acceptor;
    this.#acceptor.close(() => {
      engineClosed(fd);
      done();
    });
  }

  onAccept(fd: number): void {
    // Those that were already on their way when it was paused are given all the same.
    this.#asked = Math.max(0, this.#asked - 1);
    this.#wanted = Math.max(0, this.#wanted - 1);
    this.#wait = 0;
    this.#owner.accepted(fd);
  }

  onError(errno: number, final = false): void {
    this.#asked = 0;
    if (final) {
      const where = localEndpoint({ system: this.#system, fd: this.#acceptor.fd });
      this.#owner.failed(acceptErrors.ringFailure(this.#system, errno, where).error);
      return;
    }
    const error = this.#error(errno);
    switch (error.name) {
      case "ProcessFdQuotaExceeded":
      case "SystemFdQuotaExceeded":
      case "SystemResources":
        this.#putOff(error);
        break;
      // accept(2), Error handling: the pending errors of a connection are to be treated like
      // EAGAIN.
      case "BlockedByFirewall":
      case "ConnectionAborted":
      case "ConnectionTimedOut":
      case "HostUnreachable":
      case "NetworkSubsystemFailed":
      case "NetworkUnreachable":
      case "ProtocolFailure":
      case "WouldBlock":
        this.#ask();
        this.#owner.lost(error);
        break;
      default:
        this.#owner.failed(error);
    }
  }

  #ask() {
    if (!this.#open || this.#paused || this.#timer !== undefined || this.#wanted <= this.#asked) return;
    const more = this.#wanted === Number.POSITIVE_INFINITY ? this.#wanted : this.#wanted - this.#asked;
    this.#asked = this.#wanted;
    this.#acceptor.accept(more);
  }

  #putOff(error: AcceptError) {
    this.#wait = Math.min(LONGEST_WAIT, Math.max(FIRST_WAIT, this.#wait * 2));
    if (!this.#paused) {
      // The acceptor holds the process, or was told not to.
      this.#timer = this.#system.clock.setTimeout(() => this.tryAgain(), this.#wait).unref();
    }
    this.#owner.putOff(error, this.#wait);
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
