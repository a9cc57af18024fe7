import { errnos } from "../../system/linux/errno.ts";
import type { SocketFiles } from "../../system/services.ts";

/** A file of a simulated host. */
export interface HostFile {
  readonly inode: number;
  /**
   * The unix socket bound to it; undefined once that is closed, or if it is another kind of file.
   */
  socket: object | undefined;
  readonly isSocket: boolean;
  mode: number;
}

const DEVICE = 1n;
const decoder = new TextDecoder();
const encoder = new TextEncoder();

/**
 * The little of a file system that unix sockets need: directories, and the files that bind() makes.
 * Bytes of a path are kept as they are, one character each.
 */
export class HostFileSystem implements SocketFiles {
  readonly #directories = new Set<string>(["/", "/run", "/tmp", "/var", "/var/run"]);
  readonly #files = new Map<string, HostFile>();
  #inodes = 1;

  /** Makes a directory, and those above it. */
  makeDirectory(path: string): void {
    const parts = this.absolute(path).split("/").filter(Boolean);
    for (let count = 1; count <= parts.length; count += 1)
      this.#directories.add(`/${parts.slice(0, count).join("/")}`);
  }

  /** Makes a file that is no socket. */
  makeFile(path: string): void {
    this.#files.set(keyOf(path), { inode: this.#next(), socket: undefined, isSocket: false, mode: 0o644 });
  }

  absolute(path: string): string {
    const parts: string[] = [];
    for (const part of path.split("/")) {
      if (part === "..") parts.pop();
      else if (part !== "" && part !== ".") parts.push(part);
    }
    return `/${parts.join("/")}`;
  }

  find(path: string | Uint8Array): { dev: bigint; ino: bigint; isSocket: boolean } | undefined {
    const file = this.#files.get(keyOf(path));
    if (file !== undefined) return { dev: DEVICE, ino: BigInt(file.inode), isSocket: file.isSocket };
    return this.#directories.has(keyOf(path)) ? { dev: DEVICE, ino: 0n, isSocket: false } : undefined;
  }

  remove(path: string | Uint8Array): void {
    if (this.#files.delete(keyOf(path))) return;
    const error = new Error(`ENOENT: no such file or directory, unlink '${show(path)}'`);
    throw Object.assign(error, {
      code: "ENOENT",
      errno: -errnos.ENOENT,
      syscall: "unlink",
      path: show(path),
    });
  }

  permitAll(path: string, reading: boolean, writing: boolean): void {
    const file = this.#files.get(keyOf(path));
    if (file !== undefined) file.mode |= (reading ? 0o444 : 0) | (writing ? 0o222 : 0);
  }

  /**
   * The file at a path that bind() or connect() was given, or the errno that looking it up gives.
   */
  look(path: Uint8Array): HostFile | number {
    const key = keyOf(path);
    const problem = this.#parentOf(key);
    if (problem < 0) return problem;
    if (endsWithSlash(path) && this.#files.has(key)) return -errnos.ENOTDIR;
    if (this.#directories.has(key)) return { inode: 0, socket: undefined, isSocket: false, mode: 0o755 };
    return this.#files.get(key) ?? -errnos.ENOENT;
  }

  /** Makes the file of a unix socket; or a negative errno: mknod(2). */
  bind(path: Uint8Array, socket: object): HostFile | number {
    const key = keyOf(path);
    const problem = this.#parentOf(key);
    if (problem < 0) return problem;
    if (this.#files.has(key) || this.#directories.has(key)) return -errnos.EADDRINUSE;
    // Only a directory can be made there: filename_create().
    if (endsWithSlash(path)) return -errnos.ENOENT;
    const file: HostFile = { inode: this.#next(), socket, isSocket: true, mode: 0o755 };
    this.#files.set(key, file);
    return file;
  }

  /** Sockets are gone after a crash; their files stay. */
  crash(): void {
    for (const file of this.#files.values()) file.socket = undefined;
  }

  /** Checks the directory that a path is in. */
  #parentOf(key: string): number {
    if (key.split("/").some((part) => part.length > 255)) return -errnos.ENAMETOOLONG;
    const parent = key.slice(0, key.lastIndexOf("/")) || "/";
    if (this.#directories.has(parent)) return 0;
    for (let at = parent; at !== ""; at = at.slice(0, at.lastIndexOf("/"))) {
      if (this.#files.has(at)) return -errnos.ENOTDIR;
      if (this.#directories.has(at)) break;
    }
    return -errnos.ENOENT;
  }

  #next(): number {
    this.#inodes += 1;
    return this.#inodes;
  }
}

const SLASH = 0x2f;

const endsWithSlash = (path: Uint8Array): boolean => {
  const end = path.indexOf(0);
  return path[(end === -1 ? path.length : end) - 1] === SLASH;
};

/** A normal form of a path: one character for each byte, absolute, without "." and empty parts. */
function keyOf(path: string | Uint8Array): string {
  const bytes = typeof path === "string" ? encoder.encode(path) : path;
  const parts: string[] = [];
  let part = "";
  const end = () => {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
    part = "";
  };
  for (const byte of bytes) {
    if (byte === 0) break;
    if (byte === SLASH) end();
    else part += String.fromCharCode(byte);
  }
  end();
  return `/${parts.join("/")}`;
}

const show = (path: string | Uint8Array): string => (typeof path === "string" ? path : decoder.decode(path));
