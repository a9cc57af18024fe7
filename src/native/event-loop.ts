import { isMainThread } from "node:worker_threads";
import { type CType, koffi, openLibrary, type Pointer } from "./library.ts";
import { type Memory, mapMemory } from "./memory.ts";

/**
 * Puts a descriptor on Node's event loop with libuv's uv_poll: `callback` is called whenever it is readable, and the
 * process lives on, until `stop()`; that may be called from inside the callback.
 *
 * Safety: `fd` must be open, of a kind that epoll takes, and stay open until the end: libuv ends the process where it
 * is not (uv__io_poll in src/unix/linux.c). `callback` must not throw, for koffi would swallow it, and must be short:
 * a worker thread may be terminated in it, and the rest of it is not run.
 *
 * koffi has a uv_poll of its own, koffi.node.poll(). It ends the process where uv_poll_init fails, where a worker thread
 * is terminated while its descriptor is ready, and where a closed handle is stopped (3.3.4, src/koffi/src/uv.cc).
 */
export function onReadable(fd: number, callback: () => void): OnLoop {
  libuv ??= openLibuv();
  return put(fd, libuv, libuv.readable, callback);
}

/**
 * The same, but that nothing is called: the loop takes a turn whenever the descriptor is readable, immediates included. That costs
 * some microseconds less.
 */
export function turnsWhileReadable(fd: number): OnLoop {
  libuv ??= openLibuv();
  return put(fd, libuv, libuv.isActive, () => {});
}

function put(fd: number, libuv: Libuv, native: Pointer, callback: () => void): OnLoop {
  const { uv, env, loop, pollStop, closed } = libuv;
  const handle = slots.pop() ?? newSlot();
  check("uv_poll_init_socket", uv.pollInitSocket(loop, handle.pointer, fd));
  check("uv_poll_start", uv.pollStart(handle.pointer, UV_READABLE, native));
  // Without it, the loop would go on calling while the thread or the process ends, and hang in koffi.
  check("napi_add_env_cleanup_hook", uv.addCleanupHook(env, pollStop, handle.pointer));
  if (!isMainThread) outliveWorker(handle);
  callbacks.set(handle.pointer, callback);
  return {
    ref() {
      if (callbacks.has(handle.pointer)) uv.ref(handle.pointer);
    },
    unref() {
      if (callbacks.has(handle.pointer)) uv.unref(handle.pointer);
    },
    stop() {
      if (!callbacks.delete(handle.pointer)) return;
      closing.set(handle.pointer, handle);
      check("napi_remove_env_cleanup_hook", uv.removeCleanupHook(env, pollStop, handle.pointer));
      uv.close(handle.pointer, closed);
    },
  };
}

/** A descriptor on the event loop. */
export interface OnLoop {
  /** Has it hold the process, as at the start. */
  ref(): void;
  /** Lets the process end though it is watched. */
  unref(): void;
  /** Ends it for good. May be repeated. */
  stop(): void;
}

// include/uv.h: uv_poll_event and uv_handle_type.
const UV_READABLE = 1;
const UV_POLL = 8;

/** What is watched, by the address of its uv_poll_t. */
const callbacks = new Map<Pointer, () => void>();

// The memory of a uv_poll_t is libuv's until it says that the handle is closed, and a new handle's after that.
const slots: Memory[] = [];
const closing = new Map<Pointer, Memory>();

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
  readonly readable: Pointer;
  /** The address of uv_is_active, for a callback that does nothing: it looks at a flag of the handle, its first argument. */
  readonly isActive: Pointer;
  readonly closed: Pointer;
}

type CleanupHook = (env: Environment, hook: Pointer, argument: Pointer) => number;

function functions() {
  const node = openLibrary(null);
  const hook: CType[] = ["void*", "void*", "void*"];
  return {
    addCleanupHook: node.func<CleanupHook>("napi_add_env_cleanup_hook", "int", hook),
    removeCleanupHook: node.func<CleanupHook>("napi_remove_env_cleanup_hook", "int", hook),
    symbol: node.func<(library: null, name: Uint8Array) => Pointer>("dlsym", "void*", ["void*", "void*"]),
    eventLoop: node.func<(env: Environment, loop: Uint8Array) => number>("napi_get_uv_event_loop", "int", [
      "void*",
      "void*",
    ]),
    handleSize: node.func<(type: number) => number>("uv_handle_size", "size_t", ["int"]),
    pollInitSocket: node.func<(loop: Pointer, handle: Pointer, fd: number) => number>(
      "uv_poll_init_socket",
      "int",
      ["void*", "void*", "int"],
    ),
    pollStart: node.func<(handle: Pointer, events: number, callback: Pointer) => number>(
      "uv_poll_start",
      "int",
      ["void*", "int", "void*"],
    ),
    ref: node.func<(handle: Pointer) => void>("uv_ref", "void", ["void*"]),
    unref: node.func<(handle: Pointer) => void>("uv_unref", "void", ["void*"]),
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
    pollStop: uv.symbol(null, Buffer.from("uv_poll_stop\0")),
    isActive: uv.symbol(null, Buffer.from("uv_is_active\0")),
    loop: loop[0] ?? 0n,
    readable: koffi.register(
      // koffi gives an integer as a number where it fits.
      (handle: number | bigint) => callbacks.get(BigInt(handle))?.(),
      koffi.pointer(koffi.proto("void berkeley_poll(uintptr_t handle, int status, int events)")),
    ),
    closed: koffi.register(
      (address: number | bigint) => {
        const handle = BigInt(address);
        const memory = closing.get(handle);
        closing.delete(handle);
        if (memory !== undefined) slots.push(memory);
      },
      koffi.pointer(koffi.proto("void berkeley_close(uintptr_t handle)")),
    ),
  };
}

/** Whole pages, which serve again and again. */
function newSlot(): Memory {
  return mapMemory(libuv?.uv.handleSize(UV_POLL) ?? 0);
}

/**
 * A handle that is open when its worker thread ends stops the process ("uv_loop_close() while having open handles"),
 * and no code of ours runs when the thread is terminated. libuv's own handles carry a mark, and are passed over.
 *
 * Safety: `flags` of uv_handle_t is at byte 88 where pointers have 64 bits (include/uv.h), and is written only if it
 * reads as it must for a handle that was just started. The mapping outlives the loop.
 */
function outliveWorker({ buffer }: Memory) {
  const UV_HANDLE_ACTIVE_AND_REF = 0x4 | 0x8;
  const UV_HANDLE_INTERNAL = 0x10;
  const flags = new Uint32Array(buffer, 88, 1);
  if (flags[0] === UV_HANDLE_ACTIVE_AND_REF) flags[0] |= UV_HANDLE_INTERNAL;
}

function check(call: string, returned: number) {
  if (returned !== 0) throw new Error(`${call} failed: ${returned}`);
}
