import type { Engine, Stream, StreamHandlers } from "../../src/engine/engine.ts";
import type { Socket } from "../../src/posix/owned-socket.ts";

/** A stream that records all calls of its handlers. */
export class RecordedStream implements StreamHandlers {
  readonly stream: Stream;
  /** Every onData(), copied. */
  readonly chunks: Buffer[] = [];
  ended = false;
  errno = 0;
  drains = 0;
  /** Called with every onData(), after recording it. */
  whenData: ((bytes: Uint8Array) => void) | undefined;
  whenEnded: (() => void) | undefined;
  readonly #waiting = new Set<() => void>();

  /** Takes the socket's descriptor, or an accepted one. */
  constructor(engine: Engine, socket: Socket | number) {
    this.stream = engine.stream(typeof socket === "number" ? socket : socket.detach(), this);
  }

  get received(): Buffer {
    return Buffer.concat(this.chunks);
  }

  get text(): string {
    return this.received.toString();
  }

  onData(bytes: Uint8Array): void {
    this.chunks.push(Buffer.from(bytes));
    this.whenData?.(bytes);
    this.changed();
  }

  onEnd(): void {
    this.ended = true;
    this.whenEnded?.();
    this.changed();
  }

  onError(errno: number): void {
    this.errno = errno;
    this.changed();
  }

  onDrain(): void {
    this.drains++;
    this.changed();
  }

  /** Resolves once the condition holds; it is checked after every event. */
  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!condition()) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }

  close(): Promise<number> {
    return new Promise((resolve) => this.stream.close(resolve));
  }

  reset(): Promise<number> {
    return new Promise((resolve) => this.stream.reset(resolve));
  }

  shutdown(): Promise<number> {
    return new Promise((resolve) => this.stream.shutdown(resolve));
  }

  protected changed(): void {
    for (const look of this.#waiting) look();
  }
}
