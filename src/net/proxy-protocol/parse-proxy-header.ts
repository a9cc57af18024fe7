import type { ParsedHeader } from "./proxy-header.ts";
import { isCertainlyV1, parseV1, startsV1 } from "./version-1.ts";
import { isCertainlyV2, parseV2, startsV2 } from "./version-2.ts";

/** The longest header: 16 bytes, and 65 535 of version 2. */
export const LONGEST_HEADER = 16 + 0xffff;

/** Parses the header at the start of a connection's bytes. Keeps no reference to `bytes`. */
export function parseProxyHeader(bytes: Uint8Array): ParsedHeader {
  if (startsV2(bytes)) return parseV2(bytes);
  if (startsV1(bytes)) return parseV1(bytes);
  return { kind: "invalid", reason: "it starts with neither PROXY nor the signature of version 2" };
}

/** Whether the bytes can only begin a header; at most twelve are needed to decide. */
export const isCertainlyHeader = (bytes: Uint8Array): boolean => isCertainlyV1(bytes) || isCertainlyV2(bytes);
