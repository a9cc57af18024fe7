import type { Socket } from "../../src/posix/owned-socket.ts";
import { SentBytes } from "./bytes.ts";
import type { Setting, Use } from "./program.ts";

/** The events of a connection that a program saw, in the same form for each implementation. */
export class Told {
  /** The peer's data, as far as it was received. */
  readonly fromPeer = new SentBytes();
  /** The data that its program has written. */
  readonly toPeer = new SentBytes();
  /** In the order of events; consecutive events of one kind count once. */
  readonly events: string[] = [];
  /** Memory that belongs to the program, and its content when it was received. */
  readonly #kept: { readonly view: Uint8Array; readonly copy: Uint8Array }[] = [];
  /** What to do with received bytes. */
  use: Use = "drop";
  /** Whether pieces belong to the program; a handler's views do only until it returns. */
  ownsPieces = false;
  /** Writes a view during its handler: the subject's. */
  echo: (bytes: Uint8Array) => void = () => {};
  /** Pauses during the handler: the subject's. */
  pause: () => void = () => {};
  /** Whether the program still writes. */
  maySend: () => boolean = () => this.failure === undefined;
  /** Whether the program reads, and has not paused. */
  reading = true;
  ended = false;
  failure: string | undefined;
  closed = false;

  data(bytes: Uint8Array): void {
    this.#note("data");
    this.fromPeer.receive(bytes);
    if (this.use === "echo") this.#echo(bytes);
    else if (this.use === "keep") this.#keep(bytes);
    else if (this.use === "transfer") this.#transfer(bytes);
    else if (this.use === "pause") {
      this.use = "drop";
      this.reading = false;
      this.pause();
    }
  }

  #echo(bytes: Uint8Array) {
    if (!this.maySend()) return;
    this.toPeer.add(new Uint8Array(bytes));
    this.echo(bytes);
  }

  #keep(bytes: Uint8Array) {
    if (this.ownsPieces) this.#kept.push({ view: bytes, copy: new Uint8Array(bytes) });
  }

  /** From now on the program owns it, so it must not change. */
  #transfer(bytes: Uint8Array) {
    const copy = new Uint8Array(bytes);
    const { buffer, byteOffset, length } = bytes;
    if (!(buffer instanceof ArrayBuffer)) return;
    try {
      const transferred = structuredClone(buffer, { transfer: [buffer] });
      this.#kept.push({ view: new Uint8Array(transferred, byteOffset, length), copy });
    } catch {
      // Memory that cannot be transferred: Node 20 refuses mapped memory.
    }
  }

  /** A program that reads again gets it again. */
  end(): void {
    if (this.ended) return;
    this.ended = true;
    this.#note("end");
  }

  failed(error: unknown): void {
    if (this.failure !== undefined) return;
    this.failure = codeOf(error);
    this.#note("failed");
  }

  wasClosed(): void {
    this.closed = true;
    this.#note("closed");
  }

  /** Whether memory that the program has taken over has changed since. */
  get keptChanged(): boolean {
    return this.#kept.some(({ view, copy }) => Buffer.compare(view, copy) !== 0);
  }

  #note(event: string) {
    if (this.events.at(-1) !== event) this.events.push(event);
  }
}

/** A connection under test, with the actions of a program. */
export interface Subject {
  readonly told: Told;
  write(bytes: Uint8Array): void;
  pause(): void;
  resume(): void;
  end(): void;
  /** Closes once written data is sent. */
  close(): void;
  reset(): void;
  /** A stream's; closes if there is none. */
  destroy(): void;
}

/** How an implementation gets a connection: from a listening socket, or by connecting to one. */
export interface Implementation {
  readonly name: "node" | "uring" | "readiness";
  /** @param listener with a peer's connection waiting; the implementation closes it */
  accept(listener: Socket, setting: Setting, told: Told): Promise<Subject>;
  /** @param listener where the peer listens, and accepts later */
  connect(listener: Socket, setting: Setting, told: Told): Promise<Subject>;
}

/**
 * ECONNRESET and EPIPE mean the same to a program; which comes first depends on who notices first.
 */
function codeOf(error: unknown): string {
  const code =
    typeof error === "object" && error !== null && "code" in error ? String(error.code) : String(error);
  return code === "EPIPE" || code === "ECONNRESET" ? "lost" : code;
}
