import { FailedCall } from "./failed-call.ts";
import { koffi, lastErrno, openLibraryOn, type Pointer } from "./library.ts";

/**
 * Memory outside V8's heap. The collector neither moves nor frees it, so its address is valid for
 * the life of the process: the kernel may write to it at any time.
 */
export interface Memory {
  readonly pointer: Pointer;
  readonly buffer: ArrayBuffer;
}

const PROT_READ_WRITE = 0x1 | 0x2;
const MAP_PRIVATE = 0x02;
/** include/uapi/asm-generic/mman-common.h; sys/mman.h of macOS and FreeBSD. */
const MAP_ANONYMOUS = process.platform === "linux" ? 0x20 : 0x1000;

const mmap = openLibraryOn(["darwin", "freebsd", "linux"], null).func<
  (at: null, size: number, prot: number, flags: number, fd: number, offset: number) => Pointer
>("mmap", "void*", ["void*", "size_t", "int", "int", "int", "int64_t"]);

const mmapAt = openLibraryOn(["darwin", "freebsd", "linux"], null).func<
  (at: Pointer, size: number, prot: number, flags: number, fd: number, offset: number) => Pointer
>("mmap", "void*", ["void*", "size_t", "int", "int", "int", "int64_t"]);

// memoryapi.h, winnt.h
const MEM_COMMIT_RESERVE = 0x1000 | 0x2000;
const PAGE_READWRITE = 0x4;

const kernel32 = openLibraryOn(["win32"], "kernel32.dll");
const virtualAlloc = kernel32.func<
  (at: null, size: number, type: number, protection: number) => Pointer | null
>("VirtualAlloc", "void*", ["void*", "size_t", "uint", "uint"]);
const getLastError = kernel32.func<() => number>("GetLastError", "uint", []);

/**
 * Maps zeroed pages. They are never unmapped: a view that outlived them would read memory reused by
 * others.
 */
export function mapMemory(size: number): Memory {
  const pointer = process.platform === "win32" ? allocated(size) : mapped(size);
  // Safety: the view covers exactly the mapping; only we, and system calls that get `pointer`, read
  // and write it.
  return { pointer, buffer: koffi.view(pointer, size) };
}

function mapped(size: number): Pointer {
  const pointer = mmap(null, size, PROT_READ_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (BigInt.asIntN(64, pointer) === -1n) throw new FailedCall(`mmap of ${size} bytes`, lastErrno());
  return pointer;
}

function allocated(size: number): Pointer {
  const pointer = virtualAlloc(null, size, MEM_COMMIT_RESERVE, PAGE_READWRITE);
  if (!pointer) throw new FailedCall(`VirtualAlloc of ${size} bytes`, getLastError());
  return pointer;
}

// include/uapi/asm-generic/mman-common.h, include/uapi/linux/mman.h
const MAP_SHARED_POPULATE = 0x01 | 0x8000;

/** Maps a descriptor's memory at an offset, shared with the kernel, for the life of the process. */
export function mapDescriptor(fd: number, offset: number, size: number): Memory {
  const pointer = mmap(null, size, PROT_READ_WRITE, MAP_SHARED_POPULATE, fd, offset);
  if (BigInt.asIntN(64, pointer) === -1n)
    throw new FailedCall(`mmap of ${size} bytes of descriptor ${fd}`, lastErrno());
  // Safety: as above.
  return { pointer, buffer: koffi.view(pointer, size) };
}

const MAP_FIXED = 0x10;

/**
 * Replaces pages mapped from a descriptor with zeroed pages of ours, which releases its file.
 * Safety: the addresses stay mapped, so views of them stay valid; other writers of the old pages no
 * longer reach these.
 */
export function detachMapping({ pointer, buffer }: Memory): void {
  const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
  mmapAt(pointer, buffer.byteLength, PROT_READ_WRITE, flags, -1, 0);
}

/**
 * A new ArrayBuffer over `size` mapped bytes. Safety: they must lie within one mapping of ours.
 * Another buffer over the same bytes may exist only if it is detached: V8 assumes that buffers do
 * not overlap.
 *
 * Not for code that serves connections: koffi.view() aborts the process if a worker thread is
 * terminated during it, on every Node ("Error::ThrowAsJavaScriptException napi_throw", koffi
 * 3.3.4). Calls of functions and koffi.address() are safe.
 */
export function viewMemory(pointer: Pointer, size: number): ArrayBuffer {
  return koffi.view(pointer, size);
}

/**
 * The address of a caller's bytes. Safety: it is valid while the caller holds `bytes`, whose
 * backing store V8 never moves, and therefore for one synchronous call and no longer.
 */
export function addressOf(bytes: Uint8Array): Pointer {
  return koffi.address(bytes);
}
