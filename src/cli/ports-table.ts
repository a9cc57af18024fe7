import type { ListedSocket } from "../diagnose/listeners.ts";
import { endpoint } from "../diagnose/messages.ts";
import type { AcceptQueue } from "../posix/accept-queue.ts";
import { type Cell, cell, plainTable, type TableStyle } from "./table.ts";
import { type Styles, type TerminalText, text } from "./terminal-text.ts";

const HEAD = ["PROTO", "ADDRESS", "PID", "USER", "QUEUE", "DROPS", "PROCESS"];

/** Formats sockets as a table, one per line; no newline at the end. */
export function portsTable(entries: readonly ListedSocket[], style: TableStyle): TerminalText {
  return plainTable(
    HEAD,
    entries.map((entry) => row(entry, style.styles)),
    style,
  );
}

function row({ socket, holders, user }: ListedSocket, styles: Styles): Cell[] {
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

const BAR = 8;

/**
 * The accept queue as a bar. It is full at one more than the limit, since Linux allows that many.
 */
function queueCell(queue: AcceptQueue | undefined, styles: Styles): Cell {
  if (queue === undefined) return cell("-", styles.dim);
  const { pending, limit } = queue;
  const share = Math.min(1, pending / (limit + 1));
  // A single waiting connection is visible, however long the queue.
  const filled = pending === 0 ? 0 : Math.max(1, Math.round(share * BAR));
  const style = share >= 1 ? styles.red : share >= 0.5 ? styles.yellow : styles.green;
  const numbers = `${pending}/${limit}`;
  return {
    shown: text`${style("█".repeat(filled))}${styles.dim("░".repeat(BAR - filled))} ${numbers}`,
    width: BAR + 1 + numbers.length,
  };
}
