import Table from "cli-table3";
import type { Colors } from "picocolors/types.js";
import type { Listed } from "../diagnose/listeners.ts";
import { place, printable } from "../diagnose/sentences.ts";
import type { AcceptQueue } from "../posix/accept-queue.ts";

/** How a table is shown. */
export interface TableStyle {
  readonly colors: Colors;
  /** How wide the screen is; undefined where lines may have any length. */
  readonly columns: number | undefined;
}

const HEAD = ["PROTO", "ADDRESS", "PID", "USER", "QUEUE", "DROPS", "PROCESS"];

/** Lines between columns and around the table say nothing: two blanks are enough. */
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

/** Sockets as a table: a line for each, without a newline at the end. */
export function portsTable(entries: readonly Listed[], style: TableStyle): string {
  const rows = entries.map((entry) => row(entry, style.colors));
  const widths = HEAD.map((head, column) =>
    Math.max(head.length, ...rows.map((cells) => cells[column]?.width ?? 0)),
  );
  const last = HEAD.length - 1;
  const others = widths.slice(0, last).reduce((sum, width) => sum + width + 2, 0);
  const room = (style.columns ?? Number.POSITIVE_INFINITY) - others;
  const table = new Table({
    chars: border,
    style: { "padding-left": 0, "padding-right": 0, head: [], border: [], compact: true },
    colWidths: [
      ...widths.slice(0, last),
      Math.max(HEAD[last]?.length ?? 0, Math.min(widths[last] ?? 0, room)),
    ],
    truncate: "…",
    head: HEAD.map((head) => style.colors.dim(head)),
  });
  for (const cells of rows) table.push(cells.map(({ text }) => text));
  // The last column is padded: a line that ends in blanks would wrap when it is copied.
  return table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}

interface Cell {
  readonly text: string;
  readonly width: number;
}

function row({ socket, holders, user }: Listed, colors: Colors): Cell[] {
  const pids = holders.map(({ pid }) => pid);
  const [first] = holders;
  const more = pids.length > 2 ? ` +${pids.length - 1}` : "";
  const drops = socket.protocol === "unix" ? undefined : socket.drops;
  const command = first === undefined ? "" : printable(first.command.join(" ") || first.name);
  return [
    cell(socket.protocol === "tcp" && socket.use === "bound" ? "tcp, bound" : socket.protocol),
    cell(place(socket), colors.bold),
    cell(more === "" ? pids.join(" ") || "-" : `${pids[0]}${more}`),
    cell(user ?? "-"),
    queueCell(socket.queue, colors),
    cell(
      drops === undefined ? "-" : `${drops}`,
      drops === undefined || drops === 0 ? colors.dim : colors.red,
    ),
    first === undefined ? cell("not told", colors.dim) : cell(command),
  ];
}

function cell(text: string, colour: (text: string) => string = (plain) => plain): Cell {
  return { text: colour(text), width: [...text].length };
}

const BAR = 8;

/** The accept queue against its limit, as a bar: Linux admits one connection more than the limit. */
function queueCell(queue: AcceptQueue | undefined, colors: Colors): Cell {
  if (queue === undefined) return cell("-", colors.dim);
  const { pending, limit } = queue;
  const share = Math.min(1, pending / (limit + 1));
  // Somebody who waits is seen, however long the queue may be.
  const filled = pending === 0 ? 0 : Math.max(1, Math.round(share * BAR));
  const colour = share >= 1 ? colors.red : share >= 0.5 ? colors.yellow : colors.green;
  const text = `${"█".repeat(filled)}${"░".repeat(BAR - filled)} ${pending}/${limit}`;
  return {
    text: `${colour("█".repeat(filled))}${colors.dim("░".repeat(BAR - filled))} ${pending}/${limit}`,
    width: text.length,
  };
}
