import type { TextDecoder } from "node:util";
import { builtin } from "../builtin.ts";

// From node:util rather than the globals, which jsdom replaces.
const util = builtin("node:util") ?? globalThis;
const encoder = new util.TextEncoder();

/** A decoder of UTF-8. */
export const newDecoder = (options?: { fatal?: boolean; ignoreBOM?: boolean }): TextDecoder =>
  new util.TextDecoder("utf-8", options);

/** A text as UTF-8: a Buffer where there are Buffers, which is faster for short texts. */
export const encodeText: (text: string) => Uint8Array =
  typeof Buffer === "undefined" ? (text) => encoder.encode(text) : (text) => Buffer.from(text);
