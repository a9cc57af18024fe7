import type { Colors } from "picocolors/types.js";
import { printable } from "../diagnose/printable.ts";

/** Plain text, which is escaped before it is shown, or text that has been. */
export type Words = string | TerminalText;

/**
 * Text that may be written to a terminal as it is. Strings become one by `text`, which escapes
 * them, so that no name of a process, path, host or argument can steer the terminal; only this
 * package's own control sequences are trusted.
 */
export class TerminalText {
  readonly raw: string;

  private constructor(raw: string) {
    this.raw = raw;
  }

  /**
   * Takes text as it is: one that is laid out from other TerminalTexts, or our own control
   * sequence.
   */
  static trust(raw: string): TerminalText {
    return new TerminalText(raw);
  }

  static of(words: Words): TerminalText {
    return typeof words === "string" ? new TerminalText(printable(words)) : words;
  }
}

/**
 * A template of which everything interpolated is escaped, newlines too; the template itself is
 * ours.
 */
export function text(template: TemplateStringsArray, ...values: readonly (Words | number)[]): TerminalText {
  const escaped = values.map((value) =>
    typeof value === "number" ? `${value}` : TerminalText.of(value).raw,
  );
  return TerminalText.trust(String.raw({ raw: template }, ...escaped));
}

/** Lines, without a newline at the end. */
export function joinLines(lines: readonly Words[]): TerminalText {
  return TerminalText.trust(lines.map((line) => TerminalText.of(line).raw).join("\n"));
}

type StyleName = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

/** How words are set: in a colour, or plain where there are none. */
export type Style = (words: Words) => TerminalText;

export type Styles = Readonly<Record<StyleName, Style>>;

export function stylesOf(colors: Colors): Styles {
  const style = (name: StyleName) => (words: Words) =>
    TerminalText.trust(colors[name](TerminalText.of(words).raw));
  return {
    bold: style("bold"),
    dim: style("dim"),
    red: style("red"),
    green: style("green"),
    yellow: style("yellow"),
    cyan: style("cyan"),
  };
}
