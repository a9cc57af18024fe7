import { constants } from "../../system/linux/constants.ts";
import { errnos } from "../../system/linux/errno.ts";
import { IORING } from "../../system/linux/io-uring.ts";
import { linux } from "../../system/linux/linux.ts";
import type { Acceptor, AcceptorHandlers } from "../engine.ts";
import { type Machine, uncaught } from "./machine.ts";
import { attempt, isCancelled, Opened } from "./opened.ts";
import type { Kind } from "./operations.ts";
import { first } from "./ring.ts";

const ONE: Kind = 2;
const ALL: Kind = 3;

const ONE_ENTRY = first(IORING.OP_ACCEPT);
const ALL_ENTRY = first(IORING.OP_ACCEPT, 0, IORING.ACCEPT_MULTISHOT);
const { SOCK } = constants;
const FLAGS = SOCK.CLOEXEC | SOCK.NONBLOCK;
const { EAGAIN = 0, EINTR = 0 } = errnos;

/** Operations that wait for one connection each. More would serve nobody: another begins whenever one is done. */
const AHEAD = 16;

export class UringAcceptor extends Opened implements Acceptor {
  readonly #handlers: AcceptorHandlers;
  #wanted = 0;
  /** Operations that the kernel has. */
  #ones = 0;
  #all = false;
  /** Calls to be made once it has none; undefined unless pausing. */
  #pausing: (() => void)[] | undefined;

  constructor(machine: Machine, fd: number, handlers: AcceptorHandlers) {
    super(machine, fd);
    this.#handlers = handlers;
  }

  accept(count: number): void {
    if (!(count >= 1)) throw new RangeError(`count must be 1 or more, not ${count}`);
    if (this.closing) return;
    this.#wanted += count;
    this.#begin();
  }

  pause(done?: () => void): void {
    if (this.closing) return;
    this.#stop();
    this.#pausing ??= [];
    if (done !== undefined) this.#pausing.push(done);
    if (!this.inFlight) this.machine.turns.willTell(this);
  }

  override close(done?: (errno: number) => void): void {
    this.whenClosed(done);
    if (this.closing) return;
    this.closing = true;
    this.#stop();
    this.#pausing = undefined;
    this.closeDescriptor(0);
  }

  override tell(): void {
    super.tell();
    const calls = this.#pausing;
    if (calls === undefined || this.inFlight) return;
    this.#pausing = undefined;
    for (const call of calls) attempt(call, undefined);
    this.#begin();
  }

  protected override get inFlight(): boolean {
    return this.#ones > 0 || this.#all;
  }

  protected override done(kind: Kind, result: number, flags: number): void {
    if (kind === ONE) this.#ones--;
    else if ((flags & IORING.CQE_F_MORE) === 0) this.#all = false;
    if (result >= 0) this.#accepted(result);
    else if (!isCancelled(result) && result !== -EINTR && result !== -EAGAIN) this.#failed(result);
    if (!this.inFlight) this.tell();
    this.#begin();
  }

  #begin(): void {
    if (this.closing || this.#pausing !== undefined || this.#all) return;
    if (this.#wanted === Number.POSITIVE_INFINITY) {
      this.#all = true;
      this.prepareEntry(ALL_ENTRY, ALL, 0, 0, 0, 0, FLAGS, 0);
      return;
    }
    while (this.#ones < this.#wanted && this.#ones < AHEAD) {
      this.#ones++;
      this.prepareEntry(ONE_ENTRY, ONE, 0, 0, 0, 0, FLAGS, 0);
    }
  }

  #stop(): void {
    this.#wanted = 0;
    if (this.#ones > 0) this.cancel(ONE);
    if (this.#all) this.cancel(ALL);
  }

  #accepted(fd: number): void {
    if (this.closing) {
      linux.close(fd);
      return;
    }
    if (this.#wanted > 0) this.#wanted--;
    try {
      this.#handlers.accepted(fd);
    } catch (error) {
      uncaught(error);
    }
  }

  /** Of several operations that fail, the first tells. */
  #failed(errno: number): void {
    if (this.#wanted === 0 || this.closing) return;
    this.#stop();
    try {
      this.#handlers.failed(errno);
    } catch (error) {
      uncaught(error);
    }
  }
}
