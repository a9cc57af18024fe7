import { aboutSubject } from "../errors/argument.ts";
import type { WriteCodec } from "../options/option.ts";
import type { System } from "../system/system.ts";
import { LENGTH_SIZE, OPTION_CAPACITY, ValueResult } from "../system/value-result.ts";

/**
 * Scratch memory for encoding objects: their getters may make calls, which use the system's own
 * buffer.
 */
let scratch: ValueResult | undefined;

/** Encodes the value of an option. An error about a bad one names the option. */
export function encodeValue<Value>(
  name: string,
  codec: WriteCodec<Value>,
  value: Value,
  system: System,
): ValueResult {
  const isObject = typeof value === "object";
  const into = isObject ? (scratch ?? newScratch()) : system.option;
  // Held while it is written to: a getter may re-enter.
  if (isObject) scratch = undefined;
  try {
    codec.encode(value, into, system);
    return into;
  } catch (error) {
    throw aboutSubject(name, error);
  } finally {
    if (isObject) scratch = into;
  }
}

const newScratch = () => new ValueResult(new ArrayBuffer(LENGTH_SIZE + OPTION_CAPACITY));

/** Copies the value to the system's own buffer, whose address is known. */
export function placed(value: ValueResult, buffer: ValueResult): ValueResult {
  if (value !== buffer) buffer.bytes.set(value.valid);
  // Safety: an object that only looks like an option may set any length.
  buffer.length = value.validLength;
  return buffer;
}
