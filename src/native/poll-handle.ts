import { defined } from "../invariant.ts";
import { isMainThread } from "../main-thread.ts";
import { type CType, callback, koffi, openLibrary, type Pointer } from "./library.ts";
import { mapMemory } from "./memory.ts";
import { addressOfFunction } from "./symbol.ts";

/**
 * The owner of a handle, called from the event loop. It must not throw, because koffi would swallow
 * that, and must be short.
 */
export interface Polled {
  /**
   * @param ready UV_READABLE and UV_WRITABLE; both if libuv failed to poll: the next call reports
   * why
   */
  polled(ready: number): void;
}

// include/uv.h: uv_poll_event and uv_handle_type.
export const UV_READABLE = 1;
export const UV_WRITABLE = 2;
const UV_POLL = 8;

/**
 * A uv_poll_t: polls a descriptor, on Windows a SOCKET, on the event loop of this thread of Node.
 * It reports as long as the descriptor is ready, and keeps the process running from `start()` to
 * `stop()` or `close()`, unless unref'd.
 *
 * Safety: the descriptor must be open, of a pollable kind, and stay open until `close()` was
 * called, or libuv aborts the process (uv__io_poll in src/unix/linux.c). It may be closed right
 * after that.
 */
export class PollHandle {
  readonly #libuv: Libuv;
  readonly #buffer: Buffer;
  #open = true;

  /** Returns a handle, or libuv's negative errno. */
  static open(fd: number, polled: Polled): PollHandle | number {
    libuv ??= openLibuv();
    const scratch = buffers.pop() ?? newBuffer(libuv);
    const { words } = scratch;
    const isInWorker = !isMainThread();
    const returned = libuv.uv.pollInitSocket(libuv.loop, scratch.pointer, fd);
    if (returned !== 0) {
      buffers.push(scratch);
      return returned;
    }
    // Immediately, since terminating the thread before this would abort the process.
    if (isInWorker) outliveWorker(words);
    return new PollHandle(libuv, scratch, polled);
  }

  private constructor(libuv: Libuv, scratch: Buffer, polled: Polled) {
    this.#libuv = libuv;
    this.#buffer = scratch;
    const { uv, env, pollStop } = libuv;
    // Without it, the loop would keep calling while the thread or process ends, and hang in koffi.
    check("napi_add_env_cleanup_hook", uv.addCleanupHook(env, pollStop, scratch.pointer));
    told.set(scratch.address, polled);
  }

  /**
   * Polls for UV_READABLE, UV_WRITABLE or both, replacing the previous events. Returns 0 or a
   * negative errno.
   */
  start(events: number): number {
    return this.#start(events, this.#libuv.polled);
  }

  /**
   * The same without a callback: the loop takes a turn whenever the descriptor is ready, immediates
   * included. That saves some microseconds.
   */
  startSilently(events: number): number {
    return this.#start(events, this.#libuv.isActive);
  }

