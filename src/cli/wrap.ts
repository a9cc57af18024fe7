// Not wrap-ansi: it creates an Intl.Segmenter when loaded, which takes as long as the rest of a
// command.

/** A colour or another style, as picocolors sets it. */
const SGR = "\u001b\\[[0-9;]*m";
const styling = new RegExp(SGR, "g");
const plain = /^[ -~]*$/;

/** Breaks text at spaces into lines of at most `columns`; a longer word gets its own line. */
export function wrap(words: string, columns: number): string[] {
  const lines: string[] = [];
  let line: string | undefined;
  let used = 0;
  for (const word of words.split(" ")) {
    const width = columnsOf(word);
    if (line !== undefined && used + 1 + width <= columns) {
      line = `${line} ${word}`;
      used += 1 + width;
      continue;
    }
    if (line !== undefined) lines.push(line);
    line = word;
    used = width;
  }
  return line === undefined ? lines : [...lines, line];
}

/** How many columns of a terminal a text takes. */
export function columnsOf(styled: string): number {
  const text = styled.replace(styling, "");
  if (plain.test(text)) return text.length;
  let columns = 0;
  for (const character of text) columns += zero.test(character) ? 0 : wide.test(character) ? 2 : 1;
  return columns;
}

/** Marks, including variation selectors of emoji, and joiners. */
const zero = /\p{M}|[\u200b-\u200f]/u;

/** The wide and full-width ranges of Unicode's EastAsianWidth.txt, and pictographs. */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
