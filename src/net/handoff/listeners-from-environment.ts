import { isMainThread } from "node:worker_threads";
import { boolean, checkObject } from "../../errors/argument.ts";
import { Unexpected } from "../../errors/entries.ts";
import { type ErrorOf, ErrorSet, type NameOf } from "../../errors/error-set.ts";
import { unwrap } from "../../errors/socket-error.ts";
import { readOption } from "../../options/read-option.ts";
import { SO } from "../../options/so.ts";
import { SOCK } from "../../posix/constants.ts";
import { Socket } from "../../posix/owned-socket.ts";
import { host } from "../../system/host.ts";
import { FIRST_DESCRIPTOR, handedDescriptors } from "./listen-fds.ts";

/** Everything that `listenersFromEnvironment()` can fail with. */
export const listenersFromEnvironmentErrors = new ErrorSet("listenersFromEnvironment", {
  BadFileDescriptor: {
    codes: ["EBADF"],
    message: "The environment promises a descriptor that is not open.",
    advice: "Whoever starts this process has to let it inherit the descriptor, through npm and shells too.",
  },
  FileDescriptorNotASocket: {
    codes: ["ENOTSOCK"],
    message: "The environment promises a descriptor that is not a socket.",
  },
  InvalidArgument: {
    codes: ["EINVAL"],
    message: "The environment is malformed.",
  },
  OperationNotSupported: {
    codes: ["EOPNOTSUPP"],
    message: "The descriptors that the environment promises cannot be taken over here.",
  },
  SocketNotListening: {
    codes: [],
    code: "EINVAL",
    message: "The environment promises a listener, and the socket does not listen.",
    advice: "A connection that was inherited (Accept=yes of systemd) is for Socket.from(3).",
  },
  Unexpected,
});

export type ListenersFromEnvironmentErrorName = NameOf<typeof listenersFromEnvironmentErrors>;
export type ListenersFromEnvironmentError = ErrorOf<typeof listenersFromEnvironmentErrors>;

/** Whether an error is one that `listenersFromEnvironment()` threw. */
export const isListenersFromEnvironmentError = (error: unknown): error is ListenersFromEnvironmentError =>
  listenersFromEnvironmentErrors.has(error);

/** A socket that this process was started with. */
export interface InheritedSocket extends Socket {
  /**
   * What LISTEN_FDNAMES calls it; `"unknown"` without that variable, as in
   * sd_listen_fds_with_names(3).
   */
  readonly name: string;
}

/** What `listenersFromEnvironment()` takes. */
export interface ListenersFromEnvironmentOptions {
  /**
   * Removes LISTEN_FDS, LISTEN_FDNAMES, LISTEN_PID and LISTEN_PIDFDID from `process.env`, so that
   * programs that this process starts do not look for descriptors that they do not have. True by
   * default.
   */
  readonly unsetEnvironment?: boolean | undefined;
}

/** Whether a program can have descriptors of the one that started it, by their numbers. */
export const { inheritsDescriptors } = host.capabilities;

/** What the environment has handed over: once taken it is not taken again, whoever asks. */
let taken: readonly InheritedSocket[] | undefined;

/**
 * The listening sockets that this process was started with, by the protocol of sd_listen_fds(3):
 * systemd speaks it, as do `berkeley hold`, systemfd and others. LISTEN_FDS says how many there
 * are, from descriptor 3 on, LISTEN_FDNAMES their names, with colons between, and LISTEN_PID the
 * process that they are for.
 *
 * - Without LISTEN_FDS there are none: an empty array. So it is where LISTEN_PID is the number of
 *   another process, which handed its environment on and not its descriptors: nothing is touched.
 *   Without LISTEN_PID they are ours.
 * - Every descriptor is looked at before one is taken: it must be open, and a socket that listens,
 *   or one for datagrams.
 * - Each is a Socket that closes on exec, and that the caller owns. Asked again, it gives the same
 *   ones; those that were handed on, to `listen()` or by `detach()`, are closed by then.
 * - The descriptors are the process's, and its main thread alone takes them: hand a worker thread
 *   what `detach()` gives.
 * - Windows has no descriptors that are inherited by their numbers: where LISTEN_FDS is set there,
 *   that is an error.
 *
 * @param options `unsetEnvironment`
 * @returns the sockets, in the order of their descriptors
 * @throws ListenersFromEnvironmentError named `BadFileDescriptor`, `FileDescriptorNotASocket`,
 * `InvalidArgument`, `OperationNotSupported`, `SocketNotListening` or `Unexpected`: nothing was
 * taken, and the environment is as it was
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
      refuse("OperationNotSupported", undefined, "Windows hands none on by their numbers.");
    if (!isMainThread)
      refuse("OperationNotSupported", undefined, "Only the main thread of the process takes them.");
    const end = FIRST_DESCRIPTOR + handed.count;
    // One by one, since the count may be any: the first that is not open ends it.
    for (let fd = FIRST_DESCRIPTOR; fd < end; fd++) check(fd);
    taken = Array.from({ length: handed.count }, (_, index) =>
      Object.assign(Socket.from(FIRST_DESCRIPTOR + index), { name: handed.names?.[index] ?? "unknown" }),
    );
  }
  if (unsetEnvironment) {
    for (const name of ["LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PID", "LISTEN_PIDFDID"])
      delete process.env[name];
  }
  return taken;
}

/** Whether a descriptor is what it is said to be; from now on no other program inherits it. */
function check(fd: number): void {
  const returned = host.setCloseOnExec(fd);
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
