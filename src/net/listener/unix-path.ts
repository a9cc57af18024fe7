import { lstatSync, unlinkSync } from "node:fs";
import { resolve } from "node:path";
import type { UnixAddress } from "../../address/address.ts";
import { SocketError, unwrap } from "../../errors/socket-error.ts";
import { bindErrors } from "../../posix/bind.ts";
import { tryClose } from "../../posix/close.ts";
import { tryConnect } from "../../posix/connect.ts";
import { AF, SOCK } from "../../posix/constants.ts";
import { endpointOf } from "../../posix/endpoint.ts";
import type { Socket } from "../../posix/owned-socket.ts";
import { trySocket } from "../../posix/socket.ts";
import { host } from "../../system/host.ts";

/** Identifies a file, so that its creator recognizes it. Both are 64 bits wide (stat(3type)). */
export interface UnixFile {
  readonly dev: bigint;
  readonly ino: bigint;
}

/** The path that bind() created for a unix socket, to be removed at the end. */
export class UnixPath {
  readonly #path: string | Buffer;
  readonly #made: UnixFile;
  readonly #isOurs: () => boolean;

  private constructor(path: string | Buffer, made: UnixFile, isOurs: () => boolean) {
    this.#path = path;
    this.#made = made;
    this.#isOurs = isOurs;
  }

  /**
   * The path that was just created, or that another process created and hands over with the
   * identity of its file: another program may have replaced it by now. Undefined if the address has
   * no path, or the file is already gone.
   */
  static made(address: UnixAddress, isOurs = () => true, made?: UnixFile): UnixPath | undefined {
    const path = pathOf(address);
    const file =
      path === undefined ? undefined : (made ?? lstatSync(path, { bigint: true, throwIfNoEntry: false }));
    return path === undefined || file === undefined ? undefined : new UnixPath(path, file, isOurs);
  }

  /** The file that was created. */
  get file(): UnixFile {
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
      const { dev, ino } = lstatSync(this.#path, { bigint: true });
      if (dev === this.#made.dev && ino === this.#made.ino) unlinkSync(this.#path);
    } catch {
      // Already gone, or the directory is no longer writable: nothing more can be done.
    }
  }
}

/** The kind of file at a unix path that is in use. */
export type PathHolder = "a socket in use" | "a socket that no process has open" | "not a socket";

/**
 * Finds out what is at the path by sending to it from a datagram socket. A stream socket in use has
 * the wrong type for that, so its owner gets no connection from us; a socket file that no process
 * has open refuses it (unix_find_bsd in net/unix/af_unix.c).
 */
export function pathHolder(address: UnixAddress): PathHolder {
  const path = pathOf(address);
  const isSocket = path === undefined || lstatSync(path, { throwIfNoEntry: false })?.isSocket();
  if (!isSocket) return "not a socket";
  const probe = trySocket(AF.UNIX, SOCK.DGRAM);
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
export function explainPathInUse(address: UnixAddress, open: () => Socket): Socket {
  try {
    return open();
  } catch (error) {
    if (!(error instanceof SocketError) || error.name !== "AddressInUse") throw error;
    if (pathOf(address) === undefined) throw error;
    const detail = `It is ${pathHolder(address)}.`;
    const where = endpointOf(address);
    return unwrap(bindErrors.fail(host, "AddressInUse", where, undefined, detail), explainPathInUse);
  }
}

/**
 * Absolute, since the process may change its directory; undefined if the name is not in the file
 * system.
 */
function pathOf({ path }: UnixAddress): string | Buffer | undefined {
  if (typeof path === "string") return path.startsWith("\0") || path === "" ? undefined : resolve(path);
  return path[0] === 0 || path.length === 0 ? undefined : Buffer.from(path);
}
