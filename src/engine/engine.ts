/**
 * What an engine is: it carries out operations on sockets and calls handlers when they are done.
 * There are two, `uring` and `readiness`; callers see no difference but in speed.
 *
 * What holds for all of it:
 *
 * - **Errors** are negative errno, the system's own (`system.errnos`); 0 is success. No call here
 *   throws, but for a TypeError or RangeError about an argument, and `engine()` itself, where the
 *   system has no room for an engine.
 * - **Handlers** are called from the event loop, never inside a call of this interface, and as
 *   methods of the object that was given, so that one object may be both the caller's own and its
 *   handlers. The handlers of one batch of events run one after the other; what promises and ticks
 *   they start runs after the batch. An error that a handler throws becomes an uncaught exception,
 *   and the engine goes on: callers that owe their users more catch it themselves.
 * - **Descriptors** are given open, of a kind that can be waited for, non-blocking, and closed on
 *   exec. From then on they are the engine's, which closes them in `close()` or `reset()`;
 *   `connect()` alone only borrows, and `release()` gives one back. Options may be set and asked at
 *   any time until then.
 * - **After `close()`, `reset()` or `release()`** no handler is called but the `done` of that call,
 *   and every other method does nothing. `done` is called once the descriptor is closed and its
 *   number may be somebody else's, or once it is released.
 * - **The process lives on** while anything is open whose `unref()` was not called, a paused Stream
 *   included. While nothing is open, an engine holds nothing but descriptors of its own, for the
 *   next time.
 * - An engine belongs to one thread. When a thread ends, by whatever means, what it has open is
 *   closed; operations end, and write to no memory that anybody else gets.
 */
import type { ValueResult } from "../system/value-result.ts";

/** The engines: io_uring of Linux, or the readiness of descriptors. */
export type EngineName = "uring" | "readiness";

/**
 * Which engine it is, and why in a sentence: "the kernel has what it needs", "io_uring_setup failed
 * with EPERM". `choice.ts` has `engineChoice(wanted?: EngineName): EngineChoice`, and
 * `engine(wanted?: EngineName): Engine`, this thread's engine. What is wanted comes first, then the
 * environment's BERKELEY_ENGINE, then the kernel's abilities. Wanting one that the system lacks
 * throws an Error with the reason.
 */
export interface EngineChoice {
  readonly name: EngineName;
  readonly reason: string;
}

export interface Engine {
  readonly name: EngineName;

  /** Accepts connections of a listening socket. It accepts none until told to. */
  acceptor(fd: number, handlers: AcceptorHandlers): Acceptor;

  /** Sends and receives on a connected socket of type stream. It starts paused. */
  stream(fd: number, handlers: StreamHandlers): Stream;

  /**
   * Connects a socket, which stays the caller's, who must not close it before `done` is called:
   * that is once, always.
   *
   * @param address where to; it is copied
   * @param done 0 when the socket is connected; -ECANCELED after `cancel()`, if nothing else came
   * first; otherwise what connect(2) failed with. A unix listener whose queue is full is -EAGAIN
   * where the engine does not wait for it
   */
  connect(fd: number, address: ValueResult, done: (errno: number) => void): PendingConnect;

  /** Sends and receives datagrams. It starts paused. */
  datagrams(fd: number, handlers: DatagramHandlers): Datagrams;
}

/** What an engine has open. */
export interface Handle {
  readonly fd: number;
  /** Holds the process, as at the start. May be repeated. */
  ref(): void;
  /** Lets the process end while this is open. May be repeated. */
  unref(): void;
  /**
   * Ends it: what is in flight is cancelled and waited for, and the descriptor is closed. What was
   * written is sent first, for as long as the peer takes to read it: a Stream's `reset()` cuts that
   * short. May be repeated; every `done` is called.
   *
   * @param done 0, or what kept the last of the written bytes from being sent
   */
  close(done?: (errno: number) => void): void;
}

export interface AcceptorHandlers {
  /**
   * A connection was accepted: its descriptor is the handler's from now on; it is non-blocking and
   * closed on exec.
   */
  onAccept(fd: number): void;
  /**
   * accept(2) failed. The Acceptor has stopped by itself, as after `pause()` but at once, and waits
   * for the next `accept()`. What to do about -EMFILE and how long to wait is the caller's
   * decision; connections wait in the system's queue meanwhile.
   *
   * @param final the engine itself has failed: accepting again would fail, too
   */
  onError(errno: number, final?: boolean): void;
}

export interface Acceptor extends Handle {
  /**
   * Accepts up to `count` connections more, on top of those asked for before: the system's queue
   * keeps the others, and its backlog its meaning. `Infinity` accepts all that come until
   * `pause()`, at less cost for each.
   */
  accept(count: number): void;
  /**
   * Takes back what `accept()` asked for. No connection is lost: those that the system has handed
   * out by then are still given to `accepted()`, all before `done`; whoever else accepts from the
   * socket is told of those that wait in its queue by then. May be repeated; an `accept()` before
   * `done` counts from after it.
   */
  pause(done?: () => void): void;
}

