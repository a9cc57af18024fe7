// What a typed array is, as the engine keeps it. Its properties can be covered by others of the
// same name, and a length that is not true would have the kernel write past the memory.
const view: object = Object.getPrototypeOf(Uint8Array.prototype);
const lengthGetter = getter<number>(view, "length");
const offsetGetter = getter<number>(view, "byteOffset");
const bufferLengthGetter = getter<number>(ArrayBuffer.prototype, "byteLength");
const bufferGetter = getter<ArrayBufferLike>(view, "buffer");

/**
 * How many bytes a view has; 0 once its memory is detached. (`byteLength` is the same, at six times
 * the cost on Node 20.)
 */
export function lengthOf(bytes: Uint8Array): number {
  return Reflect.apply(lengthGetter, bytes, []);
}

/** Where in its memory a view begins. */
export function offsetOf(bytes: Uint8Array): number {
  return Reflect.apply(offsetGetter, bytes, []);
}

/** The memory that a view is of. */
export function memoryOf(bytes: Uint8Array): ArrayBufferLike {
  return Reflect.apply(bufferGetter, bytes, []);
}

/** How many bytes a buffer has; 0 once it is detached. */
export function bufferLengthOf(buffer: ArrayBuffer): number {
  return Reflect.apply(bufferLengthGetter, buffer, []);
}

/**
 * A part of the same memory, as a plain view. The methods of a caller's own class (subarray(), its
 * species, its constructor) may lie about where that is.
 *
 * @throws TypeError if the memory is detached
 */
export function partOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return new Uint8Array(memoryOf(bytes), offsetOf(bytes) + start, end - start);
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

/**
 * The getter of a property, which must be there, and gives a Value: the language's standard says
 * so.
 */
export function getter<Value>(of: object, name: string): () => Value {
  const get = Reflect.getOwnPropertyDescriptor(of, name)?.get;
  if (get === undefined) throw new Error(`the runtime has no getter ${name}`);
  return get;
}
