import { openLibraryOn, type Pointer } from "../../native/library.ts";
import * as shared from "../posix-libc.ts";

const libc = openLibraryOn(["linux"], null);

/** A call that writes the entry, and the text that it points to, to the caller's memory. */
type Reentrant<Arguments extends unknown[]> = (
  ...parameters: [...Arguments, entry: Uint8Array, text: Uint8Array, size: number, found: Uint8Array]
) => number;

/** Larger than struct servent and struct protoent. */
const ENTRY_SIZE = 64;
const MAX_TEXT_SIZE = 1 << 20;
/** asm-generic/errno.h */
const ERANGE = 34;

// Safety: this thread's own, and valid until its next call, as POSIX allows for getservbyname().
const entry = Buffer.alloc(ENTRY_SIZE);
let text = Buffer.alloc(1024);
const found = new BigUint64Array(1);

/**
 * Looks an entry up in memory of this thread. getservbyname() uses memory of the process, where the
 * lookup of another worker thread replaces it before it is read (getservbyname(3), ATTRIBUTES).
 * macOS and FreeBSD keep it for each thread.
 */
function lookUp<Arguments extends unknown[]>(
  call: Reentrant<Arguments>,
  ...given: Arguments
): Pointer | null {
  for (;;) {
    const returned = call(...given, entry, text, text.byteLength, new Uint8Array(found.buffer));
    const [pointer = 0n] = found;
    if (returned === 0) return pointer === 0n ? null : pointer;
    if (returned !== ERANGE || text.byteLength >= MAX_TEXT_SIZE) return null;
    text = Buffer.alloc(text.byteLength * 4);
  }
}

const getservbyname_r = libc.func<Reentrant<[name: Uint8Array, protocol: Uint8Array | null]>>(
  "getservbyname_r",
  "int",
  ["void*", "void*", "void*", "void*", "size_t", "void*"],
);

export const getservbyname: typeof shared.getservbyname = (name, protocol) =>
  lookUp(getservbyname_r, name, protocol);

export const getprotobyname = protocolsOfLibrary();

function protocolsOfLibrary(): typeof shared.getprotobyname {
  try {
    const call = libc.func<Reentrant<[name: Uint8Array]>>("getprotobyname_r", "int", [
      "void*",
      "void*",
      "void*",
      "size_t",
      "void*",
    ]);
    return (name) => lookUp(call, name);
  } catch {
    // musl has only the call that worker threads share (src/network/proto.c).
    return shared.getprotobyname;
  }
}
