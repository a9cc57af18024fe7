import { argumentType, elements, integer, invalidValue, kind } from "../errors/argument.ts";
import { NetworkSubsystemFailed, SocketClosed, SystemResources, Unexpected } from "../errors/entries.ts";
import { type ErrorOf, ErrorSet, type NameOf } from "../errors/error-set.ts";
import type { Result } from "../errors/result.ts";
import { unwrap } from "../errors/socket-error.ts";
import { currentSystem } from "../system/current.ts";
import type { PollEntry, System } from "../system/system.ts";
import { type Borrowed, borrow, type SocketLike } from "./borrow.ts";
import { checkTimeout, wait } from "./wait.ts";

/** Everything `poll()` can fail with. */
export const pollErrors = new ErrorSet("poll", {
  InvalidArgument: {
    codes: ["EINVAL"],
    message: "There are more sockets than the process's descriptor limit.",
    advice: "See ulimit -n.",
  },
  NetworkSubsystemFailed,
  SocketClosed,
  SystemResources: { ...SystemResources, codes: [...SystemResources.codes, "EAGAIN"] },
  Unexpected,
});

export type PollErrorName = NameOf<typeof pollErrors>;
export type PollError = ErrorOf<typeof pollErrors>;

/** Whether an error was thrown by `poll()`. */
export const isPollError = (error: unknown): error is PollError => pollErrors.has(error);

/** The events in struct pollfd are a short. */
const MAX_EVENTS = 0x7fff;

/** A socket and the events to wait for. */
export interface PollRequest<S extends SocketLike = SocketLike> {
  readonly socket: S;
  /**
   * `POLL.IN`, `POLL.OUT` and so on. `POLL.ERR`, `POLL.HUP` and `POLL.NVAL` are always included.
   */
  readonly events: number;
}

/** A ready socket and its events. */
export interface PollResult<S extends SocketLike = SocketLike> {
  readonly socket: S;
  readonly revents: number;
}

/**
 * Waits until one of the sockets is ready or the timeout expires. After a signal it resumes with
 * the remaining time. As in POSIX, a request with a negative descriptor is ignored.
 *
 * @param requests the sockets and the events to wait for; the caller keeps ownership of borrowed
 * ones
 * @param timeout milliseconds, rounded up; 0 returns at once; a negative value or Infinity waits
 * forever
 * @returns only the ready sockets, in the order of the requests; empty on timeout
 * @throws PollError named `InvalidArgument`, `NetworkSubsystemFailed`, `SocketClosed`,
 * `SystemResources` or `Unexpected`
 * @throws TypeError if an argument is of the wrong type, or the sockets belong to different systems
 * @throws RangeError if `timeout` is NaN, or the events do not fit a C short
 * @example
 * ```ts
 * const [left, right] = socketpair(AF.UNIX, SOCK.STREAM);
 * send(left, Buffer.from("hello"));
 * for (const { socket, revents } of poll([{ socket: right, events: POLL.IN }], 1000)) {
 *   if (revents & POLL.IN) recv(socket, new Uint8Array(16));
 * }
 * close(left);
 * close(right);
 * ```
 * @see [POSIX](https://pubs.opengroup.org/onlinepubs/9699919799/functions/poll.html)
 * @see [Linux](https://man7.org/linux/man-pages/man2/poll.2.html)
 * @see
 * [Apple](https://developer.apple.com/library/archive/documentation/System/Conceptual/ManPages_iPhoneOS/man2/poll.2.html)
 * @see [FreeBSD](https://man.freebsd.org/cgi/man.cgi?query=poll&sektion=2)
 * @see [Winsock](https://learn.microsoft.com/windows/win32/api/winsock2/nf-winsock2-wsapoll)
 */
export function poll<Request extends PollRequest>(
  requests: readonly Request[],
  timeout: number,
): PollResult<Request["socket"]>[] {
  return unwrap(tryPoll(requests, timeout), poll);
}

/**
 * Like {@link poll}, but returns errors instead of throwing them. Still throws on a bad argument.
 */
export function tryPoll<Request extends PollRequest>(
  requests: readonly Request[],
  timeout: number,
): Result<PollResult<Request["socket"]>[], PollError> {
  const given = elements("requests", "an array", requests);
  checkTimeout(timeout);
  // A request's getters may close a socket, so descriptors are read after all getters have run.
  const asked = given.map((request) => checked(request)).filter((request) => request !== undefined);
  const entries: PollEntry[] = [];
  let system: System | undefined;
  for (const { borrowed, events } of asked) {
    system ??= borrowed.system;
    if (borrowed.system !== system)
      throw invalidValue("the sockets of requests must all belong to one system");
    if (borrowed.fd < 0) return pollErrors.fail(system, "SocketClosed");
    entries.push({ fd: borrowed.fd, events, revents: 0 });
  }
  system ??= currentSystem();
  const returned = wait(system, entries, timeout);
  if (returned < 0) return pollErrors.failure(system, returned);
  const ready: PollResult<Request["socket"]>[] = [];
  for (const [index, { socket }] of asked.entries()) {
    const revents = entries[index]?.revents ?? 0;
    if (revents !== 0) ready.push({ socket, revents });
  }
  return { ok: true, value: ready };
}

/**
 * A snapshot of a request with its borrowed socket; undefined if the request is to be ignored.
 */
function checked<Request extends PollRequest>(
  request: Request,
): { socket: Request["socket"]; borrowed: Borrowed; events: number } | undefined {
  if (typeof request !== "object" || request === null || !("socket" in request)) {
    throw argumentType(`each of requests must be { socket, events }, not ${kind(request)}`);
  }
  const { socket, events } = request;
  const checkedEvents = integer("events", events, 0, MAX_EVENTS);
  if (isIgnored(socket)) return undefined;
  return { socket, borrowed: borrow(socket), events: checkedEvents };
}

/**
 * poll(2): "If this field is negative, then the corresponding events field is ignored and the
 * revents field returns zero."
 */
const isIgnored = (socket: SocketLike): boolean =>
  typeof socket === "number" && Number.isInteger(socket) && socket < 0 && socket >= -0x80000000;
