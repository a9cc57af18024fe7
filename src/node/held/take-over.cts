// Gives a held socket to whatever calls `listen()` of node:net on its port or path: the program
// need not know of `berkeley hold`.
const { closeSync, readdirSync }: typeof import("node:fs") = require("node:fs");
const net: typeof import("node:net") = require("node:net");
const { isMainThread }: typeof import("node:worker_threads") = require("node:worker_threads");
const inheritance: import("../../native/inheritance.cjs").Inheritance = require("../../native/inheritance.cjs");
const acceptAlso: import("./accept-also.cjs").AcceptAlso = require("./accept-also.cjs");
const { tellListening }: import("./channel.cjs").Channel = require("./channel.cjs");
const { drainLater }: import("./drain.cjs").Drain = require("./drain.cjs");
const { isPathOf, keepPaths }: import("./held-path.cjs").HeldPath = require("./held-path.cjs");
const { heldSockets, isOpenAs }: import("./sockets.cjs").Sockets = require("./sockets.cjs");

type Server = import("node:net").Server;
type HeldListeners = import("../../net/handoff/held-listeners.ts").HeldListeners;
type HeldSocket = import("./sockets.cjs").HeldSocket;

type Listen = import("./accept-also.cjs").Listen;

/** A held socket, as this process sees it. */
interface Available {
  readonly socket: HeldSocket;
  /**
   * The server that has it. While it listens, another one finds the port in use, as without hold.
   */
  server: Server | undefined;
  /** The server's handle. The primary process of node:cluster takes it from the server. */
  handle: unknown;
  /** Descriptors not yet given to a server; the last is given first. */
  readonly fds: number[];
}

/** Gives them to Node's servers and to those of our engines. */
class Held implements HeldListeners {
  readonly #available: readonly Available[];
  readonly tellListening = tellListening;

  constructor(available: readonly Available[]) {
    this.#available = available;
  }

  take(server: Server, address: string | null, port: number | null, fd?: number): readonly number[] {
    // A program may listen on an inherited descriptor itself, as under systemd.
    const isGiven = typeof fd === "number" && fd >= 0;
    const asked = isGiven
      ? this.#available.filter(({ socket }) => isOpenAs(fd, socket))
      : fitting(this.#available, address, port);
    // A worker of node:cluster has its handle from the primary, which takes the socket.
    const hasOne = isGiven || server.listening;
    const taken = hasOne ? [] : asked.flatMap((each) => descriptorFor(each) ?? []);
    if (asked.length === 0 || (taken.length === 0 && !hasOne)) return [];
    for (const each of asked) {
      each.server = server;
      each.handle = undefined;
    }
    // Children of this process find the port in use, as they would without hold.
    if (taken.length > 0) delete process.env.BERKELEY_HOLD;
    drainLater(server);
    server.once("listening", tellListening);
    return taken;
  }

  untaken(): readonly HeldSocket[] {
    return this.#available.flatMap((each) => {
      const high = each.fds.findLast((fd) => isOpenAs(fd, each.socket));
      const isFree = high !== undefined && !isTaken(each);
      return isFree ? [{ ...each.socket, low: -1, high, pid: process.pid }] : [];
    });
  }

  /** Notes the handle with which Node listens. */
  noteHandle(server: Server): void {
    for (const each of this.#available)
      if (each.server === server) each.handle = Reflect.get(server, "_handle");
  }
}

/** Replaces Node's method, for every server that listens from now on. */
function takeOver(): void {
  const available = heldSockets().map(
    (socket): Available => ({
      socket,
      server: undefined,
      handle: undefined,
      fds: [socket.low, socket.high].filter((fd) => isOpenAs(fd, socket)),
    }),
  );
  if (available.length === 0) return;
  keepPaths(available.map(({ socket }) => socket));
  const held = new Held(available);
  Reflect.set(globalThis, Symbol.for("berkeley.held"), held);
  const prototype: object = net.Server.prototype;
  const listen: unknown = Reflect.get(prototype, "_listen2");
  if (!isListen(listen)) return;
  Reflect.set(prototype, "_listen2", function (this: Server, ...args: Parameters<Listen>): void {
    const [address, port, , backlog, fd] = args;
    const [first, ...others] = held.take(this, address, port, fd);
    Reflect.apply(listen, this, first === undefined ? args : [null, null, null, backlog, first]);
    held.noteHandle(this);
    // server.address() of a path.
    if (first !== undefined && port === -1) Reflect.set(this, "_pipeName", address);
    for (const other of others) acceptAlso(this, listen, backlog, other);
  });
}

function isListen(value: unknown): value is Listen {
  return typeof value === "function";
}

/**
 * The held sockets that a server asks for: the one of its address, or else all of the port. None if
 * another server has one.
 */
function fitting(
  available: readonly Available[],
  address: string | null,
  port: number | null,
): readonly Available[] {
  const found = available.filter(({ socket }) =>
    port === -1
      ? address !== null && isPathOf(socket, address)
      : port !== null && port > 0 && socket.port === port,
  );
  const exact = found.filter(({ socket }) => socket.address === address);
  const asked = exact.length > 0 ? exact : found;
  return asked.some(isTaken) ? [] : asked;
}

/** The port is free before "close", which waits for connections, just as without hold. */
const isTaken = ({ socket, server, handle }: Available): boolean =>
  server === undefined && !isMainThread
    ? isTakenByOtherThread(socket)
    : server?.listening === true || isOpen(handle);

/**
 * Threads share no state here, but /proc, where there is one, shows another thread's descriptor.
 */
function isTakenByOtherThread(socket: HeldSocket): boolean {
  try {
    const fds = readdirSync("/proc/self/fd").map(Number);
    return fds.some((fd) => fd !== socket.low && fd !== socket.high && isOpenAs(fd, socket));
  } catch {
    return false;
  }
}

/** The descriptor of a handle that is closed is -1. */
const isOpen = (handle: unknown): boolean =>
  typeof handle === "object" && handle !== null && "fd" in handle && Number(handle.fd) >= 0;

/**
 * The server closes its descriptor in the end, and may listen again: it gets a duplicate. Where
 * there is none (no koffi), the descriptors that were inherited are given away one by one.
 */
function descriptorFor({ socket, fds }: Available): number | undefined {
  while (fds.length > 0) {
    const last = fds[fds.length - 1];
    if (last === undefined) return undefined;
    if (!isOpenAs(last, socket)) {
      fds.pop();
      continue;
    }
    inheritance.keepFromChildren(fds);
    const copy = inheritance.duplicate(last);
    // Only the main thread closes them; other threads just duplicate them.
    if (!isMainThread) return copy;
    if (copy === undefined) return fds.pop();
    // One is enough to duplicate.
    for (const other of fds.splice(0, fds.length - 1)) if (isOpenAs(other, socket)) closeSync(other);
    return copy;
  }
  return fetched(socket);
}

/**
 * Duplicates it from hold's own process, for launchers that close every descriptor, such as `bun
 * run`.
 */
function fetched(socket: HeldSocket): number | undefined {
  if (socket.pid === undefined) return undefined;
  const copy = inheritance.duplicateFrom(socket.pid, socket.high);
  if (copy === undefined || isOpenAs(copy, socket)) return copy;
  inheritance.close(copy);
  return undefined;
}

export type TakeOver = typeof takeOver;
module.exports = takeOver;
