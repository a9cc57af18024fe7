/**
 * What the preload of `berkeley hold` gives to the servers of its process
 * (node/held/take-over.cts).
 */
export interface HeldListeners {
  /** Tells hold that this process serves. */
  tellListening(): void;
  /**
   * The descriptors that a server is to listen on in place of what it asks for: several if it asks
   * for every address. None if it asks for something else, or another server has the socket.
   */
  take(server: object, address: string | null, port: number | null, fd?: number): readonly number[];
}

/** Where it is: several copies of this package may be loaded. */
const KEY = Symbol.for("berkeley.held");

/** Undefined in a process that `berkeley hold` has not started. */
export function heldListeners(): HeldListeners | undefined {
  const held: unknown = Reflect.get(globalThis, KEY);
  return isHeldListeners(held) ? held : undefined;
}

const isHeldListeners = (value: unknown): value is HeldListeners =>
  typeof value === "object" && value !== null && "tellListening" in value && "take" in value;
