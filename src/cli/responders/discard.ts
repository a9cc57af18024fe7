import type { Responder } from "./responder.ts";

/** Reads, and sends nothing (RFC 863). */
export const discard: Responder = (received) => ({ consumed: received.byteLength });
