import { lastErrno, openLibraryOn } from "../src/native/library.ts";
import { type PosixFunctions, type PosixLibc, posixPrototypes } from "../src/system/posix-libc.ts";

/** The shared functions of the C library that is here, for tests of another system's. */
export const posixLibc: PosixLibc = {
  ...openLibraryOn(["darwin", "freebsd", "linux"], null).functions<PosixFunctions>(posixPrototypes),
  errno: lastErrno,
};
