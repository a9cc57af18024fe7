import type { Exceptions } from "./platform.ts";

/**
 * Where node:tls does not go over a Duplex of whatever kind, one of net.Socket's bytes included.
 */
export const noTlsOverDuplex: Exceptions = {
  bun: "Bun's node:tls loses the end of what it is to send over any Duplex (1.4)",
  deno: "Deno's node:tls does not come to an end over any Duplex (2.9)",
};
