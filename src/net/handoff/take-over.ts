import { readFileSync } from "node:fs";
import type { Address } from "../../address/address.ts";
import { delay } from "../../clock/clock.ts";
import { wakeAcceptors } from "../../engine/wake-acceptors.ts";
import { Unexpected } from "../../errors/entries.ts";
import { type ErrorOf, ErrorSet, type NameOf } from "../../errors/error-set.ts";
import { unwrap } from "../../errors/socket-error.ts";
import { loadOption, missing, readOption } from "../../options/read-option.ts";
import { SO } from "../../options/so.ts";
import { tryClose } from "../../posix/close.ts";
import { MSG } from "../../posix/constants.ts";
import { getsockname } from "../../posix/getsockname.ts";
import { Socket } from "../../posix/owned-socket.ts";
import type { ReceivedMessage } from "../../posix/received-message.ts";
import { tryRecvmsg } from "../../posix/recvmsg.ts";
import { trySend } from "../../posix/send.ts";
import { host } from "../../system/host.ts";
import type { FileNumber } from "../../system/services.ts";
import type { FileIdentity } from "../../system/system.ts";
import { checkWait, orAbort, type WaitOptions } from "../abort.ts";
import { adopted } from "../open.ts";
import { checkSocket, type SocketHolder } from "../options/listen-options.ts";
import { HAND_OVER_DESCRIPTOR, PATH_FILE_LENGTH, READY, SOCKETS_AND_PATH } from "./hand-over-message.ts";

/** The errors of `takeOver()` and `ready()` themselves. */
export const takeOverErrors = new ErrorSet("takeOver", {
  BrokenPipe: {
    codes: ["EPIPE"],
    message: "The old process ended, or aborted the hand-over, before it sent the sockets.",
    advice: "If it is still running, it keeps accepting.",
  },
  OperationNotSupported: {
    codes: ["EOPNOTSUPP"],
    message: "Windows cannot pass sockets between processes in messages.",
  },
  Unexpected,
});

export type TakeOverErrorName = NameOf<typeof takeOverErrors>;
export type TakeOverError = ErrorOf<typeof takeOverErrors>;

/** Whether `takeOver()` or `ready()` threw an error. */
export const isTakeOverError = (error: unknown): error is TakeOverError => takeOverErrors.has(error);

/** Options of `takeOver()`. */
export interface TakeOverOptions extends WaitOptions {
  /**
   * The channel to the old process, which this call takes ownership of: descriptor 3 by default.
   */
  readonly channel?: Socket | number | undefined;
}

/**
 * The polling interval for the sockets, in milliseconds: they have usually arrived before the call.
 */
const LOOK = 2;

/**
 * Sockets handed over by an old process: `takeOver()` returns them, and `listen({ socket: taken })`
 * takes them.
 */
export class TakenOverSockets implements SocketHolder {
  readonly sockets: readonly Socket[];
  /** The addresses of the sockets. */
  readonly addresses: readonly Address[];
  readonly #channel: Socket;
  /** Which files the sockets are: by the time of `ready()`, a listener has their descriptors. */
  readonly #files: ReadonlyMap<number, FileIdentity | null>;
  /** The file at the path of a unix socket, created by the old process. @internal */
  readonly pathFile: FileNumber | undefined;
  /** The process that created the channel; undefined if the system does not say. */
  readonly #oldProcess: number | undefined;
  #ready = false;

  /** @internal */
  constructor(channel: Socket, sockets: readonly Socket[], pathFile: FileNumber | undefined) {
    this.#channel = channel;
    this.#oldProcess = readOption(host, channel.fd, SO.PEERCRED)?.pid;
    this.sockets = sockets;
    this.addresses = sockets.map(getsockname);
    this.#files = new Map(sockets.map(({ fd }) => [fd, host.identity(fd)]));
    this.pathFile = pathFile;
  }

  /**
   * Whether this process may remove the path of a unix socket: only once the old process knows that
   * it is ready.
   */
  get ownsPath(): boolean {
    return this.#ready && this.pathFile !== undefined;
  }

