import type { Socket as DatagramSocket } from "node:dgram";
import type { Socket as NetSocket, Server } from "node:net";
import { argumentType, descriptor, foreignKind, invalidValue, kind } from "../errors/argument.ts";
import { currentSystem } from "../system/current.ts";
import type { System } from "../system/system.ts";
import { BorrowedSocket } from "./borrowed-socket.ts";
import { checkNetPermission } from "./net-permission.ts";
import { Descriptor } from "./owned-descriptor.ts";
import { Socket } from "./owned-socket.ts";

/**
 * Anything that calls accept as a socket: a `Socket`; the socket of a `Listener` or `Connection`;
 * one of Node's own (`net.Server`, `http.Server`, `net.Socket`, `dgram.Socket`); or a descriptor
 * number. Anything but a `Socket` is borrowed for the call; berkeley never closes it.
 */
export type SocketLike = Socket | BorrowedSocket | Server | NetSocket | DatagramSocket | number;

/**
 * A descriptor borrowed for one call. `fd` is read afresh each time, and is negative if the socket
 * is closed or not open yet.
 */
export interface Borrowed {
  readonly system: System;
  readonly fd: number;
}

export function borrow(socket: SocketLike): Borrowed {
  // An open connection or listener keeps working after the permission is dropped.
  if (socket instanceof BorrowedSocket) return socket;
  checkNetPermission();
  if (socket instanceof Socket) return socket;
  if (typeof socket === "number") return { system: currentSystem(), fd: descriptor(socket) };
  if (typeof socket !== "object" || socket === null) throw notASocket(socket);
  const handle = handleOf(socket);
  if (handle === undefined) throw "listen" in socket ? hidden(socket) : notASocket(socket);
  const system = currentSystem();
  return {
    system,
    get fd() {
      return handle === null ? -1 : descriptorOf(system, handle, socket);
    },
  };
}

/** A descriptor that need not be a socket: one of ours, or a number. */
export function borrowDescriptor(socket: Descriptor | number): Borrowed {
  if (socket instanceof Descriptor || typeof socket === "number") {
    checkNetPermission();
    return socket instanceof Descriptor ? socket : { system: currentSystem(), fd: descriptor(socket) };
  }
  throw argumentType(
    `socket must be a Socket, a Descriptor, or a descriptor number, not ${foreignKind(socket, ours)}`,
  );
}

/** The descriptor of a libuv handle, which is negative once it is closed. */
function descriptorOf(system: System, handle: unknown, socket: object): number {
  const fd: unknown = typeof handle === "object" && handle !== null && "fd" in handle ? handle.fd : undefined;
  // On Windows libuv reports -1 for every handle (uv_fileno in src/win/handle.c gives Node no
  // descriptor for a socket).
  if (fd === -1 && !system.capabilities.tellsHandles) {
    throw invalidValue(
      `socket is a ${kind(socket)} whose descriptor Node does not expose on Windows; create one with ` +
        "socket() instead",
    );
  }
  if (typeof fd === "number") return fd < 0 ? -1 : descriptor(fd);
  throw hidden(socket);
}

/**
 * A server in a node:cluster worker; on Bun an http.Server, which has no handle; on Deno everything
 * except a unix server or connection.
 */
function hidden(socket: object): TypeError {
  return invalidValue(
    `socket is a ${kind(socket)} without a descriptor: a cluster's primary process owns it, ` +
      "or the runtime hides it; " +
      "make one with socket() and use that",
  );
}

/**
 * The libuv handle: null while it is not open, undefined if the object is not a Node socket. Node
 * stores the handle of a server or socket in `_handle`, and that of a dgram.Socket under a symbol.
 */
function handleOf(socket: object): unknown {
  for (const symbol of Object.getOwnPropertySymbols(socket)) {
    // lib/internal/dgram.js stores the handle under this symbol; reading `_handle` would print
    // DEP0112.
    if (symbol.description !== "state symbol") continue;
    const state: unknown = Reflect.get(socket, symbol);
    if (typeof state === "object" && state !== null && "handle" in state) return state.handle;
  }
  return "_handle" in socket ? socket._handle : undefined;
}

const ours = ["Socket", "Descriptor", "BorrowedSocket"];

function notASocket(value: unknown): TypeError {
  const given =
    value instanceof Descriptor
      ? "a Descriptor, whose file is no socket"
      : foreignKind(value, ours) + instead(value);
  return argumentType(
    "socket must be a Socket, a net.Server, net.Socket or dgram.Socket, or a descriptor " +
      `number, not ${given}`,
  );
}

/** What to pass instead of an object that has sockets, such as a Connection or a Listener. */
function instead(value: unknown): string {
  if (has(value, "socket")) return ": pass its socket";
  return has(value, "sockets") ? ": pass one of its sockets" : "";
}

/** A proxy of the caller's may throw. */
function has(value: unknown, property: string): boolean {
  try {
    return typeof value === "object" && value !== null && property in value;
  } catch {
    return false;
  }
}
