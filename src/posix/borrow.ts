import type { Socket as DatagramSocket } from "node:dgram";
import type { Socket as NetSocket, Server } from "node:net";
import { argumentType, descriptor, invalidValue, kind } from "../errors/argument.ts";
import { host } from "../system/host.ts";
import type { System } from "../system/system.ts";
import { BorrowedSocket } from "./borrowed-socket.ts";
import { checkNetPermission } from "./net-permission.ts";
import { Socket } from "./owned-socket.ts";

/**
 * What calls take as a socket: a `Socket`; that of a `Listener` or `Connection`; one of Node's own
 * (`net.Server`, `http.Server`, `net.Socket`, `dgram.Socket`); or the number of a descriptor. What
 * is not a `Socket` is borrowed for the call, and never closed by us.
 */
export type SocketLike = Socket | BorrowedSocket | Server | NetSocket | DatagramSocket | number;

/**
 * A descriptor for the length of a call; `fd` is negative where there is none, because it is closed
 * or not open yet. It is as of when it is read.
 */
export interface Borrowed {
  readonly system: System;
  readonly fd: number;
}

export function borrow(socket: SocketLike): Borrowed {
  // Of a connection or a listener that is open already: it goes on, whatever is dropped.
  if (socket instanceof BorrowedSocket) return socket;
  checkNetPermission();
  if (socket instanceof Socket) return socket;
  if (typeof socket === "number") return { system: host, fd: descriptor(socket) };
  if (typeof socket !== "object" || socket === null) throw notASocket(socket);
  const handle = handleOf(socket);
  if (handle === undefined) throw "listen" in socket ? hidden(socket) : notASocket(socket);
  return {
    system: host,
    get fd() {
      return handle === null ? -1 : descriptorOf(handle, socket);
    },
  };
}

/** The descriptor of a libuv handle, which is negative once it is closed. */
function descriptorOf(handle: unknown, socket: object): number {
  const fd: unknown = typeof handle === "object" && handle !== null && "fd" in handle ? handle.fd : undefined;
  // On Windows libuv tells -1 of every handle (uv_fileno of a socket in src/win/handle.c gives no
  // descriptor to Node).
  if (fd === -1 && !host.capabilities.tellsHandles) {
    throw invalidValue(
      `socket is a ${kind(socket)} whose descriptor Node hides on Windows; make one with socket() and use that`,
    );
  }
  if (typeof fd === "number") return fd < 0 ? -1 : descriptor(fd);
  throw hidden(socket);
}

/**
 * A server in a worker of node:cluster; on Bun an http.Server, which has no handle; on Deno all but
 * a unix server or connection.
 */
function hidden(socket: object): TypeError {
  return invalidValue(
    `socket is a ${kind(socket)} without a descriptor: a cluster's primary process owns it, or the runtime hides it; ` +
      "make one with socket() and use that",
  );
}

/**
 * The libuv handle: null while it is not open, undefined where the object is no socket of Node's.
 * Node keeps that of a server or socket in `_handle`, and that of a dgram.Socket behind a symbol.
 */
function handleOf(socket: object): unknown {
  for (const symbol of Object.getOwnPropertySymbols(socket)) {
    // lib/internal/dgram.js keeps the handle under this symbol; reading its `_handle` would print
    // DEP0112.
    if (symbol.description !== "state symbol") continue;
    const state: unknown = Reflect.get(socket, symbol);
    if (typeof state === "object" && state !== null && "handle" in state) return state.handle;
  }
  return "_handle" in socket ? socket._handle : undefined;
}

function notASocket(value: unknown): TypeError {
  return argumentType(
    `socket must be a Socket, a net.Server, net.Socket or dgram.Socket, or the number of a descriptor, not ${kind(value)}`,
  );
}
