import { boolean, checkObject } from "../../errors/argument.ts";
import { Unexpected } from "../../errors/entries.ts";
import { type ErrorOf, ErrorSet, type NameOf } from "../../errors/error-set.ts";
import { unwrap } from "../../errors/socket-error.ts";
import { isMainThread } from "../../main-thread.ts";
import { readOption } from "../../options/read-option.ts";
import { SO } from "../../options/so.ts";
import { SOCK } from "../../posix/constants.ts";
import { Socket } from "../../posix/owned-socket.ts";
import { host } from "../../system/host.ts";
import { heldListeners } from "./held-listeners.ts";
import { copiesIn, FIRST_DESCRIPTOR, handedDescriptors } from "./listen-fds.ts";

/** The errors of `listenersFromEnvironment()`. */
export const listenersFromEnvironmentErrors = new ErrorSet("listenersFromEnvironment", {
  BadFileDescriptor: {
    codes: ["EBADF"],
    message: "A descriptor that the environment lists is not open.",
    advice: "Have this process inherit the descriptor, including through npm and shells.",
  },
  FileDescriptorNotASocket: {
    codes: ["ENOTSOCK"],
    message: "A descriptor that the environment lists is not a socket.",
  },
  InvalidArgument: {
    codes: ["EINVAL"],
    message: "The environment is malformed.",
  },
  OperationNotSupported: {
    codes: ["EOPNOTSUPP"],
    message: "The descriptors that the environment lists cannot be taken over here.",
  },
  SocketNotListening: {
    codes: [],
    code: "EINVAL",
    message: "A socket that the environment lists is not listening.",
    advice: "For an inherited connection (Accept=yes of systemd), use Socket.from(3).",
  },
  Unexpected,
});

export type ListenersFromEnvironmentErrorName = NameOf<typeof listenersFromEnvironmentErrors>;
export type ListenersFromEnvironmentError = ErrorOf<typeof listenersFromEnvironmentErrors>;

/** Whether `listenersFromEnvironment()` threw an error. */
export const isListenersFromEnvironmentError = (error: unknown): error is ListenersFromEnvironmentError =>
  listenersFromEnvironmentErrors.has(error);

/** A socket that this process inherited. */
export interface InheritedSocket extends Socket {
  /**
   * Its name in LISTEN_FDNAMES; `"unknown"` without that variable, as in
   * sd_listen_fds_with_names(3).
   */
  readonly name: string;
}

/** Options of `listenersFromEnvironment()`. */
export interface ListenersFromEnvironmentOptions {
  /**
   * Removes LISTEN_FDS, LISTEN_FDNAMES, LISTEN_PID and LISTEN_PIDFDID from `process.env`, so that
   * child processes do not look for descriptors they do not have. True by default.
   */
  readonly unsetEnvironment?: boolean | undefined;
}

/** Whether a process can inherit descriptors by number. */
export const { inheritsDescriptors } = host.capabilities;

/**
 * The sockets of a hold that has started this process that no server here has, as BERKELEY_HOLD
 * describes them.
 *
 * @internal
 */
export const untakenListeners = (): readonly object[] => heldListeners()?.untaken?.() ?? [];

/** The sockets taken over: they are taken only once per process. */
let taken: readonly InheritedSocket[] | undefined;

