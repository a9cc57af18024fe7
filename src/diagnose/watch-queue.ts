import { machineClock } from "../clock/machine-clock.ts";
import { argumentType, integer, invalidValue, kind } from "../errors/argument.ts";
import { SO } from "../options/so.ts";
import { acceptQueue } from "../posix/accept-queue.ts";
import type { SocketLike } from "../posix/borrow.ts";
import { tryGetsockopt } from "../posix/getsockopt.ts";
import { host } from "../system/host.ts";
import type { AcceptQueue } from "../system/system.ts";
import { hostTables } from "../system/this-host.ts";
import { type Netstat, netstat } from "./netstat.ts";

/**
 * The limit that made the kernel drop connections:
 * - `"backlog"`: the accept queue overflowed for a moment, at the backlog passed to `listen()`;
 * - `"somaxconn"`: the same, but net.core.somaxconn had capped the backlog;
 * - `"slow accept"`: the accept queue stayed full: the program accepts too slowly, or not at all;
 * - `"tcp_syncookies"`: the queue of incomplete connections was full, and net.ipv4.tcp_syncookies
 *   is off;
 * - `"tcp_max_syn_backlog"`: that queue came near net.ipv4.tcp_max_syn_backlog, and
 *   net.ipv4.tcp_syncookies is off;
 * - `"other"`: none of these, for example a lack of memory.
 */
export type QueueLimit =
  | "backlog"
  | "somaxconn"
  | "slow accept"
  | "tcp_syncookies"
  | "tcp_max_syn_backlog"
  | "other";

/** Connections that the kernel dropped at a listener. */
export interface QueueDrop {
  /**
   * How many SYNs and final ACKs of handshakes were dropped since the last event. A client that
   * retries counts again.
   */
  readonly dropped: number;
  readonly limit: QueueLimit;
  /** The accept queue, now. */
  readonly queue: AcceptQueue;
  /** What happened, and what to do. */
  readonly message: string;
}

/** Options of `watchQueue()`. */
export interface WatchQueueOptions {
  /** The polling interval in milliseconds, 1 to 3600000; 250 by default. */
  readonly interval?: number;
  /** The backlog passed to `listen()`; by default, the one in effect. */
  readonly backlog?: number;
}

/** A watch of a listener's queue. */
export interface QueueWatch {
  /** Stops it; may be called again. */
  stop(): void;
  /** The same, at the end of a `using` scope. */
  [Symbol.dispose](): void;
}

/** A sample of a listener's queue. */
export interface QueueSample {
  readonly queue: AcceptQueue;
  readonly drops: number;
  readonly counters: Netstat | undefined;
}

/**
 * Calls `handler` when the kernel has dropped connections to a TCP listener, with the limit that
 * caused it. The watch ends when the listener is closed, and does not keep the process alive.
 *
 * - Linux: polls the socket's drop counter (SO_MEMINFO), which takes some microseconds.
 * - Other systems: not supported.
 *
 * @param listener a TCP listener; a borrowed one stays the caller's
 * @param handler called from the event loop, once for all drops since its last call
 * @param options `interval`, and `backlog`
 * @throws TypeError if an argument is of the wrong type, or the socket is not a TCP listener
 * @throws RangeError if `interval` or `backlog` is out of range
 * @throws Error on systems other than Linux
 * @example
 * ```ts
 * import { watchQueue } from "berkeley/diagnose";
 *
 * using server = socket(AF.INET, SOCK.STREAM);
 * listen(server, 16);
 * using watch = watchQueue(server, ({ message }) => console.warn(message));
 * ```
 * @see [Linux](https://man7.org/linux/man-pages/man2/listen.2.html)
 */
