import { koffi, lastErrno, openLibrary, type Pointer } from "./library.ts";

/**
 * Memory outside V8's heap. The collector neither moves nor frees it, so its address holds for the life of
 * the process: the kernel may write to it whenever it likes.
 */
export interface Memory {
  readonly pointer: Pointer;
  readonly buffer: ArrayBuffer;
}

const PROT_READ_WRITE = 0x1 | 0x2;
const MAP_PRIVATE_ANONYMOUS = 0x02 | 0x20;

const mmap = openLibrary(null).func<
  (at: null, size: number, prot: number, flags: number, fd: number, offset: number) => Pointer
>("mmap", "void*", ["void*", "size_t", "int", "int", "int", "int64_t"]);

/** Maps zeroed pages. They are never unmapped: a view that outlived them would read someone else's memory. */
export function mapMemory(size: number): Memory {
  const pointer = mmap(null, size, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0);
  if (BigInt.asIntN(64, pointer) === -1n)
    throw new Error(`mmap of ${size} bytes failed: errno ${lastErrno()}`);
  // Safety: the view is exactly the mapping; it is read and written by us, and by system calls that get `pointer`.
  return { pointer, buffer: koffi.view(pointer, size) };
}

/**
 * The address of a caller's bytes. Safety: it holds while the caller holds `bytes`, whose backing store V8 never moves, and so
 * for one synchronous call and no longer.
 */
export function addressOf(bytes: Uint8Array): Pointer {
  return koffi.address(bytes);
}
