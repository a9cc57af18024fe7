import { accessSync, constants, type Stats } from "node:fs";
import { dirname } from "node:path";
import type { UnixAddress } from "../address/address.ts";
import { hostTables } from "../system/this-host.ts";
import type { Cause, Held, NotASocket } from "./explanation.ts";
import type { UnixSocket } from "./open-socket.ts";
import { holdersOf, userName } from "./process.ts";
import { trialBindName } from "./trial.ts";
import { probePath, socketsOfFile, socketsOfName, statOf } from "./unix-path.ts";

const unavailable: Cause = { kind: "unavailable", reason: hostTables.sockets.unavailable.unix };

/** Explains why a unix socket cannot be bound to this path or abstract name. */
export function explainPath(address: UnixAddress): Cause[] {
  const bytes = Buffer.from(address.path);
  return bytes[0] === 0 ? explainName(address, bytes) : explainFile(bytes);
}

function explainName(address: UnixAddress, name: Buffer): Cause[] {
  const sockets = socketsOfName(name, ["listening", "bound", "connected"]);
  if (sockets === undefined) return [unavailable];
  // An accepted connection has its listener's name, but does not block it (unix_stream_connect()
  // in net/unix/af_unix.c).
  const own = sockets.filter(({ use }) => use !== "connected");
  if (own.length > 0) return held(own);
  return sockets.every(({ type }) => trialBindName(address, type) === "bound") ? [] : held(sockets);
}

function explainFile(path: Buffer): Cause[] {
  const text = path.toString();
  const found = statOf(path);
  if (found === "denied") return [directoryDenied(dirname(text))];
  if (found === undefined) return explainDirectory(dirname(text));
  const mayBeSocket = found.isSocket() || (found.isFile() && !hostTables.sockets.filesTellSockets);
  if (!mayBeSocket) return [{ kind: "not-a-socket", path: text, is: kindOf(found) }];
  const sockets = socketsOfFile(found, ["listening", "bound"]);
  if (sockets === undefined) return [unavailable];
  return sockets.length > 0 ? held(sockets) : [elsewhere(path)];
}

/** The cause if no socket of this network namespace has the file. */
function elsewhere(path: Buffer): Cause {
  const answer = probePath(path);
  switch (answer) {
    case "listening":
      return {
        kind: "unavailable",
        reason: "a process in another network namespace listens on it, and cannot be seen from here",
      };
    case "another type":
      return {
        kind: "unavailable",
        reason: "a process in another network namespace has it open, with a socket of another type",
      };
    case "refused":
      return { kind: "stale-path", path: path.toString() };
    default:
      return {
        kind: "unavailable",
        reason: `connecting to it failed: ${answer.message}`,
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
  // If the parent directory cannot be searched, that one is the cause.
  if (found === "denied" || found === undefined) return directoryDenied(dirname(directory));
  return {
    kind: "directory-denied",
    directory,
    owner: userName(found.uid),
    mode: (found.mode & 0o7777).toString(8),
  };
}

function held(sockets: readonly UnixSocket[]): Held[] {
  const holders = holdersOf(sockets);
  return sockets.map((socket) => {
    return {
      kind: "held",
      socket,
      coverage: "same",
      holders: holders.of(socket),
      hidden: holders.hidden,
      user: socket.uid === undefined ? undefined : userName(socket.uid),
    };
  });
}

function kindOf(found: Stats): NotASocket["is"] {
  if (found.isFile()) return "file";
  if (found.isDirectory()) return "directory";
  return found.isSymbolicLink() ? "symbolic link" : "other";
}
