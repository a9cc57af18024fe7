import type { Exceptions } from "./platform.ts";

/**
 * Runtimes whose node:tls does not work over a Duplex of any kind, including one with net.Socket's
 * bytes.
 */
export const noTlsOverDuplex: Exceptions = {
  bun: "Bun's node:tls loses the end of its output over any Duplex (1.4)",
  deno: "Deno's node:tls never ends over any Duplex (2.9)",
};