export function watchQueue(
  listener: SocketLike,
  handler: (drop: QueueDrop) => void,
  options: WatchQueueOptions = {},
): QueueWatch {
  if (typeof handler !== "function") throw argumentType(`handler must be a function, not ${kind(handler)}`);
  const interval = integer("interval", options.interval ?? 250, 1, 3_600_000);
  const asked =
    options.backlog === undefined ? undefined : integer("backlog", options.backlog, 0, 0x7fffffff);
  if (!host.capabilities.countsDrops)
    throw new Error(
      `watchQueue() is not supported on ${host.name}, which does not count dropped connections`,
    );
  let last = sample(listener);
  if (last === undefined) throw invalidValue("listener must be a listening TCP socket");
  const timer = machineClock.setInterval(look, interval).unref();
  const stop = () => machineClock.clearInterval(timer);
  function look() {
    const now = sample(listener);
    if (now === undefined || last === undefined) return stop();
    const drop = dropBetween(last, now, asked);
    last = now;
    if (drop !== undefined) handler(drop);
  }
  return { stop, [Symbol.dispose]: stop };
}

/** Samples a listener's queue; undefined if the socket is not a TCP listener, or closed. */
export function sample(listener: SocketLike): QueueSample | undefined {
  const queue = acceptQueue(listener);
  const memory = tryGetsockopt(listener, SO.MEMINFO);
  const protocol = tryGetsockopt(listener, SO.PROTOCOL);
  // Unix sockets have no protocol; they refuse excess connections and count nothing.
  if (queue === undefined || !memory.ok || !protocol.ok || protocol.value === 0) return undefined;
  return { queue, drops: memory.value.drops, counters: netstat() };
}

/** The drops between two samples and their cause; undefined if there were none. */
export function dropBetween(before: QueueSample, now: QueueSample, asked?: number): QueueDrop | undefined {
  // The kernel's counter has 32 bits.
  const dropped = (now.drops - before.drops) >>> 0;
  if (dropped === 0) return undefined;
  const limit = limitToBlame(before, now, asked);
  return { dropped, limit, queue: now.queue, message: `${dropped} dropped: ${saying(limit, now.queue)}` };
}

const isFull = ({ pending, limit }: AcceptQueue) => pending > limit;

/**
 * tcp_conn_request in net/ipv4/tcp_input.c drops a SYN where the queue of incomplete connections is
 * full and cookies are off, where the accept queue is full, and, with cookies off, where less than
 * a quarter of tcp_max_syn_backlog is left; tcp_v4_syn_recv_sock in net/ipv4/tcp_ipv4.c drops the
 * last step where the accept queue is full. The counters cover every listener, so the queue itself
 * is checked first.
 */
function limitToBlame(before: QueueSample, now: QueueSample, asked: number | undefined): QueueLimit {
  if (isFull(before.queue) && isFull(now.queue)) return "slow accept";
  const rose = (name: keyof Netstat) => (now.counters?.[name] ?? 0) > (before.counters?.[name] ?? 0);
  if (isFull(before.queue) || isFull(now.queue) || rose("ListenOverflows")) {
    return now.queue.limit < (asked ?? now.queue.limit) || isAtSomaxconn(now, asked)
      ? "somaxconn"
      : "backlog";
  }
  if (rose("TCPReqQFullDrop")) return "tcp_syncookies";
  return hostTables.listenerCounters.usesSynCookies() ? "other" : "tcp_max_syn_backlog";
}

/** If the requested backlog is unknown, one that equals the system's limit is taken for capped. */
const isAtSomaxconn = ({ queue }: QueueSample, asked: number | undefined) =>
  asked === undefined && queue.limit === hostTables.listenerCounters.somaxconn();

function saying(limit: QueueLimit, { limit: granted }: AcceptQueue): string {
  switch (limit) {
    case "backlog":
      return (
        `the accept queue overflowed for a moment. Its limit is ${granted}, the backlog passed to ` +
        "listen(): pass a larger one."
      );
    case "somaxconn":
      return (
        `the accept queue overflowed for a moment. Its limit is ${granted}, set by ` +
        "net.core.somaxconn: raise that, then listen again."
      );
    case "slow accept":
      return `the accept queue (limit ${granted}) stays full: the program does not accept fast enough.`;
    case "tcp_syncookies":
      return (
        "the queue of incomplete connections is full: turn on net.ipv4.tcp_syncookies, or raise " +
        "the backlog."
      );
    case "tcp_max_syn_backlog":
      return (
        "incomplete connections come near net.ipv4.tcp_max_syn_backlog: raise it, or turn on " +
        "net.ipv4.tcp_syncookies."
      );
    case "other":
      return "neither queue is full; the cause is something else, such as a lack of memory.";
  }
}
