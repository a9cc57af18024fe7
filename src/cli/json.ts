import { TerminalText } from "./terminal-text.ts";

/**
 * What JSON.stringify() leaves as it is, though a terminal may act on it: DEL, C1 and formatting
 * characters, line separators.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** A value as JSON on one line; the bytes of a name that is not UTF-8 as their numbers. */
export function json(value: unknown): TerminalText {
  const text = JSON.stringify(value, (_key, part) => (part instanceof Uint8Array ? [...part] : part));
  // All of them stand within strings, where JSON escapes UTF-16 units (RFC 8259, 7).
  return TerminalText.trust(text.replace(UNPRINTABLE, escapeUnits));
}

function escapeUnits(character: string): string {
  return character
    .split("")
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .join("");
}
