import { invalidState, invalidValue, unavailable } from "../../errors/argument.ts";
import { readOption } from "../../options/read-option.ts";
import { SO } from "../../options/so.ts";
import type { SocketLike } from "../../posix/borrow.ts";
import type { BorrowedSocket } from "../../posix/borrowed-socket.ts";
import type { Descriptor } from "../../posix/owned-descriptor.ts";
import type { Socket } from "../../posix/owned-socket.ts";
import type { ReceivedMessage } from "../../posix/received-message.ts";
import { type RecvmsgError, tryRecvmsg } from "../../posix/recvmsg.ts";
import { trySendmsg } from "../../posix/sendmsg.ts";
import type { System } from "../../system/system.ts";
import { onAbort, type WaitOptions } from "../abort.ts";
import { readable } from "../readable.ts";
import { writable } from "../writable.ts";

/** Bytes, and the descriptors that came with them. */
export interface ReceivedDescriptors {
  readonly data: Uint8Array;
  /** Sockets are `Socket` objects, others `Descriptor` objects. The program closes them. */
  readonly descriptors: readonly (Socket | Descriptor)[];
}

/** The calls that pass descriptors; each may run once at a time. */
export type PassingCall = "sendDescriptors()" | "receiveDescriptors()";

/** The most bytes that one receive takes. */
const PIECE = 65_536;

/**
 * Passes descriptors over a connection with plain calls: the engine does not receive control
 * messages, and sends nothing in the meantime.
 */
export class DescriptorPassing {
  readonly #socket: BorrowedSocket;
  readonly #system: System;
  /** Another process that has the socket may have set it to block, which stops no engine. */
  readonly #dontWait: number;
  readonly #underWay = new Map<PassingCall, AbortController>();

  /** Throws a TypeError if the socket cannot pass descriptors. */
  constructor(socket: BorrowedSocket, system: System, fd: number) {
    if (!system.capabilities.passesDescriptors) {
      throw unavailable(`${system.name} cannot pass descriptors between processes`);
    }
    // TCP ignores them without an error (__sock_cmsg_send in net/core/sock.c).
    if (readOption(system, fd, SO.DOMAIN) !== system.constants.AF.UNIX) {
      throw invalidValue("only connections of unix sockets can carry descriptors");
    }
    this.#socket = socket;
    this.#system = system;
    this.#dontWait = system.constants.MSG.DONTWAIT ?? 0;
  }

  /** Throws if a call has not finished. */
  check(call: PassingCall): void {
    if (this.#underWay.has(call)) throw invalidState(`${call} has not finished: await it first`);
  }

  /** Ends a call that waits. */
  stop(call: PassingCall, reason: unknown): void {
    this.#underWay.get(call)?.abort(reason);
  }

  /**
   * Sends descriptors, immediately unless something must be sent first.
   *
   * @param sendRest sends the bytes that the system did not accept with them
   */
  async send(
    descriptors: readonly (SocketLike | Descriptor)[],
    bytes: Uint8Array,
    before: Promise<void> | undefined,
    sendRest: (rest: Uint8Array) => Promise<void>,
  ): Promise<void> {
    const { signal } = this.#begin("sendDescriptors()");
    let sent: number;
    try {
      if (before !== undefined) await before;
      sent = await this.#send(descriptors, bytes, signal);
    } finally {
      this.#underWay.delete("sendDescriptors()");
    }
    if (sent < bytes.byteLength) await sendRest(bytes.subarray(sent));
  }

  /**
   * Receives bytes and descriptors; null at the end. A received descriptor reaches its owner
   * without another promise in between, so an abort cannot lose it.
   *
   * @param broken called with an error that lost a message
   */
  async receive(
    options: WaitOptions | undefined,
    broken: (error: RecvmsgError) => void,
  ): Promise<ReceivedDescriptors | null> {
    const controller = this.#begin("receiveDescriptors()");
    const stop = onAbort(this.#system.clock, "receiveDescriptors()", options ?? {}, (reason) =>
      controller.abort(reason),
    );
    try {
      for (;;) {
        const buffer = new Uint8Array(PIECE);
        const result = tryRecvmsg(this.#socket, { data: [buffer] }, this.#dontWait);
        if (result.ok) return result.value.bytes === 0 ? null : contents(buffer, result.value);
        const { error } = result;
        if (error.name !== "WouldBlock") {
          if (error.name !== "SocketClosed") broken(error);
          throw error;
        }
        await readable(this.#socket, { signal: controller.signal });
      }
    } finally {
      stop();
      this.#underWay.delete("receiveDescriptors()");
    }
  }

  async #send(
    descriptors: readonly (SocketLike | Descriptor)[],
    bytes: Uint8Array,
    signal: AbortSignal,
  ): Promise<number> {
    for (;;) {
      const message = { data: [bytes], control: [{ type: "SCM_RIGHTS", descriptors } as const] };
      const result = trySendmsg(this.#socket, message, this.#dontWait);
      if (result.ok) return result.value;
      if (result.error.name !== "WouldBlock") throw result.error;
      await writable(this.#socket, { signal });
    }
  }

  #begin(call: PassingCall): AbortController {
    const controller = new AbortController();
    this.#underWay.set(call, controller);
    return controller;
  }
}

function contents(buffer: Uint8Array, { bytes, control }: ReceivedMessage): ReceivedDescriptors {
  const descriptors: (Socket | Descriptor)[] = [];
  for (const message of control) {
    if (message.type === "SCM_RIGHTS") descriptors.push(...message.descriptors);
    // The program asked for it with SO.PASSPIDFD, and reads it with recvmsg().
    else if (message.type === "SCM_PIDFD") message.descriptor[Symbol.dispose]();
  }
  return { data: buffer.slice(0, bytes), descriptors };
}
