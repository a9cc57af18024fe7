/** The only access to native code: nothing outside this folder imports koffi. */
import { type Koffi, loadKoffi } from "./load-koffi.ts";

/** An address in koffi's representation. */
export type Pointer = bigint;

export const koffi: Koffi = loadKoffi();

/**
 * The C types in our prototypes. `void*` takes a mapped address, or a Uint8Array for the duration
 * of the call.
 */
export type CType = "void" | "int" | "uint" | "size_t" | "ssize_t" | "int64_t" | "void*";

export interface Library {
  /** Looks a symbol up and gives it a prototype; throws if the library lacks it. */
  func<F>(name: string, result: CType, args: CType[]): F;
  /**
   * The same for a variadic C function, given the types of the variable arguments. Apple's arm64
   * passes those on the stack, which a prototype without them would not do.
   */
  variadic<F>(name: string, result: CType, args: CType[], more: CType[]): F;
}

/**
 * Opens a shared library; `null` is the process itself: libc included, and on Windows the exports
 * of node.exe, such as libuv's functions.
 */
export function openLibrary(path: string | null): Library {
  const library = koffi.load(path ?? (process.platform === "win32" ? process.execPath : null));
  return {
    // Only the prototype vouches for F: C symbols carry no types.
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
 * The same, on these platforms only. Elsewhere its functions throw, so that another system's module
 * can be imported.
 */
export function openLibraryOn(platforms: readonly NodeJS.Platform[], path: string | null): Library {
  if (platforms.includes(process.platform)) return openLibrary(path);
  return { func: elsewhere, variadic: elsewhere };
}

function elsewhere<F>(name: string): F {
  const fail = () => {
    throw new Error(`${name}() does not exist on ${process.platform}`);
  };
  return fail as unknown as F;
}

/** The function at an address. Safety: it must have that prototype, and stay loaded. */
export function functionAt<F>(address: Pointer, result: CType, args: CType[]): F {
  return koffi.decode(address, koffi.proto(koffiType(result), args.map(koffiType)));
}

/**
 * The address of a C function that calls ours, valid as long as the process lives. Its type is
 * anonymous, because type names are shared by the whole process: a second copy of this module, from
 * another version or another Jest file, could not define it again ("Duplicate type name").
 *
 * Safety: native code may call it on this thread only. It must not throw, because koffi would
 * swallow that.
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
