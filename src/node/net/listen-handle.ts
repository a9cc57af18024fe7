import type { Engine } from "../../engine/engine.ts";
import { SocketError } from "../../errors/socket-error.ts";
import { AcceptLoop, type AcceptOwner } from "../../net/listener/accept-loop.ts";
import type { DropCause, ListenStatistics } from "../../net/listener/listener-base.ts";
import { openOnEveryAddress } from "../../net/listener/listening-sockets.ts";
import { explainPathInUse, UnixPath } from "../../net/listener/unix-path.ts";
import { nodeAddress } from "../../net/node-address.ts";
import { ipAddress, openBound } from "../../net/open.ts";
import { HeaderGate, type HeaderGateOwner } from "../../net/proxy-protocol/header-gate.ts";
import type { ProxyHeaderError } from "../../net/proxy-protocol/proxy-header-error.ts";
import type { ProxyInfo } from "../../net/proxy-protocol/proxy-info.ts";
import type { CheckedProxyProtocol } from "../../net/proxy-protocol/proxy-protocol-options.ts";
import { type AcceptError, tryAccept } from "../../posix/accept.ts";
import { BorrowedSocket } from "../../posix/borrowed-socket.ts";
import { tryGetpeername } from "../../posix/getpeername.ts";
import { getsockname, tryGetsockname } from "../../posix/getsockname.ts";
import { listen } from "../../posix/listen.ts";
import { Socket } from "../../posix/owned-socket.ts";
import type { FileNumber } from "../../system/services.ts";
import type { System } from "../../system/system.ts";
import { newContext } from "./connecting.ts";
import { nativeHandle, type ServerHandle } from "./native-handle.ts";

/** The arguments of Node's `_listen2()`. */
export interface ListenArguments {
  /** An IP address, a path where the port is -1, or null: every address. */
  readonly address: string | null;
  readonly port: number | null;
  readonly family: number | null;
  readonly backlog: number;
  readonly fd: number | undefined;
  readonly flags: number | undefined;
}

/** UV_TCP_IPV6ONLY and UV_TCP_REUSEPORT of uv.h. */
const IPV6_ONLY = 1;
const REUSE_PORT = 2;

/** UV_READABLE and UV_WRITABLE of uv.h. */
const READABLE = 1;
const WRITABLE = 2;

/** Node's default. */
const BACKLOG = 511;

/** How many waiting connections are accepted before closing: Linux's default somaxconn. */
const MOST_IN_QUEUE = 4096;

/** Listening sockets, and the path created for one. */
export interface OpenedToListen {
  readonly sockets: readonly [Socket, ...Socket[]];
  readonly path: UnixPath | undefined;
  /** The path, as Node's Server reports it. */
  readonly name: string | undefined;
  /** Node's name for it. */
  readonly key: string;
}

/**
 * Opens the socket for `listen()`.
 *
 * @param held descriptors that already listen at the address, which this call now owns
 */
export function openToListen(
  system: System,
  args: ListenArguments,
  held: readonly number[] = [],
): OpenedToListen {
  const { SOCK } = system.constants;
  const { address, port, fd, flags = 0 } = args;
  // Programs may read the backlog from the environment, as text. Like Node, convert it; text that
  // is not a number becomes 0.
  const backlog = Math.trunc(Number(args.backlog || BACKLOG)) || 0;
  const key = `${args.family}:${address}:${port}`;
  const [first = fd, ...others] = held;
  if (typeof first === "number" && first >= 0) {
    const from = (each: number) => fromDescriptor(system, each, backlog);
    const name = port === -1 && held.length > 0 ? (address ?? undefined) : undefined;
    return { sockets: [from(first), ...others.map(from)], path: undefined, name, key };
  }
  if (port === -1 && address !== null) {
    const unix = { family: "unix", path: address } as const;
    const open = () =>
      openBound(system, unix, SOCK.STREAM, { options: [] }, (bound) => listen(bound, backlog));
    return {
      sockets: [explainPathInUse(system, unix, open)],
      path: UnixPath.made(system, unix),
      name: address,
      key,
    };
  }
  const setUp = {
    options: [],
    server: "not exclusive",
    reusePort: (flags & REUSE_PORT) !== 0,
    ipv6Only: (flags & IPV6_ONLY) !== 0,
  } as const;
  const open = (on: string, at: number) =>
    openBound(system, ipAddress(on, at), SOCK.STREAM, setUp, (bound) => listen(bound, backlog));
  const at = port ?? 0;
  const opened = { path: undefined, name: undefined };
  if (address !== null) return { ...opened, sockets: [open(address, at)], key };
  const socket = openOnEveryAddress(open, at, false);
  const family = getsockname(socket).family === "ipv6" ? "6:::" : "4:0.0.0.0";
  return { ...opened, sockets: [socket], key: `${family}:${at}` };
}

