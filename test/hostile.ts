// Bytes and arrays whose own methods, getters and iterators lie or throw. Their true content is
// what the engine sees.
import { runInNewContext } from "node:vm";

const lie = (name: PropertyKey) => (): never => {
  throw new Error(`${String(name)} of the caller's object was used`);
};

/** Shadows every property that an object inherits with one that throws. */
function covered<Covered extends object>(object: Covered, keep: readonly PropertyKey[] = []): Covered {
  for (
    let from: object | null = Object.getPrototypeOf(object);
    from !== null;
    from = Object.getPrototypeOf(from)
  ) {
    for (const name of Reflect.ownKeys(from)) {
      if (keep.includes(name) || Object.hasOwn(object, name)) continue;
      Object.defineProperty(object, name, { get: lie(name), configurable: true });
    }
  }
  return object;
}

/**
 * An ordinary subclass that a program may well have: calling its constructor like Uint8Array's
 * gives zeros.
 */
class Packet extends Uint8Array {
  constructor(size: number) {
    super(size);
  }
}

class Elsewhere extends Uint8Array {
  static get [Symbol.species]() {
    return class extends Uint8Array {
      constructor() {
        super(4096);
      }
    };
  }
}

class NoSubarray extends Uint8Array {
  override subarray(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(0);
  }
}

class Longer extends Uint8Array {
  override get length() {
    return 1 << 20;
  }
  override get byteLength() {
    return 1 << 20;
  }
  override get byteOffset() {
    return 0;
  }
  override get buffer() {
    return new ArrayBuffer(1 << 20);
  }
}

class Empty extends Uint8Array {
  override get length() {
    return 0;
  }
  override get byteLength() {
    return 0;
  }
}

class Chunk extends Buffer {}

type Make = (length: number) => Uint8Array;

const over = (memory: ArrayBuffer): ArrayBuffer =>
  Object.defineProperty(memory, "constructor", { get: lie("constructor") });

/** Views of a given length, by their oddity. Each lies in the middle of its memory if it can. */
export const hostileViews: Readonly<Record<string, Make>> = {
  "an ordinary subclass": (length) => new Packet(length),
  "a species of its own": (length) => new Elsewhere(new ArrayBuffer(length + 16), 8, length),
  "a subarray() that is empty": (length) => new NoSubarray(new ArrayBuffer(length + 16), 8, length),
  "a length that is too long": (length) => new Longer(new ArrayBuffer(length + 16), 8, length),
  "a length of 0": (length) => new Empty(new ArrayBuffer(length + 16), 8, length),
  "everything throws": (length) => covered(new Uint8Array(new ArrayBuffer(length + 16), 8, length)),
  "no prototype": (length) =>
    Object.setPrototypeOf(new Uint8Array(new ArrayBuffer(length + 16), 8, length), null),
  "the prototype of an array": (length) =>
    Object.setPrototypeOf(new Uint8Array(new ArrayBuffer(length + 16), 8, length), Array.prototype),
  "a buffer whose constructor throws": (length) =>
    new Uint8Array(over(new ArrayBuffer(length + 16)), 8, length),
  "a Buffer of the program's own kind": (length) =>
    covered(Object.setPrototypeOf(Buffer.alloc(length), Chunk.prototype)),
  "another realm's": (length) =>
    runInNewContext("new Uint8Array(new ArrayBuffer(length + 16), 8, length)", { length }),
};

const { set } = Uint8Array.prototype;

/** A view of this kind with these bytes. */
export function hostileBytes(make: Make, bytes: Uint8Array): Uint8Array {
  const view = make(bytes.length);
  Reflect.apply(set, view, [bytes]);
  return view;
}

/** A copy of a view's true content. */
export function bytesIn(view: Uint8Array, length: number): Buffer {
  const copy = new Uint8Array(4096);
  copy.set(view);
  return Buffer.from(copy.subarray(0, length));
}

/** An array of a class whose methods and iterators throw. */
class OwnWays<Element> extends Array<Element> {
  static override get [Symbol.species](): ArrayConstructor {
    throw new Error("the species of the caller's array was used");
  }
}

type Arrange = <Element>(elements: readonly Element[]) => readonly Element[];

/** Arrays of given elements, by their oddity. */
export const hostileArrays: Readonly<Record<string, Arrange>> = {
  "methods that throw": (elements) => covered([...elements]),
  "a map() that returns others": <Element>(elements: readonly Element[]) =>
    Object.assign([...elements], {
      map: () => [{ bytes: 1 }],
      [Symbol.iterator]: () => [].values(),
      entries: () => [].entries(),
    }),
  "a class of its own": <Element>(elements: readonly Element[]) => {
    const array = new OwnWays<Element>();
    for (const [index, element] of elements.entries()) array[index] = element;
    return covered(array);
  },
  "no prototype": (elements) => Object.setPrototypeOf([...elements], null),
  "a proxy": (elements) => new Proxy([...elements], {}),
  "getters that are valid once": <Element>(elements: readonly Element[]) => {
    const array: Element[] = [];
    for (const [index, element] of elements.entries()) {
      let read = false;
      Object.defineProperty(array, index, {
        get() {
          if (read) throw new Error(`element ${index} of the caller's array was read again`);
          read = true;
          return element;
        },
      });
    }
    return array;
  },
  "another realm's": (elements) => {
    const array = runInNewContext("[]");
    for (const [index, element] of elements.entries()) array[index] = element;
    return array;
  },
};

/** Objects that look like arrays with a given number of elements. */
export const brokenArrays: Readonly<Record<string, Arrange>> = {
  "a hole": (elements) => Object.assign([...elements], { length: elements.length + 1 }),
  "a length below 0": (elements) => withLength(elements, -1),
  "a length that is not a number": (elements) => withLength(elements, Number.NaN),
  "a length beyond any array's": (elements) => withLength(elements, 2 ** 40),
};

function withLength<Element>(elements: readonly Element[], length: number): readonly Element[] {
  return new Proxy([...elements], {
    get: (target, name, receiver) => (name === "length" ? length : Reflect.get(target, name, receiver)),
  });
}
