import type { Responder } from "./responder.ts";

/** Sends back what it receives (RFC 862). */
export const echo: Responder = (received) => ({ consumed: received.byteLength, send: received });
