import { createHash, randomInt } from "node:crypto";
import type { Connection } from "../../src/net/connection/connection.ts";
import { someTurns } from "./engine-test.ts";

/** Sends the bytes in random pieces, now fast, now slowly, and then the end. */
export async function sendInPieces(connection: Connection, data: Uint8Array): Promise<void> {
  for (let at = 0; at < data.length; ) {
    const end = at + randomInt(1, 1 + 10 ** randomInt(1, 6));
    await connection.write(data.subarray(at, end));
    at = end;
    if (randomInt(4) === 0) await someTurns();
  }
  await connection.end();
}

export const sha = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

export const text = (bytes: Uint8Array | null | undefined) => Buffer.from(bytes ?? []).toString();