/**
 * Returns the listening sockets that this process inherited by the protocol of sd_listen_fds(3),
 * which systemd, `berkeley hold`, systemfd and others speak. LISTEN_FDS says how many there are,
 * from descriptor 3 on; LISTEN_FDNAMES has their names, separated by colons, and LISTEN_PID the
 * process they are for.
 *
 * - Returns an empty array without LISTEN_FDS, or if LISTEN_PID is another process, which passed on
 *   its environment but not its descriptors; then nothing is touched. Without LISTEN_PID, the
 *   descriptors are for this process.
 * - Checks all descriptors before it takes any: each must be open, and a listening or datagram
 *   socket.
 * - Each is a close-on-exec Socket that the caller owns. A second call returns the same ones; those
 *   already passed to `listen()` or detached are closed by then.
 * - The descriptors belong to the process, so only the main thread can take them: pass a worker
 *   thread the result of `detach()`.
 * - On Windows, descriptors cannot be inherited by number: it is an error if LISTEN_FDS is set
 *   there.
 *
 * @param options `unsetEnvironment`
 * @returns the sockets, in the order of their descriptors
 * @throws ListenersFromEnvironmentError named `BadFileDescriptor`, `FileDescriptorNotASocket`,
 * `InvalidArgument`, `OperationNotSupported`, `SocketNotListening` or `Unexpected`: nothing was
 * taken, and the environment is unchanged
 * @throws TypeError if an option is malformed
 * @example
 * ```ts
 * import { connect, listen, listenersFromEnvironment } from "berkeley";
 * const [handed] = listenersFromEnvironment();
 * const server = await listen(handed === undefined ? { host: "127.0.0.1" } : { socket: handed });
 * await server.close();
 * ```
 * @example
 * ```ts
 * import http from "node:http";
 * import { listenersFromEnvironment } from "berkeley";
 * const web = listenersFromEnvironment().find(({ name }) => name === "web");
 * if (web !== undefined) http.createServer().listen({ fd: web.detach() });
 * ```
 * @see [sd_listen_fds](https://www.freedesktop.org/software/systemd/man/latest/sd_listen_fds.html)
 */
export function listenersFromEnvironment(
  options: ListenersFromEnvironmentOptions = {},
): readonly InheritedSocket[] {
  checkObject("options", "{ unsetEnvironment? }", options);
  const { unsetEnvironment = true } = options;
  boolean("unsetEnvironment", unsetEnvironment);
  if (taken === undefined) {
    const handed = handedDescriptors(process.env, process.pid);
    if (typeof handed === "string") refuse("InvalidArgument", undefined, handed);
    if (handed.count === 0) return [];
    if (!inheritsDescriptors)
      refuse("OperationNotSupported", undefined, "Windows processes do not inherit descriptors by number.");
    if (!isMainThread())
      refuse("OperationNotSupported", undefined, "Only the main thread of the process can take them.");
    const end = FIRST_DESCRIPTOR + handed.count;
    // One by one, since the count may be huge: stop at the first that is not open.
    for (let fd = FIRST_DESCRIPTOR; fd < end; fd++) check(fd);
    closeCopies(process.env.BERKELEY_HOLD);
    taken = Array.from({ length: handed.count }, (_, index) =>
      Object.assign(Socket.from(FIRST_DESCRIPTOR + index), { name: handed.names?.[index] ?? "unknown" }),
    );
    heldListeners()?.tellListening();
  }
  if (unsetEnvironment) {
    for (const name of ["LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PID", "LISTEN_PIDFDID", "BERKELEY_HOLD"])
      delete process.env[name];
  }
  return taken;
}

/**
 * `berkeley hold` also passes each socket at a high number. It is no longer needed, and child
 * programs would inherit it.
 */
function closeCopies(described: string | undefined): void {
  for (const { high, inode } of copiesIn(described)) {
    if (host.identity(high)?.inode === inode) host.close(high);
  }
}

/** Checks that a descriptor is what the environment promises, and sets close-on-exec on it. */
function check(fd: number): void {
  const returned = host.setCloseOnExec(fd, true);
  if (returned < 0)
    unwrap(
      listenersFromEnvironmentErrors.failure(host, returned, { about: `descriptor ${fd}` }),
      listenersFromEnvironment,
    );
  const type = readOption(host, fd, SO.TYPE);
  if (type === undefined) refuse("FileDescriptorNotASocket", fd);
  const connects = type === SOCK.STREAM || type === SOCK.SEQPACKET;
  if (connects && readOption(host, fd, SO.ACCEPTCONN) !== true) refuse("SocketNotListening", fd);
}

function refuse(name: ListenersFromEnvironmentErrorName, fd?: number, detail?: string): never {
  const about = fd === undefined ? undefined : `descriptor ${fd}`;
  return unwrap(
    listenersFromEnvironmentErrors.fail(host, name, undefined, about, detail),
    listenersFromEnvironment,
  );
}
