import { builtin } from "../builtin.ts";

/** Properties of globals and of Node's modules that are replaced for a while. */
export class Patches {
  readonly #replaced: { object: object; name: PropertyKey; before: PropertyDescriptor | undefined }[] = [];

  /** Replaces a property; nothing if the runtime lacks it. */
  replace(object: object | undefined, name: PropertyKey, value: unknown): void {
    if (object === undefined || !(name in object)) return;
    const before = Reflect.getOwnPropertyDescriptor(object, name);
    const { enumerable = true } = before ?? {};
    if (Reflect.defineProperty(object, name, { value, enumerable, writable: true, configurable: true }))
      this.#replaced.push({ object, name, before });
  }

  /** Updates `import { … }` of Node's modules to the present values. */
  sync(): void {
    builtin("node:module")?.syncBuiltinESMExports();
  }

  /** Restores everything, in reverse order. */
  restore(): void {
    for (const { object, name, before } of this.#replaced.reverse()) {
      if (before === undefined) Reflect.deleteProperty(object, name);
      else Reflect.defineProperty(object, name, before);
    }
    this.#replaced.length = 0;
    this.sync();
  }
}
