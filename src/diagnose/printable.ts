/**
 * Characters that would control a terminal or disguise text: C0 and C1 controls, formatting
 * characters such as bidi overrides, line separators, and lone surrogates.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/**
 * Escapes characters that a terminal would act on, as in `\u{1b}`; names of processes may have any.
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/**
 * Quotes a word for a POSIX shell; control characters become `$'\033'` (POSIX.1-2024, XCU 2.2.4).
 */
export function shellWord(text: string): string {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  if (printable(text) === text) return `'${text.replaceAll("'", `'\\''`)}'`;
  return `$'${text.replaceAll(/['\\]/g, "\\$&").replaceAll(UNPRINTABLE, octal)}'`;
}

const octal = (character: string) =>
  [...Buffer.from(character)].map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");