  /** Stops polling. */
  stop(): void {
    if (this.#open) this.#libuv.uv.pollStop(this.#buffer.pointer);
  }

  ref(): void {
    if (this.#open) this.#libuv.uv.ref(this.#buffer.pointer);
  }

  unref(): void {
    if (this.#open) this.#libuv.uv.unref(this.#buffer.pointer);
  }

  /** Closes the handle for good. May be called again, and from `polled()`. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    const { uv, env, pollStop, closed } = this.#libuv;
    const { pointer, address } = this.#buffer;
    told.delete(address);
    closing.set(address, this.#buffer);
    check("napi_remove_env_cleanup_hook", uv.removeCleanupHook(env, pollStop, pointer));
    uv.close(pointer, closed);
  }

  #start(events: number, callback: Pointer): number {
    if (!this.#open) return 0;
    return this.#libuv.uv.pollStart(this.#buffer.pointer, events, callback);
  }
}

/** Memory for one handle. */
interface Buffer {
  readonly pointer: Pointer;
  /** The same as a number, the form in which koffi passes it to a callback. */
  readonly address: number;
  /** All of it, as words. */
  readonly words: Uint32Array;
}

/** The owners, by the address of their handle. */
const told = new Map<number, Polled>();

// The memory of a uv_poll_t belongs to libuv until it reports the handle closed; then a new handle
// may use it.
const buffers: Buffer[] = [];
const closing = new Map<number, Buffer>();

let libuv: Libuv | undefined;

type Environment = typeof koffi.node.env;

interface Libuv {
  readonly uv: ReturnType<typeof functions>;
  /** This thread's napi_env. */
  readonly env: Environment;
  /** The loop of this thread. */
  readonly loop: Pointer;
  /** The address of uv_poll_stop. */
  readonly pollStop: Pointer;
  readonly polled: Pointer;
  /**
   * The address of uv_is_active, as a callback that does nothing: it reads a flag of its first
   * argument, the handle.
   */
  readonly isActive: Pointer;
  readonly closed: Pointer;
}

type CleanupHook = (env: Environment, hook: Pointer, argument: Pointer) => number;

/** uv_os_sock_t: a SOCKET is as wide as a pointer. */
const SOCKET: CType = process.platform === "win32" ? "ssize_t" : "int";

function functions() {
  const node = openLibrary(null);
  const hook: CType[] = ["void*", "void*", "void*"];
  const handle: CType[] = ["void*"];
  return {
    addCleanupHook: node.func<CleanupHook>("napi_add_env_cleanup_hook", "int", hook),
    removeCleanupHook: node.func<CleanupHook>("napi_remove_env_cleanup_hook", "int", hook),
    eventLoop: node.func<(env: Environment, loop: Uint8Array) => number>("napi_get_uv_event_loop", "int", [
      "void*",
      "void*",
    ]),
    handleSize: node.func<(type: number) => number>("uv_handle_size", "size_t", ["int"]),
    pollInitSocket: node.func<(loop: Pointer, handle: Pointer, fd: number) => number>(
      "uv_poll_init_socket",
      "int",
      ["void*", "void*", SOCKET],
    ),
    pollStart: node.func<(handle: Pointer, events: number, callback: Pointer) => number>(
      "uv_poll_start",
      "int",
      ["void*", "int", "void*"],
    ),
    pollStop: node.func<(handle: Pointer) => number>("uv_poll_stop", "int", handle),
    ref: node.func<(handle: Pointer) => void>("uv_ref", "void", handle),
    unref: node.func<(handle: Pointer) => void>("uv_unref", "void", handle),
    close: node.func<(handle: Pointer, callback: Pointer) => void>("uv_close", "void", ["void*", "void*"]),
  };
}

function openLibuv(): Libuv {
  const uv = functions();
  const loop = new BigUint64Array(1);
  const { env } = koffi.node;
  check("napi_get_uv_event_loop", uv.eventLoop(env, new Uint8Array(loop.buffer)));
  return {
    uv,
    env,
    pollStop: addressOfFunction(null, "uv_poll_stop"),
    isActive: addressOfFunction(null, "uv_is_active"),
    loop: defined(loop[0], "the loop is one pointer"),
    polled: callback(
      (handle: number | bigint, status: number, events: number) =>
        told.get(Number(handle))?.polled(status < 0 ? UV_READABLE | UV_WRITABLE : events),
      ["size_t", "int", "int"],
    ),
    closed: callback(
      (handle: number | bigint) => {
        const address = Number(handle);
        const scratch = closing.get(address);
        closing.delete(address);
        if (scratch !== undefined) buffers.push(scratch);
      },
      ["size_t"],
    ),
  };
}

/** The allocation granularity of Windows. */
const MAPPED = 65_536;

/** Handle memory is mapped in batches and reused. It is never unmapped. */
function newBuffer({ uv }: Libuv): Buffer {
  const size = (uv.handleSize(UV_POLL) + 15) & ~15;
  const { pointer, buffer } = mapMemory(MAPPED);
  for (let at = 0; at + size <= MAPPED; at += size) {
    const scratch = pointer + BigInt(at);
    buffers.push({
      pointer: scratch,
      address: Number(scratch),
      words: new Uint32Array(buffer, at, size / 4),
    });
  }
  const [scratch] = buffers.splice(-1);
  if (scratch === undefined) throw new Error(`a uv_poll_t has ${size} bytes`);
  return scratch;
}

/**
 * Offsets of these fields of uv_handle_t with 64-bit pointers, in words (include/uv.h,
 * include/uv/unix.h, include/uv/win.h).
 */
const HANDLE = { type: 16 / 4, flags: 88 / 4 };
// src/uv-common.h. The last is for Windows, for sockets of third-party providers.
const UV_HANDLE_REF = 0x8;
const UV_HANDLE_INTERNAL = 0x10;
const UV_HANDLE_POLL_SLOW = 0x01000000;

/**
 * A handle that is still open when its worker thread ends aborts the process ("uv_loop_close()
 * while having open handles"), and no code of ours runs when a thread is terminated. Handles marked
 * as libuv's own are skipped.
 *
 * Safety: the flags are written only if they read as expected for a new handle. The mapping
 * outlives the loop, and anything the system still writes to it.
 */
function outliveWorker(words: Uint32Array) {
  const flags = defined(words[HANDLE.flags], "a uv_poll_t has flags");
  if (words[HANDLE.type] === UV_POLL && (flags & ~UV_HANDLE_POLL_SLOW) === UV_HANDLE_REF)
    words[HANDLE.flags] = flags | UV_HANDLE_INTERNAL;
}

function check(call: string, returned: number) {
  if (returned !== 0) throw new Error(`${call} failed: ${returned}`);
}
