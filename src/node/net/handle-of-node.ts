import { NodeSocket } from "./internals.ts";

/** Node's `_handle`, which it stores under a symbol. */
export const handleOfNode = accessorOf(NodeSocket.prototype, "_handle");

function accessorOf(prototype: object, name: string) {
  const { get, set } = Object.getOwnPropertyDescriptor(prototype, name) ?? {};
  return { get: get ?? (() => null), set: set ?? (() => {}) };
}

/** Whether Node's own method looks for a handle, finds none, and stores the setting for later. */
let looksForHandle = false;

export function setUp<Value>(method: () => Value): Value {
  looksForHandle = true;
  try {
    return method();
  } finally {
    looksForHandle = false;
  }
}

/** Whether the handle is read by one of Node's methods, called by `setUp()`. */
export const isSettingUp = (): boolean => looksForHandle;
