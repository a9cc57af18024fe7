import { type Memory, mapMemory } from "../../native/memory.ts";
import {
  CloseHandle,
  GetTokenInformation,
  LookupAccountSidW,
  OpenProcessToken,
  TOKEN_QUERY,
  TOKEN_USER,
} from "./process-calls.ts";
import { wideText } from "./process-snapshot.ts";

/**
 * A TOKEN_USER, which points to the SID after it (winnt.h), of at most SECURITY_MAX_SID_SIZE, 68
 * bytes.
 */
const TOKEN_USER_SIZE = 16 + 68;

/** UNLEN of lmcons.h, and the NUL; a domain's name is shorter. */
const NAME_UNITS = 257;

// Safety: the result points into itself, so it lies in memory that does not move.
let memory: Memory | undefined;

/** The name of the user that a process runs as; undefined if it may not be read. */
export function userOf(process: number): string | undefined {
  const token = new BigInt64Array(1);
  if (OpenProcessToken(process, TOKEN_QUERY, new Uint8Array(token.buffer)) === 0) return undefined;
  try {
    memory ??= mapMemory(TOKEN_USER_SIZE);
    const needed = new Uint8Array(4);
    const { pointer } = memory;
    if (GetTokenInformation(Number(token[0]), TOKEN_USER, pointer, TOKEN_USER_SIZE, needed) === 0) {
      return undefined;
    }
    return nameOf(new DataView(memory.buffer).getBigUint64(0, true));
  } finally {
    CloseHandle(Number(token[0]));
  }
}

function nameOf(sid: bigint): string | undefined {
  const [name, domain] = [new Uint8Array(NAME_UNITS * 2), new Uint8Array(NAME_UNITS * 2)];
  const [nameLength, domainLength] = [Uint32Array.of(NAME_UNITS), Uint32Array.of(NAME_UNITS)];
  const found = LookupAccountSidW(
    null,
    sid,
    name,
    new Uint8Array(nameLength.buffer),
    domain,
    new Uint8Array(domainLength.buffer),
    new Uint8Array(4),
  );
  return found === 0 ? undefined : wideText(name);
}
