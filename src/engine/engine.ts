/**
 * An engine carries out operations on sockets and calls handlers when they complete. There are two,
 * `uring` and `readiness`; callers see no difference except speed.
 *
 * Rules for the whole interface:
 *
 * - **Errors** are negative errnos of the system (`system.errnos`); 0 is success. Methods throw
 *   only a TypeError or RangeError for a bad argument, and `engine()` itself throws if the system
 *   lacks the resources for an engine.
 * - **Handlers** are called from the event loop, never inside a call of this interface, and as
 *   methods of the object that was passed, so a caller can pass itself. The handlers of a batch of
 *   events run one after the other; the promises and ticks that they queue run after the batch. An
 *   error that a handler throws becomes an uncaught exception, and the engine continues: callers
 *   that need more must catch it themselves.
 * - **Descriptors** must be open, pollable, non-blocking and close-on-exec. The engine owns them
 *   from then on, and closes them in `close()` or `reset()`; `connect()` and `poll()` only borrow
 *   one, and `release()` hands it back. Until then, callers may get and set options at any time.
 * - **After `close()`, `reset()` or `release()`** the only handler called is that call's `done`,
 *   and every other method does nothing. `done` is called once the descriptor is closed (its number
 *   may have been reused by then) or released.
 * - **The process keeps running** while anything that was not unref'd is open, including a paused
 *   Stream. While nothing is open, an engine keeps only its own descriptors, for reuse.
 * - An engine belongs to one thread. However the thread ends, everything it has open is closed, its
 *   operations end, and none of them writes to memory that may have been reused.
 */
import type { System } from "../system/system.ts";
import type { ValueResult } from "../system/value-result.ts";

/** The engines: Linux's io_uring, or the readiness of descriptors. */
export type EngineName = "uring" | "readiness";

/**
 * The engine, and why it was chosen: "the kernel has every io_uring feature needed",
 * "io_uring_setup failed with EPERM". The argument has precedence, then the environment variable
 * BERKELEY_ENGINE, then the kernel's abilities. Requesting an engine that the system lacks throws
 * an Error with the reason.
 */
export interface EngineChoice {
  readonly name: EngineName;
  readonly reason: string;
}

export interface Engine {
  readonly name: EngineName;
  /** The System whose descriptors it works on. */
  readonly system: System;

  /** Accepts connections from a listening socket, as many as `accept()` asks for. */
  acceptor(fd: number, handlers: AcceptorHandlers): Acceptor;

  /** Sends and receives on a connected stream socket. Starts paused. */
  stream(fd: number, handlers: StreamHandlers): Stream;

  /**
   * Connects a socket that the caller still owns, and must not close before `done` is called.
   * `done` is always called once.
   *
   * @param address the address to connect to; it is copied
   * @param done 0 if the socket is connected; -ECANCELED after `cancel()`, unless something else
   * came first; otherwise the errno of connect(2). If the queue of a unix listener is full, an
   * engine that does not wait reports -EAGAIN
   * @param kind given if `done`, called with 0, makes a stream of the descriptor or closes it
   * before it returns: an engine may then keep it registered. The same for all sockets of one kind
   */
  connect(fd: number, address: ValueResult, done: (errno: number) => void, kind?: SocketKind): PendingConnect;

  /**
   * Waits until a call in one direction would not block: there is data, buffer space, an end, or an
   * error. The caller still owns the socket, and must not close it before `done` is called. `done`
   * is always called once. The descriptor must not be polled or opened elsewhere, but a duplicate
   * may be.
   *
   * @param done 0 once it is ready; -ECANCELED after `cancel()`, unless it was ready first
   */
  poll(fd: number, direction: Direction, done: (errno: number) => void): PendingPoll;

  /** Sends and receives datagrams. Starts paused. */
  datagrams(fd: number, handlers: DatagramHandlers): Datagrams;

  /**
   * Polls for at least this many microseconds after activity before the thread sleeps, until
   * nothing is open. Does nothing on a simulated host, where no time passes while code runs.
   */
  busyPoll(microseconds: number): void;
}

/** The direction a socket is polled for. Accepting counts as receiving, connecting as sending. */
export type Direction = "receive" | "send";

/** Anything an engine has open. */
export interface Handle {
  /** The System of its descriptor. */
  readonly system: System;
  readonly fd: number;
  /** Keeps the process running, which is the default. May be called again. */
  ref(): void;
  /** Lets the process exit while this is open. May be called again. */
  unref(): void;
  /** Whether it keeps the process running: it does while it is open, unless unref'd. */
  hasRef(): boolean;
  /**
   * Cancels operations in flight, waits for them, and closes the descriptor. Written data is sent
   * first, however long the peer takes to read it; a Stream's `reset()` cuts that short. May be
   * called again; every `done` is called.
   *
   * @param done 0, or the error that kept the last written bytes from being sent
   */
  close(done?: (errno: number) => void): void;
}

