import type { Colors } from "picocolors/types.js";
import { printable } from "../diagnose/printable.ts";

/** Plain text, which is escaped before it is shown, or text that is escaped already. */
export type Words = string | TerminalText;

/**
 * Text that is safe to write to a terminal. `text` escapes strings, so that no process name, path,
 * host or argument can control the terminal. Only this package's own control sequences are trusted.
 */
export class TerminalText {
  readonly raw: string;

  private constructor(raw: string) {
    this.raw = raw;
  }

  /**
   * Accepts text without escaping it: made of other TerminalTexts, or our own control sequences.
   */
  static trust(raw: string): TerminalText {
    return new TerminalText(raw);
  }

  static of(words: Words): TerminalText {
    return typeof words === "string" ? new TerminalText(printable(words)) : words;
  }
}

/** Escapes every interpolated value, including newlines; the template itself is trusted. */
export function text(template: TemplateStringsArray, ...values: readonly (Words | number)[]): TerminalText {
  const escaped = values.map((value) =>
    typeof value === "number" ? `${value}` : TerminalText.of(value).raw,
  );
  return TerminalText.trust(String.raw({ raw: template }, ...escaped));
}

/** Joins lines; no newline at the end. */
export function joinLines(lines: readonly Words[]): TerminalText {
  return TerminalText.trust(lines.map((line) => TerminalText.of(line).raw).join("\n"));
}

type StyleName = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

/** Colours text, or leaves it plain if colours are off. */
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
