import type { FileHandle } from "node:fs/promises";
import { builtin } from "../../builtin.ts";
import { argumentType, descriptor, invalidValue, kind } from "../../errors/argument.ts";
import { CLOSE_ON_EXEC } from "../../system/descriptor-flags.ts";
import type { System } from "../../system/system.ts";

/** A file to send: its path, a FileHandle of `node:fs/promises`, or a descriptor number. */
export type FileToSend = string | URL | FileHandle | number;

const fs = builtin("node:fs");

type ReadDone = (error: unknown, fd: number) => void;

/** A path, or a descriptor number, for `openFile()`. */
export type FileToOpen = string | URL | number;

/**
 * Throws a TypeError or RangeError unless the value is a file that can be sent. The number of a
 * FileHandle is read once, here.
 */
export function checkFile(file: FileToSend): FileToOpen {
  if (fs === undefined) throw invalidValue("sendFile() needs node:fs, which this runtime lacks");
  if (file instanceof URL) return file;
  if (typeof file === "number") return descriptor(file);
  if (typeof file === "string") {
    if (file === "" || file.includes("\0"))
      throw invalidValue("file is not a path: it is empty or contains a NUL byte");
    return file;
  }
  const fd: unknown = typeof file === "object" && file !== null ? file.fd : undefined;
  if (typeof fd !== "number")
    throw argumentType(`file must be a path, a URL, a FileHandle or a descriptor, not ${kind(file)}`);
  // A closed FileHandle has none.
  return fd === -1 ? fd : descriptor(fd);
}

/**
 * A file that is open while it is sent. A descriptor is duplicated, if the system can do so: the
 * caller may close its own, and the number may be reused for another file.
 */
export class OpenFile {
  readonly fd: number;
  readonly #close: (then: () => void) => void;
  /** The handle it is read through: Deno reads only descriptors that it opened itself. */
  #readable: number;
  readonly #original: number;

  constructor(fd: number, close: (then: () => void) => void, original = fd) {
    this.fd = fd;
    this.#close = close;
    this.#readable = fd;
    this.#original = original;
  }

  close(then: () => void): void {
    this.#close(then);
  }

  /** Reads from an offset, or from the file's position if it is null. */
  read(into: Uint8Array, length: number, offset: number | null, done: ReadDone): void {
    fs?.read(this.#readable, into, 0, length, offset, (error, count) => {
      if (error?.code !== "EBADF" || this.#readable === this.#original) {
        done(error, count);
        return;
      }
      this.#readable = this.#original;
      this.read(into, length, offset, done);
    });
  }
}

/** Opens a file that `checkFile()` accepted. Calls `done` during this call or later. */
export function openFile(
  system: System,
  file: FileToOpen,
  done: (error: unknown, file?: OpenFile) => void,
): void {
  if (typeof file === "string" || file instanceof URL) {
    openPath(file, done);
    return;
  }
  if (file < 0) {
    done(invalidValue("the FileHandle is closed"));
    return;
  }
  if (system.sendfile === undefined) {
    done(null, new OpenFile(file, (then) => then()));
    return;
  }
  const duplicate = system.dup(file, CLOSE_ON_EXEC, 0);
  if (duplicate < 0) {
    done(systemError(system, duplicate, "dup"));
    return;
  }
  system.closeAtThreadEnd(duplicate);
  done(
    null,
    new OpenFile(
      duplicate,
      (then) => {
        system.keepAtThreadEnd(duplicate);
        system.close(duplicate);
        then();
      },
      file,
    ),
  );
}

/**
 * Opens a path, unless it is a fifo: opening or reading one may take forever, no timeout can
 * interrupt it, and a few of them block every call of node:fs.
 */
function openPath(path: string | URL, done: (error: unknown, file?: OpenFile) => void): void {
  if (fs === undefined) return;
  const refuse = (fd: number, error: unknown) => fs.close(fd, () => done(error));
  try {
    // A fifo without a writer opens immediately. The flag has no effect on other files.
    fs.open(path, fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0), (error, fd) => {
      if (error !== null) {
        done(error);
        return;
      }
      fs.fstat(fd, (error, stats) => {
        if (error !== null) refuse(fd, error);
        else if (stats.isFIFO())
          refuse(fd, invalidValue("file is a fifo, which may never end: open it, and pipe() its stream"));
        else done(null, new OpenFile(fd, (then) => fs.close(fd, then)));
      });
    });
  } catch (error) {
    // A URL that is not a file's.
    done(error);
  }
}

/** An error like those of node:fs: `EBADF: dup`. */
function systemError(system: System, errno: number, syscall: string): Error {
  const code = system.errnoName(-errno) ?? "Unknown";
  return Object.assign(new Error(`${code}: the file's descriptor cannot be used, ${syscall}`), {
    errno,
    code,
    syscall,
  });
}
