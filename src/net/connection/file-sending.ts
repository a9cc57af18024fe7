import type { PendingPoll, Stream } from "../../engine/engine.ts";
import { CLOSE_ON_EXEC } from "../../system/descriptor-flags.ts";
import { type FileToOpen, type OpenFile, openFile } from "./file-to-send.ts";
import type { HeldStream, Sending } from "./held-stream.ts";

/**
 * How many bytes of a file one turn of the event loop sends: the call blocks while it reads from
 * disk. nginx's sendfile_max_chunk is 2 MiB.
 */
const PER_TURN = 1 << 20;

/** How many bytes to read at once if the system cannot send a file by itself. */
const READ = 1 << 17;

/** Errors of `sendfile()` that concern the file, or mean that it must be read instead. */
const OF_FILE: readonly string[] = [
  "EBADF",
  "EINVAL",
  "EIO",
  "EISDIR",
  "ENOMEM",
  "ENOSYS",
  "EOPNOTSUPP",
  "EOVERFLOW",
  "EPERM",
  "ESPIPE",
];

/** What it needs from `sendFile()`. */
export interface FileRequest {
  readonly file: FileToOpen;
  readonly offset: number;
  readonly length: number;
  readonly progress: ((sent: number) => void) | undefined;
  /**
   * Called when the file is closed again. If it is stopped while the file is being opened or read,
   * also called at that time; the second call changes nothing.
   */
  readonly done: (error: unknown, failed: boolean) => void;
  /** Part of the file is sent, but the rest cannot be, so the connection is unusable. */
  readonly broken: (error: unknown) => void;
}

/** A file that is being sent. */
export class FileSending implements Sending {
  /** The number of bytes that the system has accepted. */
  sent = 0;
  readonly #stream: Stream;
  readonly #held: HeldStream;
  readonly #request: FileRequest;
  #file: OpenFile | undefined;
  #offset: number | null;
  #state: "opening" | "open" | "running" | "stopped" = "opening";
  /** Its turn has come, and the file is not open yet. */
  #due = false;
  #error: { readonly error: unknown } | undefined;
  /** A duplicate of the socket to wait with, made when its buffer is first full. */
  #duplicate = -1;
  #poll: PendingPoll | undefined;
  /** Memory to read the file into, if the system cannot send it. */
  #buffer: Uint8Array | undefined;
  /** Bytes of the buffer that were passed to the engine and not yet accepted by the system. */
  #written = 0;
  /** The file is being read, so its descriptor must stay open. */
  #reading = false;
  #whenStopped: (() => void) | undefined;

