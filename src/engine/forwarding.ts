import type { Forwarding, Stream } from "./engine.ts";

/** The Forwarding of both engines, which count in it. */
export class StreamForwarding implements Forwarding {
  readonly to: Stream;
  readonly stop: () => void;
  bytes = 0;

  constructor(to: Stream, stop: () => void) {
    this.to = to;
    this.stop = stop;
  }
}
