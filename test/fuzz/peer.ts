import { SO } from "../../src/options/so.ts";
import { TCP } from "../../src/options/tcp.ts";
import { close, tryClose } from "../../src/posix/close.ts";
import { AF, MSG, SHUT, SOCK } from "../../src/posix/constants.ts";
import { tryGetsockopt } from "../../src/posix/getsockopt.ts";
import type { Socket } from "../../src/posix/owned-socket.ts";
import { tryRecv } from "../../src/posix/recv.ts";
import { trySend } from "../../src/posix/send.ts";
import { trySendmsg } from "../../src/posix/sendmsg.ts";
import { trySetsockopt } from "../../src/posix/setsockopt.ts";
import { tryShutdown } from "../../src/posix/shutdown.ts";
import { socket } from "../../src/posix/socket.ts";
import { Pattern, type SentBytes } from "./bytes.ts";

const pattern = new Pattern(7);
const buffer = new Uint8Array(1 << 18);

/** The other end: the kernel's own socket, which never blocks. */
export class Peer {
  readonly #socket: Socket;
  readonly #isTcp: boolean;
  /** How much the kernel has taken of what this side sends. */
  readonly #sent: SentBytes;
  /** The data that the subject has written. */
  readonly fromSubject: SentBytes;
  #backlog = 0;
  #endsAfter = false;
  reading = true;
  open = true;
  /** Its sending side has ended, by an end, a close or a reset. */
  sendingEnded = false;
  wasReset = false;
  sendFailed = false;
  /** How the subject's side has ended, as this one reads it. */
  ending: "end" | "reset" | undefined;
  /** The kernel may drop our bytes that it has taken. */
  mayLose = false;

  constructor(socket: Socket, isTcp: boolean, sent: SentBytes, fromSubject: SentBytes) {
    this.#socket = socket;
    this.#isTcp = isTcp;
    this.#sent = sent;
    this.fromSubject = fromSubject;
  }

  /** Whether the kernel has accepted everything that it was to send. */
  get idle(): boolean {
    return this.#backlog === 0 && !this.#endsAfter;
  }

  send(size: number): void {
    if (!this.open || this.sendingEnded || this.#endsAfter || this.sendFailed) return;
    this.#backlog += size;
    this.#flush();
  }

  passDescriptor(): void {
    if (this.#isTcp || !this.open || this.sendingEnded || this.sendFailed || !this.idle) return;
    const file = socket(AF.UNIX, SOCK.DGRAM);
    const byte = pattern.slice(this.#sent.length, 1);
    const message = { data: [byte], control: [{ type: "SCM_RIGHTS", descriptors: [file] }] } as const;
    if (trySendmsg(this.#socket, message, MSG.DONTWAIT).ok) this.#sent.add(byte);
    close(file);
  }

  end(): void {
    if (!this.open || this.sendingEnded) return;
    this.#endsAfter = true;
    this.#flush();
  }

  close(): void {
    if (!this.open) return;
    if (this.#backlog > 0 || this.#holdsUnsent()) this.mayLose = true;
    this.open = false;
    this.sendingEnded = true;
    this.#backlog = 0;
    this.#endsAfter = false;
    tryClose(this.#socket);
  }

  reset(): void {
    if (!this.open) return;
    if (this.#isTcp) trySetsockopt(this.#socket, SO.LINGER, { on: true, seconds: 0 });
    this.wasReset = this.#isTcp;
    this.close();
  }

  /** Sends and receives without waiting. */
  pump(): void {
    if (!this.open) return;
    this.#flush();
    while (this.reading && this.ending === undefined) {
      const received = tryRecv(this.#socket, buffer, MSG.DONTWAIT);
      if (received.ok && received.value > 0) this.fromSubject.receive(buffer.subarray(0, received.value));
      else if (received.ok) this.ending = "end";
      else if (received.error.name === "WouldBlock") return;
      else this.ending = "reset";
    }
  }

  #flush() {
    while (this.#backlog > 0) {
      const piece = pattern.slice(this.#sent.length, Math.min(this.#backlog, 1 << 18));
      const sent = trySend(this.#socket, piece, MSG.DONTWAIT);
      if (!sent.ok) {
        if (sent.error.name === "WouldBlock") return;
        this.sendFailed = true;
        this.#backlog = 0;
        this.#endsAfter = false;
        return;
      }
      this.#sent.add(piece.subarray(0, sent.value));
      this.#backlog -= sent.value;
    }
    if (!this.#endsAfter) return;
    this.#endsAfter = false;
    this.sendingEnded = true;
    tryShutdown(this.#socket, SHUT.WR);
  }

  /**
   * Whether bytes are still in our send buffer, where a reset drops them; a receive queue is kept.
   */
  #holdsUnsent(): boolean {
    if (!this.#isTcp) return false;
    const info = tryGetsockopt(this.#socket, TCP.INFO);
    return !info.ok || (info.value.notsent_bytes ?? 1) > 0;
  }
}
