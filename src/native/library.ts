/** The one door to native code: nothing outside this folder imports koffi. */
import { type Koffi, loadKoffi } from "./load-koffi.ts";

/** An address, as koffi gives and takes it. */
export type Pointer = bigint;

export const koffi: Koffi = loadKoffi();

/**
 * The C types that our prototypes use. `void*` takes a mapped address or a Uint8Array, for the time
 * of the call.
 */
export type CType = "void" | "int" | "uint" | "size_t" | "ssize_t" | "int64_t" | "void*";

export interface Library {
  /** Finds a symbol and gives it a prototype; throws where the library has no such symbol. */
  func<F>(name: string, result: CType, args: CType[]): F;
  /**
   * The same for a function of C with `...`, by the types of the arguments that follow. Apple's
   * arm64 passes those on the stack, where a prototype without them would not put them.
   */
  variadic<F>(name: string, result: CType, args: CType[], more: CType[]): F;
}

/**
 * Opens a shared library; `null` is the process itself: libc included, on Windows what node.exe
 * exports, such as libuv's functions.
 */
export function openLibrary(path: string | null): Library {
  const library = koffi.load(path ?? (process.platform === "win32" ? process.execPath : null));
  return {
    // The prototype is the only proof of F that there can be: C symbols carry no types.
    func: <F>(name: string, result: CType, args: CType[]) =>
      library.func(name, koffiType(result), args.map(koffiType)) as unknown as F,
    variadic<F>(name: string, result: CType, args: CType[], more: CType[]) {
      const call = library.func(name, koffiType(result), [...args.map(koffiType), "..."]);
      const types = more.map(koffiType);
      const typed = (...values: unknown[]) =>
        call(
          ...values.slice(0, args.length),
          ...types.flatMap((type, index) => [type, values[args.length + index]]),
        );
      return typed as unknown as F;
    },
  };
}

/**
 * The same, on these platforms only: elsewhere its functions throw, so that a module of another
 * system can be imported.
 */
export function openLibraryOn(platforms: readonly NodeJS.Platform[], path: string | null): Library {
  if (platforms.includes(process.platform)) return openLibrary(path);
  return { func: elsewhere, variadic: elsewhere };
}

function elsewhere<F>(name: string): F {
  const fail = () => {
    throw new Error(`${name}() is not of ${process.platform}`);
  };
  return fail as unknown as F;
}

/** The function at an address. Safety: it must be one of that prototype, and stay loaded. */
export function functionAt<F>(address: Pointer, result: CType, args: CType[]): F {
  return koffi.decode(address, koffi.proto(koffiType(result), args.map(koffiType)));
}

/**
 * The address of a function of C that calls ours, for as long as the process lives. A name of its
 * type would be the process's: a second copy of this module, of another version or of another Jest
 * file, could not have it too ("Duplicate type name").
 *
 * Safety: native code may call it on this thread only. It must not throw, for koffi would swallow
 * that.
 */
export function callback<Args extends (number | bigint)[]>(
  called: (...args: Args) => void,
  args: CType[],
): Pointer {
  return koffi.register(called, koffi.pointer(koffi.proto("void", args.map(koffiType))));
}

/** `errno` as the last native call of this thread left it. */
export const lastErrno: () => number = koffi.errno;

function koffiType(type: CType): string {
  return type === "ssize_t" ? "intptr_t" : type;
}
