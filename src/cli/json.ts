import { TerminalText } from "./terminal-text.ts";

/**
 * Characters that JSON.stringify() does not escape but a terminal may act on: DEL, C1, formatting
 * characters, line separators.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Formats a value as one line of JSON. The bytes of a name that is not UTF-8 become numbers. */
export function json(value: unknown): TerminalText {
  const text = JSON.stringify(value, (_key, part) => (part instanceof Uint8Array ? [...part] : part));
  // Such characters occur only in strings, where JSON escapes UTF-16 units (RFC 8259, 7).
  return TerminalText.trust(text.replace(UNPRINTABLE, escapeUnits));
}

function escapeUnits(character: string): string {
  return character
    .split("")
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .join("");
}
