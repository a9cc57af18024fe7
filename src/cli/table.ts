import Table from "cli-table3";
import { type Style, type Styles, TerminalText } from "./terminal-text.ts";

/** How to print a table. */
export interface TableStyle {
  readonly styles: Styles;
  /** The width of the screen; undefined if lines may have any length. */
  readonly columns: number | undefined;
}

/** No lines; two spaces between columns. */
const border = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: "  ",
};

/** A cell of a table. */
export interface Cell {
  readonly shown: TerminalText;
  readonly width: number;
}

export function cell(words: string, style: Style = TerminalText.of): Cell {
  const escaped = TerminalText.of(words);
  return { shown: style(escaped), width: [...escaped.raw].length };
}

/**
 * Formats a table with one line per row, whose last column is cut to fit. No newline at the end.
 */
export function plainTable(
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
  style: TableStyle,
): TerminalText {
  const widths = head.map((name, column) =>
    Math.max(name.length, ...rows.map((cells) => cells[column]?.width ?? 0)),
  );
  const last = head.length - 1;
  const others = widths.slice(0, last).reduce((sum, width) => sum + width + 2, 0);
  const buffer = (style.columns ?? Number.POSITIVE_INFINITY) - others;
  const table = new Table({
    chars: border,
    style: { "padding-left": 0, "padding-right": 0, head: [], border: [], compact: true },
    colWidths: [
      ...widths.slice(0, last),
      Math.max(head[last]?.length ?? 0, Math.min(widths[last] ?? 0, buffer)),
    ],
    truncate: "…",
    head: head.map((name) => style.styles.dim(name).raw),
  });
  for (const cells of rows) table.push(cells.map(({ shown }) => shown.raw));
  // cli-table3 pads the last column; trailing spaces would wrap when copied.
  const lines = table.toString().split("\n");
  return TerminalText.trust(lines.map((line) => line.trimEnd()).join("\n"));
}
