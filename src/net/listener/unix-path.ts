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

/** A file, as a program that made it knows it again. */
export interface UnixFile {
  readonly dev: number;
  readonly ino: number;
}

/** The path that bind() made for a unix socket, to be removed at the end. */
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
   * The path that was just made, or that another process made and hands over, which says which file
   * it was: by now another program may have its own there. Undefined where the address has none, or
   * it is gone again.
   */
  static made(address: UnixAddress, isOurs = () => true, made?: UnixFile): UnixPath | undefined {
    const path = pathOf(address);
    const file = path === undefined ? undefined : (made ?? lstatSync(path, { throwIfNoEntry: false }));
    return path === undefined || file === undefined ? undefined : new UnixPath(path, file, isOurs);
  }

  /** The file that was made. */
  get file(): UnixFile {
    return this.#made;
  }

  /** Whether it is ours to remove. */
  get ours(): boolean {
    return this.#isOurs();
  }

  /**
   * Removes it, if it is still the file that was made, and may be removed: another program may have
   * made its own since.
   */
  remove(): void {
    if (!this.ours) return;
    try {
      const { dev, ino } = lstatSync(this.#path);
      if (dev === this.#made.dev && ino === this.#made.ino) unlinkSync(this.#path);
    } catch {
      // It is gone, or the directory may not be written any more: there is nothing to be done about
      // it.
    }
  }
}

/** What lies at the path of a unix address that is in use. */
export type PathHolder = "a socket in use" | "a socket that nobody has open" | "not a socket";

/**
 * Who has the path. A datagram socket asks, to which a stream socket in use is of the wrong type,
 * so that its owner gets no connection from us; a file that nobody has open refuses it
 * (unix_find_bsd in net/unix/af_unix.c).
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
    ? "a socket that nobody has open"
    : "a socket in use";
}

/**
 * Opens a socket at a path, and says more of one that is in use. It is never removed: between
 * another program's bind() and its listen(), or just before it starts again, a path in use looks
 * the same as one that was left behind.
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
 * Absolute, since the process may change its directory; undefined where the name is not in the file
 * system.
 */
function pathOf({ path }: UnixAddress): string | Buffer | undefined {
  if (typeof path === "string") return path.startsWith("\0") || path === "" ? undefined : resolve(path);
  return path[0] === 0 || path.length === 0 ? undefined : Buffer.from(path);
}