  /**
   * Tells the old process that this one is accepting, so that the old one stops. Call it once,
   * after `listen()`.
   *
   * If the old process has already ended, this one owns the sockets alone; that is not an error.
   *
   * @throws TakeOverError named `BrokenPipe` if the old process aborted but still runs: both then
   * accept
   */
  ready(): void {
    const sent = trySend(this.#channel, Uint8Array.of(READY), MSG.NOSIGNAL);
    const isAlone = !sent.ok && (peerHasEnded(this.#channel.fd) ?? hasEnded(this.#oldProcess));
    tryClose(this.#channel);
    if (!sent.ok && !isAlone) unwrap(takeOverErrors.fail(host, "BrokenPipe"), this.ready);
    this.#ready = true;
    this.#lookAgain();
  }

  /**
   * The old process may have swallowed the wake-up for a waiting connection: its ring still
   * receives wake-ups until the kernel tears it down, some time after the process was killed.
   */
  #lookAgain(): void {
    for (const [fd, file] of this.#files) {
      const now = host.identity(fd);
      if (file !== null && now?.inode === file.inode && now.device === file.device) wakeAcceptors(host, fd);
    }
  }

  /**
   * Closes the sockets that were not passed on. Unless `ready()` was called, the old process keeps
   * accepting.
   */
  [Symbol.dispose](): void {
    for (const socket of [this.#channel, ...this.sockets]) if (!socket.closed) tryClose(socket);
  }
}

/**
 * Takes the sockets that an old process hands over with `handOver()`. The old process started this
 * one, with the channel as its descriptor 3. Listen on the sockets, then call `ready()`: the old
 * process accepts until then, so no connection is refused.
 *
 * @param options `channel`, and `timeout` and `signal` for the wait
 * @throws TakeOverError named `BrokenPipe`, `OperationNotSupported` or `Unexpected`
 * @throws SocketError named `BadFileDescriptor` or `FileDescriptorNotASocket` if descriptor 3 is
 * not a channel
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
export async function takeOver(options: TakeOverOptions = {}): Promise<TakenOverSockets> {
  const wait = checkWait(options);
  if (!host.capabilities.passesDescriptors)
    unwrap(takeOverErrors.fail(host, "OperationNotSupported"), takeOver);
  const channel = adopted(host, checkSocket(options.channel ?? HAND_OVER_DESCRIPTOR));
  host.setCloseOnExec(channel.fd, true);
  try {
    const kind = Buffer.alloc(1 + PATH_FILE_LENGTH);
    const message = await orAbort(host.clock, "takeOver()", receive(channel, kind), wait);
    const [rights] = message.control;
    const received = rights?.type === "SCM_RIGHTS" ? rights.descriptors : [];
    const sockets = received.filter((each) => each instanceof Socket);
    for (const each of received) if (!(each instanceof Socket)) each[Symbol.dispose]();
    // At the end of the channel, nothing was received.
    if (sockets.length === 0) unwrap(takeOverErrors.fail(host, "BrokenPipe"), takeOver);
    const withPath = kind[0] === SOCKETS_AND_PATH && message.bytes === kind.length;
    const pathFile = withPath ? { dev: kind.readBigUInt64LE(1), ino: kind.readBigUInt64LE(9) } : undefined;
    return new TakenOverSockets(channel, sockets, pathFile);
  } catch (error) {
    if (!channel.closed) tryClose(channel);
    throw error;
  }
}

/**
 * Whether the process that created a socket's other end has ended, in whatever PID namespace it
 * was; undefined if the system does not say (SO_PEERPIDFD, Linux 6.5).
 */
function peerHasEnded(fd: number): boolean | undefined {
  const returned = fd < 0 ? missing(host) : loadOption(host, fd, SO.PEERPIDFD);
  if (returned === missing(host)) return undefined;
  if (returned < 0) {
    // No task has the number any more (pidfd_prepare in kernel/fork.c).
    const code = host.errnoName(-returned);
    return code === "ESRCH" || code === "EINVAL" ? true : undefined;
  }
  const pidfd = SO.PEERPIDFD.read.decode(host.option, host);
  try {
    // Readable once its process has ended, even if its parent has not waited for it.
    return host.poll([{ fd: pidfd, events: host.constants.POLL.IN, revents: 0 }], 0) > 0;
  } finally {
    host.close(pidfd);
  }
}

/** Whether a process has ended, even if its parent has not waited for it yet (proc_pid_stat(5)). */
function hasEnded(pid: number | undefined): boolean {
  // 0 means a process in another PID namespace.
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