  constructor(stream: Stream, held: HeldStream, request: FileRequest) {
    this.#stream = stream;
    this.#held = held;
    this.#request = request;
    this.#offset = request.offset;
    openFile(stream.system, request.file, (error, file) => this.#opened(error, file));
  }

  start(): void {
    this.#due = true;
    if (this.#state === "open" && this.#file !== undefined) this.#runSoon();
  }

  onDrain(): void {
    if (this.#written === 0 || this.#state !== "running") return;
    this.#tookWritten();
    this.#runSoon();
  }

  /** Ends it before it is sent. */
  abort(error: unknown): void {
    if (this.#state === "stopped") return;
    this.#error ??= { error };
    if (this.sent > 0 || this.#written > 0) {
      this.#request.broken(error);
    } else {
      this.stop(error, () => {});
      this.#held.drop(this);
    }
  }

  stop(error: unknown, then: () => void): void {
    if (this.#state === "stopped") {
      then();
      return;
    }
    this.#error ??= { error };
    this.#whenStopped = then;
    this.#end();
  }

  #opened(error: unknown, file?: OpenFile): void {
    this.#file = file;
    if (this.#state === "stopped") {
      this.#close();
      return;
    }
    this.#state = "open";
    if (file === undefined) {
      // Argument errors are thrown before there is a promise to reject.
      this.#stream.system.clock.setImmediate(() => this.abort(error));
    } else if (this.#due) {
      this.#runSoon();
    }
  }

  /** Not immediately: the program may have called this, and other work gets a turn in between. */
  #runSoon(): void {
    if (this.#state === "stopped") return;
    this.#state = "running";
    this.#stream.system.clock.setImmediate(this.#run);
  }

  readonly #run = (): void => {
    if (this.#state !== "running") return;
    try {
      if (this.#buffer === undefined) this.#send();
      else this.#read();
    } catch (error) {
      // The error of progress().
      this.abort(error);
    }
  };

  get #rest(): number {
    return this.#request.length - this.sent;
  }

  #send(): void {
    const { system, fd } = this.#stream;
    const file = this.#file;
    if (file === undefined || system.sendfile === undefined) {
      this.#readInstead();
      return;
    }
    for (let budget = PER_TURN; budget > 0; ) {
      if (this.#rest === 0) {
        this.#end();
        return;
      }
      const offset = this.#request.offset + this.sent;
      const result = system.sendfile(fd, file.fd, offset, Math.min(this.#rest, budget));
      if (result > 0) {
        budget -= result;
        this.#took(result);
        if (this.#state !== "running") return;
      } else if (result === 0) {
        this.#end();
        return;
      } else if (result === -system.errnos.EAGAIN) {
        this.#waitUntilWritable();
        return;
      } else if (OF_FILE.includes(system.errnoName(-result) ?? "")) {
        this.#readInstead();
        return;
      } else if (result !== -system.errnos.EINTR) {
        this.#stream.failSending(result);
        return;
      }
    }
    this.#runSoon();
  }

  #took(bytes: number): void {
    this.sent += bytes;
    this.#request.progress?.(this.sent);
  }

  /** Waits until the socket is writable. */
  #waitUntilWritable(): void {
    const { system, fd } = this.#stream;
    if (this.#duplicate < 0) {
      this.#duplicate = system.dup(fd, CLOSE_ON_EXEC, 0);
      if (this.#duplicate < 0) {
        // No descriptor is free, so the engine sends some bytes of the file, and waits for that.
        this.#readInstead();
        return;
      }
      system.closeAtThreadEnd(this.#duplicate);
    }
    this.#poll = this.#stream.pollDuplicate(this.#duplicate, (errno) => {
      this.#poll = undefined;
      if (this.#state === "stopped") this.#close();
      else if (errno < 0) this.#readInstead();
      else this.#run();
    });
    if (!this.#stream.hasRef()) this.#poll.unref();
  }

  /** Reads the rest and writes it, which copies it. */
  #readInstead(): void {
    this.#buffer = new Uint8Array(READ);
    this.#offset = this.#request.offset + this.sent;
    this.#read();
  }

  #read(): void {
    const file = this.#file;
    const into = this.#buffer;
    if (this.#rest === 0 || file === undefined || into === undefined) {
      this.#end();
      return;
    }
    this.#reading = true;
    file.read(into, Math.min(this.#rest, READ), this.#offset, (error, count) => {
      this.#reading = false;
      if (this.#state === "stopped") this.#close();
      else if (error !== null) this.#failedToRead(error);
      else if (count === 0) this.#end();
      else this.#write(into.subarray(0, count));
    });
  }

  #failedToRead(error: unknown): void {
    // A pipe or a terminal has no offsets, so the first bytes read are sent.
    const isStream = isErrorOf(error, "ESPIPE") && this.#request.offset === 0 && this.#offset !== null;
    if (!isStream) {
      this.abort(error);
      return;
    }
    this.#offset = null;
    this.#runSoon();
  }

  #write(bytes: Uint8Array): void {
    this.#written = bytes.length;
    if (this.#offset !== null) this.#offset += bytes.length;
    this.#stream.write(bytes);
    if (this.#stream.pendingBytes > 0) return;
    this.#tookWritten();
    this.#runSoon();
  }

  #tookWritten(): void {
    const written = this.#written;
    this.#written = 0;
    try {
      this.#took(written);
    } catch (error) {
      this.abort(error);
    }
  }

  /** It is sent, or stopped. */
  #end(): void {
    if (this.#state === "stopped") return;
    const isOpening = this.#state === "opening";
    this.#state = "stopped";
    if (this.#poll !== undefined) this.#poll.cancel();
    else if (!isOpening && !this.#reading) this.#close();
    // Whatever waits only for the socket need not wait for the file.
    if (this.#poll === undefined) this.#leaveSocket();
    // Opening or reading a pipe may block forever. The file is closed once that returns.
    if (this.#error !== undefined && (isOpening || this.#reading))
      this.#request.done(this.#error.error, true);
  }

  #close(): void {
    this.#leaveSocket();
    const finish = () => {
      if (this.#error === undefined) this.#request.done(null, false);
      else this.#request.done(this.#error.error, true);
    };
    if (this.#file === undefined) finish();
    else this.#file.close(finish);
  }

  /** It no longer uses the socket. */
  #leaveSocket(): void {
    if (this.#duplicate >= 0) {
      const { system } = this.#stream;
      system.keepAtThreadEnd(this.#duplicate);
      system.close(this.#duplicate);
      this.#duplicate = -1;
    }
    const then = this.#whenStopped;
    this.#whenStopped = undefined;
    then?.();
    if (this.#error === undefined) this.#held.sent(this);
  }
}

const isErrorOf = (error: unknown, code: string): boolean =>
  error instanceof Error && "code" in error && error.code === code;
