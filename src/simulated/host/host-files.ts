import { errnos } from "../../system/linux/errno.ts";
import type { SocketFiles } from "../../system/services.ts";

const { EADDRINUSE, ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR } = errnos;

/** A file of a simulated host, other than a directory or symbolic link. */
export interface HostFile {
  readonly inode: number;
  /**
   * The unix socket bound to it; undefined once that is closed, or if it is another kind of file.
   */
  socket: object | undefined;
  readonly isSocket: boolean;
  mode: number;
}

class Directory {
  readonly inode: number;
  /** The root's is itself. */
  readonly parent: Directory;
  readonly entries = new Map<string, Entry>();

  constructor(inode: number, parent?: Directory) {
    this.inode = inode;
    this.parent = parent ?? this;
  }
}

class Link {
  readonly inode: number;
  readonly target: string;

  constructor(inode: number, target: string) {
    this.inode = inode;
    this.target = target;
  }
}

type Entry = Directory | Link | HostFile;

/** Where a path ends: in a directory, under a name there. */
interface LookedUp {
  readonly directory: Directory;
  /** "", "." and ".." name the directory, or the one above it. */
  readonly name: string;
  readonly entry: Entry | undefined;
  /** Whether the path ends with a slash, as only a directory's may. */
  readonly slash: boolean;
}

const DEVICE = 1n;
const decoder = new TextDecoder();
const encoder = new TextEncoder();
/** NAME_MAX and MAXSYMLINKS. */
const LONGEST_NAME = 255;
const MOST_LINKS = 40;

/**
 * The part of a file system that unix sockets need: directories, symbolic links, and the files that
 * bind() creates. The process's working directory is the root. Each byte of a path is kept as one
 * character.
 */
export class HostFileSystem implements SocketFiles {
  readonly #root = new Directory(1);
  #inodes = 1;

  constructor() {
    for (const path of ["/run", "/tmp", "/var/run"]) this.makeDirectory(path);
  }

  /** Makes a directory, and those above it. */
  makeDirectory(path: string): void {
    let at = this.#root;
    for (const name of this.absolute(path).split("/").filter(Boolean)) {
      const found = at.entries.get(name);
      const next = found instanceof Directory ? found : new Directory(this.#next(), at);
      at.entries.set(name, next);
      at = next;
    }
  }

  /** Creates a file that is not a socket. */
  makeFile(path: string): void {
    this.#make(path, { inode: this.#next(), socket: undefined, isSocket: false, mode: 0o644 });
  }

  /** Makes a symbolic link. */
  makeLink(target: string, path: string): void {
    this.#make(path, new Link(this.#next(), textOf(target)));
  }

  #make(path: string, entry: Entry): void {
    const walked = this.#walk(textOf(path), "keep");
    if (typeof walked === "object") walked.directory.entries.set(walked.name, entry);
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
    const walked = this.#walk(textOf(path), "keep");
    const entry = typeof walked === "number" ? undefined : walked.entry;
    return (
      entry && { dev: DEVICE, ino: BigInt(entry.inode), isSocket: "isSocket" in entry && entry.isSocket }
    );
  }

  remove(path: string | Uint8Array): void {
    const walked = this.#walk(textOf(path), "keep");
    if (typeof walked === "object" && walked.entry !== undefined && !(walked.entry instanceof Directory)) {
      walked.directory.entries.delete(walked.name);
      return;
    }
    const error = new Error(`ENOENT: no such file or directory, unlink '${show(path)}'`);
    throw Object.assign(error, { code: "ENOENT", errno: -ENOENT, syscall: "unlink", path: show(path) });
  }

  permitAll(path: string, reading: boolean, writing: boolean): void {
    const file = this.look(encoder.encode(path));
    if (typeof file === "object") file.mode |= (reading ? 0o444 : 0) | (writing ? 0o222 : 0);
  }

  /**
   * The file at a path that connect() was given, or the errno that looking it up gives:
   * kern_path().
   */
  look(path: Uint8Array): HostFile | number {
    const walked = this.#walk(textOf(path), "follow");
    if (typeof walked === "number") return walked;
    const { entry, slash } = walked;
    if (entry === undefined) return -ENOENT;
    if ("isSocket" in entry) return slash ? -ENOTDIR : entry;
    return { inode: entry.inode, socket: undefined, isSocket: false, mode: 0o755 };
  }

  /** Makes the file of a unix socket; or a negative errno: filename_create() and mknod(2). */
  bind(path: Uint8Array, socket: object): HostFile | number {
    const walked = this.#walk(textOf(path), "keep");
    if (typeof walked === "number") return walked;
    if (walked.entry !== undefined) return -EADDRINUSE;
    // Only a directory can be made there.
    if (walked.slash) return -ENOENT;
    const file: HostFile = { inode: this.#next(), socket, isSocket: true, mode: 0o755 };
    walked.directory.entries.set(walked.name, file);
    return file;
  }

  /** Sockets are gone after a crash; their files stay. */
  crash(): void {
    const forget = (directory: Directory): void => {
      for (const entry of directory.entries.values()) {
        if (entry instanceof Directory) forget(entry);
        else if ("isSocket" in entry) entry.socket = undefined;
      }
    };
    forget(this.#root);
  }

  /**
   * Walks along a path, and through the links on its way; "follow" follows a link at its end, too.
   * Returns a negative errno if it leads nowhere: path_lookupat() in fs/namei.c.
   */
  #walk(path: string, atEnd: "follow" | "keep"): LookedUp | number {
    const slash = path.endsWith("/");
    const names = path.split("/").filter(Boolean);
    let directory = this.#root;
    let links = 0;
    for (let at = 0; at < names.length; at += 1) {
      const name = names[at] ?? "";
      const isLast = at === names.length - 1;
      if (name.length > LONGEST_NAME) return -ENAMETOOLONG;
      const entry = entryOf(directory, name);
      if (entry instanceof Link && (!isLast || atEnd === "follow")) {
        links += 1;
        if (links > MOST_LINKS) return -ELOOP;
        if (entry.target.startsWith("/")) directory = this.#root;
        names.splice(0, at + 1, ...entry.target.split("/").filter(Boolean));
        at = -1;
      } else if (isLast) {
        return { directory, name, entry, slash };
      } else if (entry instanceof Directory) {
        directory = entry;
      } else {
        return entry === undefined ? -ENOENT : -ENOTDIR;
      }
    }
    return { directory, name: "", entry: directory, slash };
  }

  #next(): number {
    this.#inodes += 1;
    return this.#inodes;
  }
}

function entryOf(directory: Directory, name: string): Entry | undefined {
  if (name === ".") return directory;
  return name === ".." ? directory.parent : directory.entries.get(name);
}

/** One character for each byte of a path, up to its NUL. */
function textOf(path: string | Uint8Array): string {
  const bytes = typeof path === "string" ? encoder.encode(path) : path;
  const end = bytes.indexOf(0);
  let text = "";
  for (const byte of end < 0 ? bytes : bytes.subarray(0, end)) text += String.fromCharCode(byte);
  return text;
}

const show = (path: string | Uint8Array): string => (typeof path === "string" ? path : decoder.decode(path));
