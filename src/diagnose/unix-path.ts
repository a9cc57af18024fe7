import { lstatSync, type Stats } from "node:fs";
import { isError } from "../errors/is-error.ts";
import { tryConnect } from "../posix/connect.ts";
import { AF, SOCK } from "../posix/constants.ts";
import { socket } from "../posix/socket.ts";
import { hostTables } from "../system/this-host.ts";
import type { SocketUse, UnixSocket } from "./open-socket.ts";
import { unixSockets } from "./socket-table.ts";

/** Stats a path: `"denied"` if a directory cannot be searched, undefined if nothing exists. */
export function statOf(path: Buffer): Stats | "denied" | undefined {
  try {
    return lstatSync(path);
  } catch (error) {
    return isError(error) && "code" in error && error.code === "EACCES" ? "denied" : undefined;
  }
}

/**
 * The sockets of a file in this network namespace; undefined if the system does not list them. They
 * are matched by file, since the path of a socket may be relative to another directory.
 */
export function socketsOfFile(found: Stats, uses: readonly SocketUse[]): UnixSocket[] | undefined {
  return unixSockets(uses)?.filter(({ file }) => file?.inode === found.ino && file.device === found.dev);
}

/** The sockets of an abstract name, in this network namespace. */
export function socketsOfName(name: Buffer, uses: readonly SocketUse[]): UnixSocket[] | undefined {
  return unixSockets(uses)?.filter(({ local }) => name.equals(Buffer.from(local.path)));
}

/**
 * Connects to a path, to distinguish a closed socket from a listener in another network namespace,
 * which is not in the table.
 */
export function probePath(path: Buffer): "listening" | "refused" | "another type" | Error {
  using probe = socket(AF.UNIX, SOCK.STREAM, 0, { nonblocking: true });
  const connected = tryConnect(probe, { family: "unix", path });
  // The queue of a listener may be full.
  if (connected.ok || connected.error.name === "WouldBlock") return "listening";
  if (connected.error.name === "ConnectionRefused") return "refused";
  return connected.error.name === "WrongProtocolType" ? "another type" : connected.error;
}

/** Whether something listens on a path or an abstract name. */
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
