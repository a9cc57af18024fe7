import { accessSync, constants, lstatSync, type Stats } from "node:fs";
import { dirname } from "node:path";
import type { UnixAddress } from "../address/address.ts";
import { close } from "../posix/close.ts";
import { tryConnect } from "../posix/connect.ts";
import { AF, SOCK } from "../posix/constants.ts";
import { socket } from "../posix/socket.ts";
import type { Cause, Held, NotASocket } from "./explanation.ts";
import type { UnixSocket } from "./open-socket.ts";
import { holdersOf, userName } from "./process.ts";
import { unixSockets } from "./socket-table.ts";

const NO_SOCK_DIAG: Cause = { kind: "unseen", reason: "The kernel has no sock_diag for unix sockets." };

/** Why a unix socket cannot be bound to this name. */
export function explainPath({ path }: UnixAddress): Cause[] {
  const bytes = Buffer.from(path);
  return bytes[0] === 0 ? explainAbstractName(bytes) : explainFile(bytes);
}

/** A name in the abstract namespace is of this network namespace, as the table is. */
function explainAbstractName(name: Buffer): Cause[] {
  const sockets = unixSockets(["listening", "bound", "connected"]);
  if (sockets === undefined) return [NO_SOCK_DIAG];
  return held(sockets.filter(({ local }) => name.equals(Buffer.from(local.path))));
}

function explainFile(path: Buffer): Cause[] {
  const text = path.toString();
  const found = statOf(path);
  if (found === "denied") return [directoryDenied(dirname(text))];
  if (found === undefined) return explainDirectory(dirname(text));
  if (!found.isSocket()) return [{ kind: "not-a-socket", path: text, is: kindOf(found) }];
  const sockets = unixSockets(["listening", "bound", "connected"]);
  if (sockets === undefined) return [NO_SOCK_DIAG];
  // The path that a socket was bound to says little: it may be relative to another directory. Its file says which it is.
  const owners = held(
    sockets.filter(
      ({ file, use }) => use !== "connected" && file?.inode === found.ino && file.device === found.dev,
    ),
  );
  return owners.length > 0 ? owners : [elsewhere(path)];
}

/**
 * No socket of this network namespace has the file. A path can be connected to across namespaces, so a connection is what
 * tells a listener of another one from a socket that is gone.
 */
function elsewhere(path: Buffer): Cause {
  using probe = socket(AF.UNIX, SOCK.STREAM, 0, { nonblocking: true });
  const connected = tryConnect(probe, { family: "unix", path });
  close(probe);
  if (connected.ok || connected.error.name === "WouldBlock") {
    return { kind: "unseen", reason: "A process of another network namespace listens on it." };
  }
  switch (connected.error.name) {
    case "ConnectionRefused":
      return { kind: "stale-path", path: path.toString() };
    case "WrongProtocolType":
      return {
        kind: "unseen",
        reason: "A process of another network namespace has it, with another type of socket.",
      };
    default:
      return {
        kind: "unseen",
        reason: `Whether somebody listens cannot be told: ${connected.error.message}`,
      };
  }
}

function explainDirectory(directory: string): Cause[] {
  const found = statOf(Buffer.from(directory));
  if (found === undefined) return [{ kind: "missing-directory", directory }];
  try {
    accessSync(directory, constants.W_OK | constants.X_OK);
    return [];
  } catch {
    return [directoryDenied(directory)];
  }
}

function directoryDenied(directory: string): Cause {
  const found = statOf(Buffer.from(directory));
  // A directory whose own directory may not be searched is no nearer than that one.
  if (found === "denied" || found === undefined) return directoryDenied(dirname(directory));
  return {
    kind: "directory-denied",
    directory,
    owner: userName(found.uid),
    mode: (found.mode & 0o7777).toString(8),
  };
}

function held(sockets: readonly UnixSocket[]): Held[] {
  const holders = holdersOf(sockets.map(({ inode }) => inode));
  return sockets.map((socket) => {
    return {
      kind: "held",
      socket,
      coverage: "same",
      holders: holders.of(socket.inode),
      hidden: holders.hidden,
      user: socket.uid === undefined ? undefined : userName(socket.uid),
    };
  });
}

function statOf(path: Buffer): Stats | "denied" | undefined {
  try {
    return lstatSync(path);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EACCES" ? "denied" : undefined;
  }
}

function kindOf(found: Stats): NotASocket["is"] {
  if (found.isFile()) return "file";
  if (found.isDirectory()) return "directory";
  return found.isSymbolicLink() ? "symbolic link" : "other";
}