export interface StreamHandlers {
  /**
   * Bytes came. They are good for the length of the call only, since their memory is the engine's
   * and will hold other bytes; `Uint8Array.prototype.slice.call(bytes)` copies. Written during the
   * call, to any Stream, such a view or a `subarray()` of it is sent from where it lies.
   */
  onData(bytes: Uint8Array): void;
  /** The peer has shut down its side: no data() comes after it. Sending goes on as before. */
  onEnd(): void;
  /**
   * Receiving or sending failed, and the Stream is of no more use but to be closed: no other
   * handler is called any more, what was not sent is dropped, `pendingBytes` is 0. Called once at
   * most. What the system had received by then comes before it, in order; while the Stream is
   * paused with such bytes, it waits for `resume()`.
   *
   * @param ended a paused Stream had nothing to receive but the peer's end, which end() was not
   * called for
   */
  onError(errno: number, ended: boolean): void;
  /**
   * Sending failed, and failed() comes once what has been received is told. What was not sent is
   * dropped, and what is written from now on too; `pendingBytes` is 0. For those who wait for it.
   */
  sendingFailed?(errno: number): void;
  /**
   * `pendingBytes` has fallen, and not to 0: the system has taken some. For those who wait for a
   * part of it.
   */
  onProgress?(): void;
  /**
   * `pendingBytes` has fallen to 0, after a write() that did not leave it 0: the system has taken
   * all.
   */
  onDrain(): void;
}

export interface Stream extends Handle {
  /**
   * Bytes that were written and that the system has not taken yet; what `write()` adds counts at
   * once.
   */
  readonly pendingBytes: number;
  /**
   * Receives, until `pause()`. A failure of the connection is found only while it receives or
   * sends.
   */
  resume(): void;
  /**
   * Stops receiving: no data() and no end() is called from now on until `resume()`. What the engine
   * had received by then, some 64 KiB at most, comes first after that, in order. Cheap to do for
   * every data(), as a program that pulls must.
   */
  pause(): void;
  /**
   * Sends bytes, in order. They may be changed as soon as it returns. There is no limit: callers
   * look at `pendingBytes`, and go on after `drained()`. After `shutdown()` it is a mistake of the
   * caller's, and throws an Error.
   *
   * The memory of `bytes` must be plain (`checkBuffer` in posix/buffer.ts is for callers to use).
   *
   * @throws TypeError if the bytes are a view of a data() call that has returned, or lie in such
   * memory without being a view that data() gave or a `subarray()` of one
   */
  write(bytes: Uint8Array): void;
  /**
   * Sends what was written, and then the end: the peer's end(). Receiving goes on.
   *
   * @param done 0 when the end is on its way; otherwise what failed, which failed() is told as
   * well; -ECANCELED if close() or reset() came first
   */
  shutdown(done?: (errno: number) => void): void;
  /**
   * Ends it as close(2) would, without waiting: what the system takes at once is sent, and the rest
   * is dropped. The peer reads what was sent and then the end; a TCP peer is sent a reset where
   * received bytes lie unread (RFC 1122, 4.2.2.13). May follow close().
   *
   * @param done 0, -ECANCELED if bytes were dropped, or what sending failed with
   */
  closeNow(done?: (errno: number) => void): void;
  /**
   * Ends it at once: what was not sent is dropped, and a TCP peer is sent a reset (SO_LINGER of 0).
   * May follow close().
   */
  reset(done?: (errno: number) => void): void;
  /**
   * Ends it and leaves the descriptor open: what was written is sent first, and the end after
   * `shutdown()`; then nothing of the engine's touches the descriptor any more. `closeNow()` and
   * `reset()` may follow, and cut it short.
   *
   * @param done called with 0 once the descriptor is the caller's, and with the bytes that were
   * received and not given to data(), in order; or once the descriptor is closed, with what sending
   * or receiving failed with, or -ECANCELED if it was cut short
   */
  release(done: (errno: number, received: readonly Uint8Array[]) => void): void;
}

/** A connect() that is under way. */
export interface PendingConnect {
  ref(): void;
  unref(): void;
  /** Gives up: `done` is called soon. The socket is of no use after that but to be closed. */
  cancel(): void;
}

export interface DatagramHandlers {
  /**
   * A datagram came, which may be empty.
   *
   * @param bytes as with a Stream: good for the length of the call, and sent from where it lies if
   * sent in it
   * @param from who sent it, as the system wrote it; also for the length of the call only. Its
   * length is 0 where the sender has no name
   * @param flags those of recvmsg(2): MSG_TRUNC, where it was longer than 65 535 bytes or than the
   * engine's buffers
   */
  onDatagram(bytes: Uint8Array, from: ValueResult, flags: number): void;
  /**
   * Called once for each send(), in their order: 0, or what sendmsg(2) failed with, which concerns
   * that datagram alone.
   */
  onSent(errno: number): void;
  /**
   * Receiving failed, such as -ECONNREFUSED for an earlier datagram. It goes on after that.
   *
   * @param final the engine itself has failed: nothing is received or sent any more
   */
  onError(errno: number, final?: boolean): void;
}

export interface Datagrams extends Handle {
  /** Bytes of the datagrams whose sent() has not been called. */
  readonly pendingBytes: number;
  /** Receives, until `pause()`. */
  resume(): void;
  /** Stops receiving, as with a Stream. */
  pause(): void;
  /**
   * Sends one datagram. The bytes and the address may be changed as soon as it returns; views as in
   * Stream's `write()`.
   *
   * @param to where to; null on a connected socket
   */
  send(bytes: Uint8Array, to: ValueResult | null): void;
}
