import { argumentType, copyOfBytes, invalidValue, kind, outOfRange } from "../errors/argument.ts";
import type { SockaddrLayout } from "../system/system.ts";
import { encodeText, newDecoder } from "../system/text.ts";
import { isUint8Array } from "../system/view.ts";

const decoder = newDecoder({ fatal: true, ignoreBOM: true });

/**
 * Encodes sun_path. A file system path ends with a NUL if there is space; an abstract name never
 * does.
 */
export function encodePath(path: string | Uint8Array, layout: SockaddrLayout): Uint8Array {
  const { sunPathSize, abstractNames } = layout;
  if (typeof path !== "string" && !isUint8Array(path)) {
    throw argumentType(`the path of a unix address must be a string or a Uint8Array, not ${kind(path)}`);
  }
  if (typeof path === "string" && !path.isWellFormed()) {
    throw invalidValue("the path of a unix address has a lone surrogate, which cannot be encoded as UTF-8");
  }
  const bytes = typeof path === "string" ? encodeText(path) : copyOfBytes("the path of a unix address", path);
  const isAbstract = abstractNames && bytes[0] === 0;
  if (!isAbstract && bytes.includes(0)) {
    throw invalidValue(
      `the path of a unix address contains a NUL, allowed only in ${abstractNames ? "the" : "Linux's"} ` +
        "abstract namespace",
    );
  }
  if (bytes.byteLength > sunPathSize) {
    throw outOfRange(
      `the path of a unix address is ${bytes.byteLength} bytes long; sun_path holds at most ${sunPathSize}`,
    );
  }
  const needsNul = bytes.byteLength > 0 && !isAbstract && bytes.byteLength < sunPathSize;
  if (!needsNul) return bytes;
  const terminated = new Uint8Array(bytes.byteLength + 1);
  terminated.set(bytes);
  return terminated;
}

/** Decodes the name in sun_path: a string if it is UTF-8, otherwise bytes. */
export function decodePath(sunPath: Uint8Array, { abstractNames }: SockaddrLayout): string | Uint8Array {
  const end = abstractNames && sunPath[0] === 0 ? -1 : sunPath.indexOf(0);
  const name = end === -1 ? sunPath : sunPath.subarray(0, end);
  try {
    return decoder.decode(name);
  } catch {
    return new Uint8Array(name);
  }
}
