// Gives a held socket to whatever calls `listen()` of node:net on its port or path: the program
// need not know of `berkeley hold`.
const { closeSync }: typeof import("node:fs") = require("node:fs");
const net: typeof import("node:net") = require("node:net");
const { isMainThread }: typeof import("node:worker_threads") = require("node:worker_threads");
const inheritance: import("../../native/inheritance.cjs").Inheritance = require("../../native/inheritance.cjs");
const { tellListening }: import("./channel.cjs").Channel = require("./channel.cjs");
const { drainLater }: import("./drain.cjs").Drain = require("./drain.cjs");
const { heldSockets, isOpenAs }: import("./sockets.cjs").Sockets = require("./sockets.cjs");

type Server = import("node:net").Server;
type HeldSocket = import("./sockets.cjs").HeldSocket;

/** `_listen2()` of Node's Server: the last step of its `listen()`. A path has port -1. */
type Listen = (
  address: string | null,
  port: number | null,
  addressType: number | null,
  backlog: number,
  fd?: number,
  flags?: number,
) => void;

/** What this process has of a held socket. */
interface Available {
  readonly socket: HeldSocket;
  /** Descriptors that are still ours to give away, the last one first. */
  readonly fds: number[];
}

/** Replaces Node's method, for every server that listens from now on. */
function takeOver(): void {
  if (!isMainThread) return;
  const available = heldSockets().map(
    (socket): Available => ({
      socket,
      fds: [socket.low, socket.high].filter((fd) => isOpenAs(fd, socket)),
    }),
  );
  if (available.length === 0) return;
  const prototype: object = net.Server.prototype;
  const listen: unknown = Reflect.get(prototype, "_listen2");
  if (!isListen(listen)) return;
  Reflect.set(prototype, "_listen2", function (this: Server, ...args: Parameters<Listen>): void {
    const [address, port, , backlog, fd] = args;
    const given = typeof fd === "number" && fd >= 0;
    const taken = given ? undefined : take(available, address, port);
    // A program may take a descriptor by itself, as with systemd.
    if (taken !== undefined || (given && available.some(({ socket }) => isOpenAs(fd, socket)))) {
      drainLater(this);
      this.once("listening", tellListening);
    }
    Reflect.apply(listen, this, taken === undefined ? args : [null, null, null, backlog, taken]);
  });
}

function isListen(value: unknown): value is Listen {
  return typeof value === "function";
}

/** A descriptor of the held socket that a server asks for; undefined if there is none. */
function take(available: readonly Available[], address: string | null, port: number | null) {
  const fitting = available.filter(({ socket, fds }) => {
    return (
      (fds.length > 0 || socket.pid !== undefined) &&
      (port === -1 ? socket.path === address : port !== null && port > 0 && socket.port === port)
    );
  });
  const chosen = fitting.find(({ socket }) => socket.address === address) ?? fitting[0];
  if (chosen === undefined) return undefined;
  const fd = descriptorFor(chosen);
  // What this process starts finds the port in use, as it would without hold.
  if (fd !== undefined) delete process.env.BERKELEY_HOLD;
  return fd;
}

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
    if (copy === undefined) return fds.pop();
    // One is enough to duplicate.
    for (const other of fds.splice(0, fds.length - 1)) if (isOpenAs(other, socket)) closeSync(other);
    return copy;
  }
  return fetched(socket);
}

/** From hold itself, where a launcher closes every descriptor, as `bun run` does. */
function fetched(socket: HeldSocket): number | undefined {
  if (socket.pid === undefined) return undefined;
  const copy = inheritance.duplicateFrom(socket.pid, socket.high);
  if (copy === undefined || isOpenAs(copy, socket)) return copy;
  closeSync(copy);
  return undefined;
}

export type TakeOver = typeof takeOver;
module.exports = takeOver;
