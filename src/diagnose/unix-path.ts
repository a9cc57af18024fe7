import { lstatSync, type Stats } from "node:fs";
import { isError } from "../errors/is-error.ts";
import { tryConnect } from "../posix/connect.ts";
import { AF, SOCK } from "../posix/constants.ts";
import { socket } from "../posix/socket.ts";
import { hostTables } from "../system/this-host.ts";
import type { SocketUse, UnixSocket } from "./open-socket.ts";
import { unixSockets } from "./socket-table.ts";

/**
 * What is at a path: `"denied"` where a directory of it may not be searched, undefined where there
 * is nothing.
 */
export function statOf(path: Buffer): Stats | "denied" | undefined {
  try {
    return lstatSync(path);
  } catch (error) {
    return isError(error) && "code" in error && error.code === "EACCES" ? "denied" : undefined;
  }
}

/**
 * The sockets of a file, in this network namespace; undefined where the kernel does not tell. The
 * path that a socket was bound to says little, since it may be relative to another directory: its
 * file says which it is.
 */
export function socketsOfFile(found: Stats, uses: readonly SocketUse[]): UnixSocket[] | undefined {
  return unixSockets(uses)?.filter(({ file }) => file?.inode === found.ino && file.device === found.dev);
}

/** The sockets of an abstract name, which is of this network namespace, as the table is. */
export function socketsOfName(name: Buffer, uses: readonly SocketUse[]): UnixSocket[] | undefined {
  return unixSockets(uses)?.filter(({ local }) => name.equals(Buffer.from(local.path)));
}

/**
 * What a connection to a path comes to. A path can be connected to across network namespaces, and
 * the table is of one: so this tells a listener of another one from a socket that is gone.
 */
export function probePath(path: Buffer): "listening" | "refused" | "another type" | Error {
  using probe = socket(AF.UNIX, SOCK.STREAM, 0, { nonblocking: true });
  const connected = tryConnect(probe, { family: "unix", path });
  // A listener whose queue is full is one, too.
  if (connected.ok || connected.error.name === "WouldBlock") return "listening";
  if (connected.error.name === "ConnectionRefused") return "refused";
  return connected.error.name === "WrongProtocolType" ? "another type" : connected.error;
}

/** Whether somebody listens on a path or an abstract name. */
export function isPathListenedOn(path: Buffer): boolean {
  if (path[0] === 0) {
    const named = socketsOfName(path, ["listening"]);
    return named === undefined ? probePath(path) === "listening" : named.length > 0;
  }
  const found = statOf(path);
  if (found === undefined || found === "denied") return false;
  if (hostTables.sockets.filesTellSockets && !found.isSocket()) return false;
  const listening = socketsOfFile(found, ["listening"]) ?? [];
  return listening.length > 0 || probePath(path) === "listening";
}
