import { readFileSync } from "node:fs";
import type { Address } from "../../address/address.ts";
import { delay } from "../../clock/clock.ts";
import { Unexpected } from "../../errors/entries.ts";
import { type ErrorOf, ErrorSet, type NameOf } from "../../errors/error-set.ts";
import { unwrap } from "../../errors/socket-error.ts";
import { readOption } from "../../options/read-option.ts";
import { SO } from "../../options/so.ts";
import { tryClose } from "../../posix/close.ts";
import { MSG } from "../../posix/constants.ts";
import { getsockname } from "../../posix/getsockname.ts";
import { Socket } from "../../posix/owned-socket.ts";
import type { ReceivedMessage } from "../../posix/received-message.ts";
import { tryRecvmsg } from "../../posix/recvmsg.ts";
import { trySend } from "../../posix/send.ts";
import { host } from "../../system/host.ts";
import { checkWait, orAbort, type WaitOptions } from "../abort.ts";
import type { UnixFile } from "../listener/unix-path.ts";
import { adopted } from "../open.ts";
import { checkSocket, type SocketHolder } from "../options/listen-options.ts";
import { HAND_OVER_DESCRIPTOR, PATH_FILE_LENGTH, READY, SOCKETS_AND_PATH } from "./hand-over-message.ts";

/** Everything that `takeOver()` and `ready()` themselves can fail with. */
export const takeOverErrors = new ErrorSet("takeOver", {
  BrokenPipe: {
    codes: ["EPIPE"],
    message: "The old process ended, or gave up, before the sockets were handed over.",
    advice: "If it lives, it goes on accepting.",
  },
  OperationNotSupported: {
    codes: ["EOPNOTSUPP"],
    message: "Windows passes no sockets between processes by messages.",
  },
  Unexpected,
});

export type TakeOverErrorName = NameOf<typeof takeOverErrors>;
export type TakeOverError = ErrorOf<typeof takeOverErrors>;

/** Whether an error is one that `takeOver()` or `ready()` threw. */
export const isTakeOverError = (error: unknown): error is TakeOverError => takeOverErrors.has(error);

/** What `takeOver()` takes. */
export interface TakeOverOptions extends WaitOptions {
  /** The channel to the old process: descriptor 3 by default. It is ours from now on. */
  readonly channel?: Socket | number | undefined;
}

/**
 * How often it is looked whether the sockets have come, in milliseconds: they are mostly there
 * before they are asked for.
 */
const LOOK = 2;

/**
 * Sockets that an old process hands over: `takeOver()` gives them, and `listen({ socket: taken })`
 * takes them.
 */
export class TakenOver implements SocketHolder {
  readonly sockets: readonly Socket[];
  /** The addresses of the sockets. */
  readonly addresses: readonly Address[];
  readonly #channel: Socket;
  /** The file at the path of a unix socket that the old process made. @internal */
  readonly pathFile: UnixFile | undefined;
  /** Who made the channel; undefined where the system does not tell. */
  readonly #oldProcess: number | undefined;
  #ready = false;

  /** @internal */
  constructor(channel: Socket, sockets: readonly Socket[], pathFile: UnixFile | undefined) {
    this.#channel = channel;
    this.#oldProcess = readOption(host, channel.fd, SO.PEERCRED)?.pid;
    this.sockets = sockets;
    this.addresses = sockets.map(getsockname);
    this.pathFile = pathFile;
  }

  /**
   * Whether the path of a unix socket is ours to remove: not before the old process knows that we
   * are ready.
   */
  get ownsPath(): boolean {
    return this.#ready && this.pathFile !== undefined;
  }

  /**
   * Tells the old process that this one accepts, so that it stops. To be called once, after
   * `listen()`.
   *
   * Where the old process has ended meanwhile, there is nobody to be told, and this one has the
   * sockets alone: that is no error.
   *
   * @throws TakeOverError named `BrokenPipe` if the old process lives and has given up: both accept
   */
  ready(): void {
    const sent = trySend(this.#channel, Uint8Array.of(READY), MSG.NOSIGNAL);
    tryClose(this.#channel);
    if (!sent.ok && !hasEnded(this.#oldProcess)) unwrap(takeOverErrors.fail(host, "BrokenPipe"), this.ready);
    this.#ready = true;
  }

  /**
   * Gives up what was not handed on: unless `ready()` was called, the old process goes on
   * accepting.
   */
  [Symbol.dispose](): void {
    for (const socket of [this.#channel, ...this.sockets]) if (!socket.closed) tryClose(socket);
  }
}

/**
 * Takes the sockets that an old process hands over by `handOver()`: this process was started by it,
 * with the channel as its descriptor 3. Listen on them, and then say `ready()`: only then does the
 * old process stop accepting, so no connection is refused.
 *
 * @param options `channel`, and `timeout` and `signal` for the wait
 * @throws TakeOverError named `BrokenPipe`, `OperationNotSupported` or `Unexpected`
 * @throws SocketError named `BadFileDescriptor` or `FileDescriptorNotASocket` if descriptor 3 is no
 * channel
 * @throws RecvmsgError if the channel fails
 * @throws DOMException named `TimeoutError`, or the `reason` of the signal
 * @example
 * ```ts no-run
 * import { listen, takeOver } from "berkeley";
 * const taken = await takeOver();
 * await listen({ socket: taken }, { data: (connection, bytes) => connection.write(bytes) });
 * taken.ready();
 * ```
 * @see [unix](https://man7.org/linux/man-pages/man7/unix.7.html)
 */
export async function takeOver(options: TakeOverOptions = {}): Promise<TakenOver> {
  checkWait(options);
  if (!host.capabilities.passesDescriptors)
    unwrap(takeOverErrors.fail(host, "OperationNotSupported"), takeOver);
  const channel = adopted(checkSocket(options.channel ?? HAND_OVER_DESCRIPTOR));
  host.setCloseOnExec(channel.fd);
  try {
    const kind = Buffer.alloc(1 + PATH_FILE_LENGTH);
    const message = await orAbort("takeOver()", receive(channel, kind), options);
    const [rights] = message.control;
    const received = rights?.type === "SCM_RIGHTS" ? rights.descriptors : [];
    const sockets = received.filter((each) => each instanceof Socket);
    for (const each of received) if (!(each instanceof Socket)) each[Symbol.dispose]();
    // At the end of the channel nothing comes.
    if (sockets.length === 0) unwrap(takeOverErrors.fail(host, "BrokenPipe"), takeOver);
    const withPath = kind[0] === SOCKETS_AND_PATH && message.bytes === kind.length;
    const pathFile = withPath ? { dev: kind.readDoubleLE(1), ino: kind.readDoubleLE(9) } : undefined;
    return new TakenOver(channel, sockets, pathFile);
  } catch (error) {
    if (!channel.closed) tryClose(channel);
    throw error;
  }
}

/**
 * Whether a process has ended, though its parent may not have waited for it yet (proc_pid_stat(5)).
 */
function hasEnded(pid: number | undefined): boolean {
  // 0 is a process of another PID namespace.
  if (pid === undefined || pid === 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ESRCH";
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return /^[ZX]/.test(stat.slice(stat.lastIndexOf(")") + 2));
  } catch {
    return false;
  }
}

async function receive(channel: Socket, kind: Uint8Array): Promise<ReceivedMessage> {
  for (;;) {
    const received = tryRecvmsg(channel, { data: [kind] }, MSG.DONTWAIT);
    if (received.ok) return received.value;
    if (received.error.name !== "WouldBlock") return unwrap(received, takeOver);
    await delay(host.clock, LOOK);
  }
}