export interface AcceptorHandlers {
  /**
   * A connection was accepted. The handler owns its descriptor, which is non-blocking and
   * close-on-exec.
   */
  onAccept(fd: number): void;
  /**
   * accept(2) failed. The Acceptor has stopped, as after `pause()`, until the next `accept()`. The
   * caller decides what to do about -EMFILE and how long to wait; meanwhile, connections stay in
   * the system's queue.
   *
   * @param errno a `ringErrno()` if the engine itself has failed, so that accepting again would
   * fail too
   */
  onError(errno: number): void;
}

export interface Acceptor extends Handle {
  /**
   * Accepts up to `count` more connections, on top of those requested before. The rest stay in the
   * system's queue, so that the backlog limits them. `Infinity` accepts everything until `pause()`,
   * at a lower cost per connection.
   */
  accept(count: number): void;
  /**
   * Stops accepting without losing a connection: those that the system has already handed out are
   * still passed to `onAccept()`, before `done`, and other acceptors of the socket are woken for
   * those still in its queue. May be called again; an `accept()` before `done` takes effect after
   * it.
   */
  pause(done?: () => void): void;
}

export interface StreamHandlers {
  /**
   * Data arrived. The bytes are valid only during the call, since the engine reuses their memory;
   * `Uint8Array.prototype.slice.call(bytes)` copies them. If the view or a `subarray()` of it is
   * written during the call, to any Stream, it is sent without a copy.
   */
  onData(bytes: Uint8Array): void;
  /**
   * If present, may be called instead of onData(). It saves creating a view: the engine reuses this
   * one, so the handler must copy the bytes that it keeps, and must not pass the view on.
   */
  onDataToCopy?(bytes: Uint8Array): void;
  /** The peer has shut down its side: no onData() follows. Sending continues as before. */
  onEnd(): void;
  /**
   * Receiving or sending failed. Now the Stream can only be closed: no other handler is called,
   * unsent data is dropped, and `pendingBytes` is 0. Called at most once, after all data that the
   * system had received by then has been delivered; if the Stream is paused with such data, after
   * `resume()`.
   *
   * @param ended the Stream was paused and had nothing to receive but the peer's end, for which
   * onEnd() was not called
   */
  onError(errno: number, ended: boolean): void;
  /**
   * Sending failed; onError() follows once received data has been delivered. Unsent data and
   * anything written from now on is dropped; `pendingBytes` is 0. For callers that wait to send.
   */
  sendingFailed?(errno: number): void;
  /**
   * The system has taken some of the pending data: `pendingBytes` fell, but not to 0. For callers
   * that wait for part of it.
   */
  onProgress?(): void;
  /**
   * The system has taken everything: `pendingBytes` fell to 0, after a write() that did not leave
   * it at 0.
   */
  onDrain(): void;
}

export interface Stream extends Handle {
  /**
   * The number of written bytes that the system has not taken yet, updated by `write()`
   * immediately.
   */
  readonly pendingBytes: number;
  /** Receives until `pause()`. A connection failure is only detected while receiving or sending. */
  resume(): void;
  /**
   * Stops receiving: neither onData() nor onEnd() is called until `resume()`. Data that the engine
   * has already received, about 64 KiB at most, is then delivered first, in order. Cheap enough to
   * call in every onData(), as a pulling reader has to.
   */
  pause(): void;
  /**
   * Sends bytes, in order. They may be changed as soon as it returns. It accepts any amount:
   * callers check `pendingBytes` and continue after `onDrain()`. Calling it after `shutdown()` is a
   * bug, and throws an Error.
   *
   * The memory of `bytes` must be plain; callers check it with `checkBuffer` of posix/buffer.ts.
   *
   * @throws TypeError if the bytes are a view of an onData() call that has returned, or lie in such
   * memory but are neither that view nor a `subarray()` of it
   */
  write(bytes: Uint8Array): void;
  /** Sends several pieces, in order: like `write()` of each, but in one system call. */
  writev(pieces: readonly Uint8Array[]): void;
  /**
   * Sends received data to another stream instead of calling onData(): without a copy or a view if
   * both use the same engine. The end and failures are reported as before, and the caller passes
   * them on.
   *
   * When too much waits in the other stream, this one pauses itself, and the caller calls
   * `resume()` in the other's onDrain(). Bytes that the other stream cannot take, because it has
   * ended or failed, are dropped.
   */
  forward(to: Stream): Forwarding;
  /**
   * Sends a short string like `write()`, encoded into the engine's own memory.
   *
   * @param most an upper bound of the encoded length in bytes: 4096 or less
   * @returns the encoded length in bytes; 0 also if it was dropped
   */
  writeText(text: string, encoding: BufferEncoding, most: number): number;
  /**
   * Called in a handler: makes the ticks and promises of the handlers called so far run soon, after
   * a few more handlers at most. Without it they run once the whole batch of events is handled.
   */
  letTicksRun(): void;
  /**
   * `Engine.poll()` for sending, on a duplicate of the stream's descriptor that the caller owns.
   */
  pollDuplicate(fd: number, done: (errno: number) => void): PendingPoll;
  /**
   * Tells the stream that the caller's own call on the descriptor failed to send. It then behaves
   * as if its own send had failed.
   */
  failSending(errno: number): void;
  /**
   * Sends everything written, then the end, which calls the peer's onEnd(). Receiving continues.
   *
   * @param done 0 once the end is on its way; otherwise the error, which onError() receives too;
   * -ECANCELED if close() or reset() was called first
   */
  shutdown(done?: (errno: number) => void): void;
  /**
   * Ends the connection as close(2) would, without waiting: sends as much as the system takes
   * immediately, and drops the rest. The peer reads that and then the end; a TCP peer gets a reset
   * if received data is unread (RFC 1122, 4.2.2.13). May be called after close().
   *
   * @param done 0, -ECANCELED if data was dropped, or the error of sending
   */
  closeNow(done?: (errno: number) => void): void;
  /**
   * Ends the connection immediately: drops unsent data, and sends a TCP peer a reset (SO_LINGER of
   * 0). May be called after close().
   */
  reset(done?: (errno: number) => void): void;
  /**
   * Ends the Stream but leaves the descriptor open. Written data is sent first, then the end if
   * `shutdown()` was called; after that the engine no longer touches the descriptor. `closeNow()`
   * and `reset()` cut this short.
   *
   * @param done called with 0 once the caller owns the descriptor; or, once the descriptor is
   * closed, with the error of sending or receiving, or -ECANCELED if this was cut short. `received`
   * has the received bytes that onData() did not get, in order
   */
  release(done: (errno: number, received: readonly Uint8Array[]) => void): void;
}

