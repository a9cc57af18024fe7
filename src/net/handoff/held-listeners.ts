/**
 * The preloaded file of `berkeley hold`, as servers in its process use it
 * (node/held/take-over.cts).
 */
export interface HeldListeners {
  /** Tells hold that this process serves. */
  tellListening(): void;
  /**
   * The held descriptors on which a server must listen: several if it asks for every address, none
   * if it asks for another port or path, or another server has the socket.
   */
  take(server: object, address: string | null, port: number | null, fd?: number): readonly number[];
  /** The sockets that no server of this process has, as BERKELEY_HOLD describes them to others. */
  untaken?(): readonly object[];
}

/** Its global symbol, since several copies of this package may be loaded. */
const KEY = Symbol.for("berkeley.held");

/** Undefined in a process that `berkeley hold` has not started. */
export function heldListeners(): HeldListeners | undefined {
  const held: unknown = Reflect.get(globalThis, KEY);
  return isHeldListeners(held) ? held : undefined;
}

const isHeldListeners = (value: unknown): value is HeldListeners =>
  typeof value === "object" && value !== null && "tellListening" in value && "take" in value;
