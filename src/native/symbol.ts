import { openLibrary, openLibraryOn, type Pointer } from "./library.ts";

/**
 * The address of a function, for native code to call; `null` is the process itself, libc included.
 */
export function addressOfFunction(library: string | null, name: string): Pointer {
  const bytes = Buffer.from(`${name}\0`);
  const address = process.platform === "win32" ? onWindows(library, bytes) : dlsym(RTLD_DEFAULT, bytes);
  if (!address) throw new Error(`there is no function ${name}`);
  return address;
}

/** dlfcn.h: (void *) 0 on Linux, (void *) -2 on macOS and FreeBSD. */
const RTLD_DEFAULT: Pointer | null = process.platform === "linux" ? null : 0xffff_ffff_ffff_fffen;

const dlsym = openLibraryOn(["darwin", "freebsd", "linux"], null).func<
  (library: Pointer | null, name: Uint8Array) => Pointer | null
>("dlsym", "void*", ["void*", "void*"]);

function onWindows(library: string | null, name: Uint8Array): Pointer | null {
  const kernel32 = openLibrary("kernel32.dll");
  const getModuleHandle = kernel32.func<(library: Uint8Array | null) => Pointer>(
    "GetModuleHandleA",
    "void*",
    ["void*"],
  );
  const getProcAddress = kernel32.func<(module: Pointer, name: Uint8Array) => Pointer | null>(
    "GetProcAddress",
    "void*",
    ["void*", "void*"],
  );
  return getProcAddress(getModuleHandle(library === null ? null : Buffer.from(`${library}\0`)), name);
}
