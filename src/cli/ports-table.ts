import Table from "cli-table3";
import type { Listed } from "../diagnose/listeners.ts";
import { endpoint } from "../diagnose/messages.ts";
import type { AcceptQueue } from "../posix/accept-queue.ts";
import { type Style, type Styles, TerminalText, text } from "./terminal-text.ts";

/** How to print a table. */
export interface TableStyle {
  readonly styles: Styles;
  /** The width of the screen; undefined if lines may have any length. */
  readonly columns: number | undefined;
}

const HEAD = ["PROTO", "ADDRESS", "PID", "USER", "QUEUE", "DROPS", "PROCESS"];

/** No lines; two blanks between columns. */
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

/** Formats sockets as a table, one per line; no newline at the end. */
export function portsTable(entries: readonly Listed[], style: TableStyle): TerminalText {
  const rows = entries.map((entry) => row(entry, style.styles));
  const widths = HEAD.map((head, column) =>
    Math.max(head.length, ...rows.map((cells) => cells[column]?.width ?? 0)),
  );
  const last = HEAD.length - 1;
  const others = widths.slice(0, last).reduce((sum, width) => sum + width + 2, 0);
  const buffer = (style.columns ?? Number.POSITIVE_INFINITY) - others;
  const table = new Table({
    chars: border,
    style: { "padding-left": 0, "padding-right": 0, head: [], border: [], compact: true },
    colWidths: [
      ...widths.slice(0, last),
      Math.max(HEAD[last]?.length ?? 0, Math.min(widths[last] ?? 0, buffer)),
    ],
    truncate: "…",
    head: HEAD.map((head) => style.styles.dim(head).raw),
  });
  for (const cells of rows) table.push(cells.map(({ shown }) => shown.raw));
  // cli-table3 pads the last column; trailing blanks would wrap when copied.
  const lines = table.toString().split("\n");
  return TerminalText.trust(lines.map((line) => line.trimEnd()).join("\n"));
}

interface Cell {
  readonly shown: TerminalText;
  readonly width: number;
}

function row({ socket, holders, user }: Listed, styles: Styles): Cell[] {
  const pids = holders.map(({ pid }) => pid);
  const [first] = holders;
  const more = pids.length > 2 ? ` +${pids.length - 1}` : "";
  const drops = socket.protocol === "unix" ? undefined : socket.drops;
  return [
    cell(socket.protocol === "tcp" && socket.use === "bound" ? "tcp, bound" : socket.protocol),
    cell(endpoint(socket), styles.bold),
    cell(more === "" ? pids.join(" ") || "-" : `${pids[0]}${more}`),
    cell(user ?? "-"),
    queueCell(socket.queue, styles),
    cell(
      drops === undefined ? "-" : `${drops}`,
      drops === undefined || drops === 0 ? styles.dim : styles.red,
    ),
    first === undefined ? cell("unknown", styles.dim) : cell(first.command.join(" ") || first.name),
  ];
}

function cell(words: string, style: Style = TerminalText.of): Cell {
  const escaped = TerminalText.of(words);
  return { shown: style(escaped), width: [...escaped.raw].length };
}

const BAR = 8;

/** The accept queue as a bar. It is full at one more than the limit, which Linux admits. */
function queueCell(queue: AcceptQueue | undefined, styles: Styles): Cell {
  if (queue === undefined) return cell("-", styles.dim);
  const { pending, limit } = queue;
  const share = Math.min(1, pending / (limit + 1));
  // A single waiting connection shows, however long the queue is.
  const filled = pending === 0 ? 0 : Math.max(1, Math.round(share * BAR));
  const style = share >= 1 ? styles.red : share >= 0.5 ? styles.yellow : styles.green;
  const numbers = `${pending}/${limit}`;
  return {
    shown: text`${style("█".repeat(filled))}${styles.dim("░".repeat(BAR - filled))} ${numbers}`,
    width: BAR + 1 + numbers.length,
  };
}
