import type { Forwarding, Stream } from "./engine.ts";

/** A stream that forwards what it receives. */
interface Forwarder {
  stopForwarding(forwarding: Forwarding): void;
}

/** The Forwarding of both engines, which count in it. */
export class StreamForwarding implements Forwarding {
  readonly to: Stream;
  readonly #from: Forwarder;
  bytes = 0;

  constructor(from: Forwarder, to: Stream) {
    this.#from = from;
    this.to = to;
  }

  stop(): void {
    this.#from.stopForwarding(this);
  }
}