/** Forwarding, as started by `forward()`. */
export interface Forwarding {
  /** The number of bytes passed on so far. */
  readonly bytes: number;
  /** Stops forwarding: onData() is called again. */
  stop(): void;
}

/**
 * Facts that an engine would otherwise query from each of many sockets of one family, type and
 * protocol; undefined until one of them was queried.
 */
export interface SocketKind {
  isTcp: boolean | undefined;
}

/** A connect() in progress. */
export interface PendingConnect {
  ref(): void;
  unref(): void;
  /** Aborts it: `done` is called soon. After that, the socket can only be closed. */
  cancel(): void;
}

/** A poll in progress. */
export interface PendingPoll {
  ref(): void;
  unref(): void;
  /** Aborts it: `done` is called soon. */
  cancel(): void;
}

/** `Uint8Array<ArrayBuffer>`, spelled so that TypeScript before 5.7 reads it too. */
export type OwnBytes = ReturnType<Uint8ArrayConstructor["from"]>;

export interface DatagramHandlers {
  /**
   * A datagram arrived, which may be empty.
   *
   * @param bytes as with a Stream: valid during the call, and not copied if sent during it. If they
   * are not lent, they are a plain copy, which belongs to the handler
   * @param from the sender's address as the system wrote it, also valid only during the call; its
   * length is 0 if the sender has no address
   * @param flags those of recvmsg(2): MSG_TRUNC if the datagram was longer than 65 535 bytes, or
   * than the engine's buffers
   */
  onDatagram(bytes: OwnBytes, from: ValueResult, flags: number): void;
  /**
   * If present, may be called instead of onDatagram(). It saves creating a view: the bytes lie at
   * an offset in the engine's memory, which the handler copies from and must not pass on.
   */
  onDatagramToCopy?(
    memory: Uint8Array,
    offset: number,
    length: number,
    from: ValueResult,
    flags: number,
  ): void;
  /**
   * Called once for each send(), in order: 0, or the errno of sendmsg(2), which concerns only that
   * datagram.
   */
  onSent(errno: number): void;
  /**
   * Receiving failed, for example with -ECONNREFUSED for an earlier datagram. Receiving continues.
   *
   * @param errno a `ringErrno()` if the engine itself has failed: nothing more is received or sent
   */
  onError(errno: number): void;
}

export interface Datagrams extends Handle {
  /** The bytes of datagrams whose onSent() has not been called. */
  readonly pendingBytes: number;
  /** Receives until `pause()`. */
  resume(): void;
  /** Stops receiving, as with a Stream. */
  pause(): void;
  /**
   * Sends one datagram. The bytes and the address may be changed as soon as it returns; for views,
   * see Stream's `write()`.
   *
   * @param to the address to send to; null on a connected socket
   */
  send(bytes: Uint8Array, to: ValueResult | null): void;
  /**
   * Sends one datagram within the call, if the engine may do that now and none is waiting: for a
   * program that sends one at a time. Returns 0 or the errno, and onSent() is not called; or
   * undefined if `send()` must be used.
   */
  sendAtOnce(bytes: Uint8Array, to: ValueResult | null): number | undefined;
}
