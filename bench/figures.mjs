// Figures of several rounds, and their formatting.

/** The median, the minimum and the maximum of the rounds. */
export function summary(values, round = Math.round) {
  const sorted = values.map(round).sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle] : round((sorted[middle - 1] + sorted[middle]) / 2);
  return { median, min: sorted[0], max: sorted.at(-1) };
}

/** The median of one figure of the rounds' samples. */
export const median = (samples, figure) =>
  summary(
    samples.map((sample) => sample[figure]),
    Number,
  ).median;

/**
 * The median of the rounds' ratios of a figure, which are steadier, since two servers of a round
 * are measured close together; undefined if one of them was not measured.
 */
export function ratio(samples, others, figure) {
  if (samples === undefined || others === undefined) return undefined;
  return summary(
    samples.map((sample, round) => sample[figure] / others[round][figure]),
    Number,
  ).median;
}

export function spread(figures, show = String) {
  return figures === undefined ? "-" : `${show(figures.median)} (${show(figures.min)}-${show(figures.max)})`;
}

/**
 * A table of objects with the same keys: the first column left-aligned, the others right-aligned.
 */
export function columns(rows) {
  const table = [Object.keys(rows[0]), ...rows.map((row) => Object.values(row))];
  const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)));
  return table
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
        .join("  "),
    )
    .join("\n");
}

/** The same table in Markdown. */
export function markdown(rows) {
  const titles = Object.keys(rows[0]);
  const line = (cells) => `| ${cells.join(" | ")} |`;
  const rule = titles.map((_, column) => (column === 0 ? "---" : "---:"));
  return [titles, rule, ...rows.map((row) => Object.values(row))].map(line).join("\n");
}
