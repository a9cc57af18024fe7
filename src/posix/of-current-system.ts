/**
 * Returns an object whose properties are read from the current System at the time: this machine's,
 * or inside `host.run()` a simulated host's.
 */
export function ofCurrentSystem<Names extends object>(numbers: () => object, prototype: object): Names {
  return new Proxy(Object.create(prototype), {
    get: (target, name) =>
      Object.hasOwn(numbers(), name) ? Reflect.get(numbers(), name) : Reflect.get(target, name),
    has: (target, name) => Object.hasOwn(numbers(), name) || Reflect.has(target, name),
    ownKeys: () => Reflect.ownKeys(numbers()),
    getOwnPropertyDescriptor(_target, name) {
      const own = Reflect.getOwnPropertyDescriptor(numbers(), name);
      return own && { ...own, configurable: true };
    },
  });
}
