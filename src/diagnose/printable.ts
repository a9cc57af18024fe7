/**
 * Control characters of C0 and C1, formatting characters such as bidi overrides, separators of
 * lines, and halves of surrogate pairs: what would steer a terminal, or show one text as another.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/**
 * Makes the characters visible that a terminal would act on: `\u{1b}`. Names of processes and paths
 * may have any.
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/**
 * A word for a POSIX shell to paste; one with control characters is quoted as `$'\033'`
 * (POSIX.1-2024, XCU 2.2.4).
 */
export function shellWord(text: string): string {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  if (printable(text) === text) return `'${text.replaceAll("'", `'\\''`)}'`;
  return `$'${text.replaceAll(/['\\]/g, "\\$&").replaceAll(UNPRINTABLE, octal)}'`;
}

const octal = (character: string) =>
  [...Buffer.from(character)].map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");
