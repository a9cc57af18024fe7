import { isLent } from "../../engine/received-bytes.ts";
import { invalidValue, outOfRange } from "../../errors/argument.ts";
import { checkBuffer } from "../../posix/buffer.ts";
import { lengthOf } from "../../system/view.ts";
import type { WaitOptions } from "../abort.ts";

/** Options of a `read()` into the program's own memory. */
export interface ReadIntoOptions extends WaitOptions {
  /** The memory to read into: a Uint8Array over plain memory, not shared and not resizable. */
  readonly into: Uint8Array;
}

/** Returns the memory to read into, if there is any. Throws a TypeError or RangeError. */
export function checkReadInto(options: WaitOptions | ReadIntoOptions | undefined): Uint8Array | undefined {
  if (options === undefined || !("into" in options)) return undefined;
  // Read once: a getter could return something else the next time.
  const { into } = options;
  if (into === undefined) return undefined;
  checkBuffer("into", into);
  if (isLent(into))
    throw invalidValue("into is a view of the engine's own memory, which a handler or lend() returned");
  if (lengthOf(into) === 0) throw outOfRange("into is empty, so nothing could be read into it");
  return into;
}
