import { errnos } from "../../system/linux/errno.ts";
import type { HostFileSystem } from "../host/host-files.ts";

const { EADDRINUSE, ECONNREFUSED, ENOSPC, EPROTOTYPE } = errnos;

/** A socket that can have a name. */
interface Named {
  readonly type: number;
}

const keyOf = (type: number, name: Uint8Array): string => `${type} ${name.join(",")}`;

/**
 * The names of a host's unix sockets: files, and Linux's abstract names, which each type has its
 * own of.
 */
export class UnixNames<UnixSocket extends Named> {
  readonly #files: HostFileSystem;
  readonly #abstract = new Map<string, UnixSocket>();
  #next = 0;

  constructor(files: HostFileSystem) {
    this.#files = files;
  }

  /**
   * Binds a socket to sun_path: a path ends with its NUL, an abstract name begins with one. Returns
   * the name as getsockname() gives it, or a negative errno.
   */
  bind(socket: UnixSocket, path: Uint8Array): Uint8Array | number {
    if (path[0] !== 0) {
      const end = path.indexOf(0);
      const text = end === -1 ? path : path.subarray(0, end);
      const made = this.#files.bind(text, socket);
      if (typeof made === "number") return made;
      const name = new Uint8Array(text.length + 1);
      name.set(text);
      return name;
    }
    const key = keyOf(socket.type, path);
    if (this.#abstract.has(key)) return -EADDRINUSE;
    this.#abstract.set(key, socket);
    return path.slice();
  }

  /** unix_autobind(): a NUL and five hexadecimal digits. */
  bindAny(socket: UnixSocket): Uint8Array | number {
    for (let tries = 0; tries <= 0xfffff; tries += 1) {
      this.#next = (this.#next + 1) & 0xfffff;
      const digits = this.#next.toString(16).padStart(5, "0");
      const name = Uint8Array.from(`\0${digits}`, (char) => char.charCodeAt(0));
      const key = keyOf(socket.type, name);
      if (this.#abstract.has(key)) continue;
      this.#abstract.set(key, socket);
      return name;
    }
    return -ENOSPC;
  }

  /** unix_find_other(): the socket with a name, or a negative errno. */
  find(type: number, path: Uint8Array): UnixSocket | number {
    if (path[0] === 0) return this.#abstract.get(keyOf(type, path)) ?? -ECONNREFUSED;
    const file = this.#files.look(path);
    if (typeof file === "number") return file;
    const { socket } = file;
    if (socket === undefined) return -ECONNREFUSED;
    const found = this.#bound.get(socket);
    if (found === undefined) return -ECONNREFUSED;
    return found.type === type ? found : -EPROTOTYPE;
  }

  /** The sockets that are bound to files, which know them as objects only. */
  readonly #bound = new WeakMap<object, UnixSocket>();

  /** A socket has a path from now on. */
  own(socket: UnixSocket): void {
    this.#bound.set(socket, socket);
  }

  /** The socket is closed: its abstract name is free, and its file refuses connections. */
  release(socket: UnixSocket, name: Uint8Array): void {
    if (name[0] === 0) this.#abstract.delete(keyOf(socket.type, name));
    else this.#bound.delete(socket);
  }

  crash(): void {
    this.#abstract.clear();
  }
}
