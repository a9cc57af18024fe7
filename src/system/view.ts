// The real fields of a typed array, from V8's internal slots. Its properties can be shadowed, and a
// false length would make the kernel write past the memory.
const view: object = Object.getPrototypeOf(Uint8Array.prototype);
const nameGetter = getter<unknown>(view, Symbol.toStringTag);
const lengthGetter = getter<number>(view, "length");
const offsetGetter = getter<number>(view, "byteOffset");
const bufferLengthGetter = getter<number>(ArrayBuffer.prototype, "byteLength");
const bufferGetter = getter<ArrayBufferLike>(view, "buffer");
const { set } = Uint8Array.prototype;

/**
 * The length of a view in bytes; 0 once its memory is detached. (`byteLength` is the same, at six
 * times the cost on Node 20.)
 */
export function lengthOf(bytes: Uint8Array): number {
  return Reflect.apply(lengthGetter, bytes, []);
}

/** Whether a value is a Uint8Array of any realm, like isUint8Array() of node:util/types. */
export function isUint8Array(value: unknown): value is Uint8Array {
  return Reflect.apply(nameGetter, value, []) === "Uint8Array";
}

/** The offset of a view in its memory. */
export function offsetOf(bytes: Uint8Array): number {
  return Reflect.apply(offsetGetter, bytes, []);
}

/** The memory of a view. */
export function memoryOf(bytes: Uint8Array): ArrayBufferLike {
  return Reflect.apply(bufferGetter, bytes, []);
}

/** The length of a buffer in bytes; 0 once it is detached. */
export function bufferLengthOf(buffer: ArrayBuffer): number {
  return Reflect.apply(bufferLengthGetter, buffer, []);
}

/**
 * A part of the same memory, as a plain view. The methods of a caller's own class (subarray(), its
 * species, its constructor) may return a view of something else.
 *
 * @throws TypeError if the memory is detached
 */
export function partOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return new Uint8Array(memoryOf(bytes), offsetOf(bytes) + start, end - start);
}

/**
 * Copies bytes to the start of a caller's buffer, which must be plain memory of at least that
 * length. Does not call the buffer's own set(), which could do anything.
 */
export function copyTo(target: Uint8Array, bytes: Uint8Array): void {
  Reflect.apply(set, target, [bytes]);
}

/**
 * A plain copy of a caller's bytes.
 *
 * @throws TypeError if their memory is detached
 */
export function copyOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(lengthOf(bytes));
  copy.set(bytes);
  return copy;
}

/** The getter of a property that the language standard guarantees. */
export function getter<Value>(of: object, name: string | symbol): () => Value {
  const get = Reflect.getOwnPropertyDescriptor(of, name)?.get;
  if (get === undefined) throw new Error(`the runtime has no getter ${String(name)}`);
  return get;
}