function fromDescriptor(system: System, fd: number, backlog: number): Socket {
  const socket = socketFrom(system, fd);
  listen(socket, backlog);
  socket.system.setNonblocking(socket.fd, true);
  return socket;
}

/** Like Node, reports EINVAL for anything that is not a socket. */
function socketFrom(system: System, fd: number): Socket {
  try {
    return Socket.from(fd, { system });
  } catch (error) {
    if (!(error instanceof SocketError)) throw error;
    const { message } = error;
    const errno = -system.errnos.EINVAL;
    throw new SocketError({ name: "InvalidArgument", message, code: "EINVAL", errno, syscall: "listen" });
  }
}

/** Receives the connections. */
export interface ListenOwner {
  /** @param info what the connection's PROXY header said, if there was one */
  accepted(fd: number, info: ProxyInfo | undefined): void;
  failed(error: AcceptError): void;
  /** accept(2) failed, and is retried after `delay` milliseconds. */
  retried?: ((error: AcceptError, delay: number) => void) | undefined;
  /** A connection was closed because of its PROXY header. */
  refused(error: ProxyHeaderError): void;
  /** The descriptor is being closed. */
  closing(): void;
  /** It is closed. */
  closed(): void;
}

/** Both ends of a connection, named as in Node's `drop` event. */
export interface ConnectionEnds {
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
  readonly localFamily?: string | undefined;
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  readonly remoteFamily?: string | undefined;
}

/** Listens for a Server of Node's. */
export class ListenHandle implements AcceptOwner, HeaderGateOwner, ServerHandle {
  readonly engine: Engine;
  readonly isUnix: boolean;
  /** The async context of its events: that of the call of listen(). */
  readonly context = newContext();
  /** The Server's `_handle`. */
  readonly native: object;
  readonly loops: readonly AcceptLoop[];
  readonly #path: UnixPath | undefined;
  readonly #name: string | undefined;
  readonly #owner: ListenOwner;
  readonly #causes: Partial<Record<DropCause, number>> = {};
  /** Reads PROXY headers. */
  readonly #gate: HeaderGate | undefined;
  readonly #whenClosed: Promise<void>;
  #resolveClosed = () => {};
  #accepted = 0;
  #dropped = 0;
  #retried = 0;
  #putOff = false;
  /** It no longer waits for PROXY headers. */
  #abandons = false;
  /** Another process accepts from the sockets, and removes their path. */
  #retired = false;

  constructor(
    engine: Engine,
    { sockets, path, name }: OpenedToListen,
    owner: ListenOwner,
    proxyProtocol?: CheckedProxyProtocol,
  ) {
    const [first] = sockets;
    this.engine = engine;
    this.isUnix = getsockname(first).family === "unix";
    this.native = nativeHandle(first, this);
    this.#owner = owner;
    this.#path = path;
    this.#name = name;
    this.#gate = proxyProtocol && new HeaderGate(engine, proxyProtocol, this);
    this.loops = sockets.map((socket) => new AcceptLoop(engine, socket.detach(), this));
    this.#whenClosed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    for (const loop of this.loops) loop.setDemand(Number.POSITIVE_INFINITY);
  }

  /** Resolves when the listening sockets are closed. */
  get whenClosed(): Promise<void> {
    return this.#whenClosed;
  }

