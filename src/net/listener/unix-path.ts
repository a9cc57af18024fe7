import type { UnixAddress } from "../../address/address.ts";
import { SocketError, unwrap } from "../../errors/socket-error.ts";
import { bindErrors } from "../../posix/bind.ts";
import { tryClose } from "../../posix/close.ts";
import { tryConnect } from "../../posix/connect.ts";
import { endpointOf } from "../../posix/endpoint.ts";
import type { Socket } from "../../posix/owned-socket.ts";
import { trySocket } from "../../posix/socket.ts";
import type { FileNumber } from "../../system/services.ts";
import type { System } from "../../system/system.ts";
import { copyOf } from "../../system/view.ts";

/**
 * The path that bind() created for a unix socket, to be removed at the end.
 *
 * Two windows cannot be closed: another program may replace the path between bind() and the look at
 * its file, and between the look and unlink(). bind() does not say which file it created, and
 * unlink() takes a name, not a file. Binding another name and linking it to the path would change
 * the address that getsockname() returns to every client; moving the path aside with renameat2() to
 * inspect it would refuse clients that connect meanwhile; and a lock works only between programs
 * that use it.
 */
export class UnixPath {
  readonly #system: System;
  readonly #path: string | Uint8Array;
  readonly #made: FileNumber;
  readonly #isOurs: () => boolean;

  private constructor(system: System, path: string | Uint8Array, made: FileNumber, isOurs: () => boolean) {
    this.#system = system;
    this.#path = path;
    this.#made = made;
    this.#isOurs = isOurs;
  }

  /**
   * The path that was just created, or that another process created and hands over with the
   * identity of its file: another program may have replaced it by now. Undefined if the address has
   * no path, or the file is already gone.
   */
  static made(
    system: System,
    address: UnixAddress,
    isOurs = () => true,
    made?: FileNumber,
  ): UnixPath | undefined {
    const path = pathOf(system, address);
    const file = path === undefined ? undefined : (made ?? system.files.find(path));
    return path === undefined || file === undefined ? undefined : new UnixPath(system, path, file, isOurs);
  }

  /** The file that was created. */
  get file(): FileNumber {
    return this.#made;
  }

  /** Whether this process may remove it. */
  get ours(): boolean {
    return this.#isOurs();
  }

  /**
   * Removes the path if it is still the file that was created, and this process may remove it:
   * another program may have replaced it since.
   */
  remove(): void {
    if (!this.ours) return;
    try {
      const { files } = this.#system;
      const file = files.find(this.#path);
      if (file?.dev === this.#made.dev && file.ino === this.#made.ino) files.remove(this.#path);
    } catch {
      // Already gone, or the directory is no longer writable: nothing more can be done.
    }
  }
}

/** What is at a unix path that is in use. */
export type PathHolder = "a socket in use" | "a socket that no process has open" | "not a socket";

/**
 * Finds out what is at the path by sending to it from a datagram socket. A stream socket in use has
 * the wrong type for that, so its owner gets no connection from us; a socket file that no process
 * has open refuses it (unix_find_bsd in net/unix/af_unix.c).
 */
export function pathHolder(system: System, address: UnixAddress): PathHolder {
  const { AF, SOCK } = system.constants;
  const path = pathOf(system, address);
  const isSocket = path === undefined || system.files.find(path)?.isSocket;
  if (!isSocket) return "not a socket";
  const probe = trySocket(AF.UNIX, SOCK.DGRAM, 0, { system });
  if (!probe.ok) return "a socket in use";
  const result = tryConnect(probe.value, address);
  tryClose(probe.value);
  return !result.ok && result.error.name === "ConnectionRefused"
    ? "a socket that no process has open"
    : "a socket in use";
}

/**
 * Opens a socket at a path, and explains the error if the path is in use. Never removes the path:
 * between another program's bind() and listen(), or just before its restart, a path in use looks
 * the same as a stale one.
 */
export function explainPathInUse(system: System, address: UnixAddress, open: () => Socket): Socket {
  try {
    return open();
  } catch (error) {
    if (!(error instanceof SocketError) || error.name !== "AddressInUse") throw error;
    if (pathOf(system, address) === undefined) throw error;
    const detail = `It is ${pathHolder(system, address)}.`;
    const where = endpointOf(address);
    return unwrap(bindErrors.fail(system, "AddressInUse", where, undefined, detail), explainPathInUse);
  }
}

/**
 * Absolute, since the process may change its directory; undefined if the name is not in the file
 * system.
 */
function pathOf({ files }: System, { path }: UnixAddress): string | Uint8Array | undefined {
  if (typeof path === "string")
    return path.startsWith("\0") || path === "" ? undefined : files.absolute(path);
  return path[0] === 0 || path.length === 0 ? undefined : copyOf(path);
}