  /** Counts of connections since the start. */
  get stats(): ListenStatistics {
    const causes = { ...this.#causes };
    return { accepted: this.#accepted, dropped: this.#dropped, retried: this.#retried, causes };
  }

  /** Whether close() removes the path. */
  get ownsPath(): boolean {
    return this.#path?.ours === true;
  }

  /** The file at that path when it was created. */
  get pathFile(): FileNumber | undefined {
    return this.#path?.file;
  }

  /** Stops accepting, without losing a connection; another process accepts. */
  async retire(): Promise<void> {
    await this.#stopAccepting();
    await this.#gate?.untilEmpty();
    this.#retired = true;
  }

  /** Accepts the connections waiting in the queues, which closing would reset, and stops. */
  async acceptRest(): Promise<void> {
    await this.#stopAccepting();
    for (const loop of this.loops) {
      // Bounded, since a queue may fill as fast as it is emptied.
      for (let left = MOST_IN_QUEUE; left > 0 && loop.fd >= 0; left--) {
        const next = tryAccept(new BorrowedSocket(this.engine.system, loop), { nonblocking: true });
        if (!next.ok) break;
        this.onAccepted(next.value.socket.detach());
      }
    }
    await this.#gate?.untilEmpty();
  }

  /** Closes the connections whose PROXY header has not arrived. */
  abandonHeaders(): void {
    this.#abandons = true;
    this.#gate?.close();
  }

  onAccepted(fd: number): void {
    this.#accepted += 1;
    this.#putOff = false;
    if (this.#gate === undefined) this.onAdmitted(fd, undefined);
    else this.#gate.admit(fd);
  }

  onAdmitted(fd: number, info: ProxyInfo | undefined): void {
    this.context.runInAsyncScope(this.#owner.accepted, this.#owner, fd, info);
  }

  onRefused(error: ProxyHeaderError): void {
    this.#uncount(error.name);
    this.connectionEnded();
    this.#owner.refused(error);
  }

  onHeaderAwaited(): void {
    if (this.#abandons) this.#gate?.close();
  }

  onHeaderAbandoned(): void {
    this.#uncount("SocketClosed");
  }

  onBackOff(error: AcceptError, milliseconds: number): void {
    this.#putOff = true;
    this.#retried += 1;
    this.#count(error.name);
    this.#owner.retried?.(error, milliseconds);
  }

  onLost(error: AcceptError): void {
    this.#dropped += 1;
    this.#count(error.name);
    this.#owner.retried?.(error, 0);
  }

  onAcceptFailed(error: AcceptError): void {
    this.context.runInAsyncScope(this.#owner.failed, this.#owner, error);
  }

  /** A connection has ended, which frees the descriptor that accepting may be waiting for. */
  connectionEnded(): void {
    if (this.#putOff) for (const loop of this.loops) loop.tryAgain();
  }

  ends(fd: number, info: ProxyInfo | undefined): ConnectionEnds {
    const socket = new BorrowedSocket(this.engine.system, { fd });
    const [here, there] = [tryGetsockname(socket), tryGetpeername(socket)];
    const local = here.ok ? nodeAddress(here.value) : {};
    const peer = there.ok ? nodeAddress(there.value) : {};
    const remote = info?.source === undefined ? peer : nodeAddress(info.source);
    return {
      localAddress: local.address,
      localPort: local.port,
      localFamily: local.family,
      remoteAddress: remote.address,
      remotePort: remote.port,
      remoteFamily: remote.family,
    };
  }

  ref(): void {
    for (const loop of this.loops) loop.ref();
  }

  unref(): void {
    for (const loop of this.loops) loop.unref();
  }

  close(): void {
    if (!this.#retired) this.#path?.remove();
    this.#gate?.close();
    this.#owner.closing();
    let left = this.loops.length;
    for (const loop of this.loops) {
      loop.close(() => {
        left -= 1;
        if (left > 0) return;
        this.context.runInAsyncScope(this.#owner.closed, this.#owner);
        this.context.emitDestroy();
        this.#resolveClosed();
      });
    }
  }

  /** Makes the path of a unix socket readable or writable for everyone, like `uv_pipe_chmod()`. */
  fchmod(mode: number): number {
    if (this.#name === undefined) return 0;
    const { files } = this.engine.system;
    files.permitAll(this.#name, (mode & READABLE) !== 0, (mode & WRITABLE) !== 0);
    return 0;
  }

  async #stopAccepting(): Promise<void> {
    await Promise.all(this.loops.map((loop) => new Promise<void>((resolve) => loop.retire(resolve))));
  }

  /** An accepted connection is dropped. */
  #uncount(cause: DropCause) {
    this.#accepted -= 1;
    this.#dropped += 1;
    this.#count(cause);
  }

  #count(name: DropCause) {
    this.#causes[name] = (this.#causes[name] ?? 0) + 1;
  }
}
