import { type Cell, cell, plainTable, type TableStyle } from "../table.ts";
import { TerminalText, text } from "../terminal-text.ts";
import { formatMemory } from "./memory.ts";
import type { HoldStatus, WorkerStatus } from "./status.ts";

const HEAD = ["WORKER", "PID", "UPTIME", "RESTARTS", "MEMORY", "STATE"];

/**
 * The workers of each hold; no newline at the end.
 *
 * @param where the port or path that was asked for
 */
export function statusTables(
  holds: readonly HoldStatus[],
  where: string | undefined,
  style: TableStyle,
): TerminalText {
  const at = where === undefined ? "" : ` on ${where}`;
  if (holds.length === 0) return TerminalText.of(`No berkeley hold with workers is running${at}.`);
  return holds.map((hold) => statusTable(hold, style)).reduce((all, each) => text`${all}\n\n${each}`);
}

function statusTable({ pid, addresses, command, workers }: HoldStatus, style: TableStyle): TerminalText {
  const { bold, dim } = style.styles;
  const title = text`${bold(addresses.join(" and "))} ${dim(`pid ${pid}: ${command.join(" ")}`)}`;
  return text`${title}\n${plainTable(
    HEAD,
    workers.map((worker) => row(worker, style)),
    style,
  )}`;
}

function row(worker: WorkerStatus, { styles }: TableStyle): Cell[] {
  const { memory, state } = worker;
  return [
    cell(`${worker.worker}`),
    cell(worker.pid === null ? "-" : `${worker.pid}`),
    cell(formatTime(worker.uptime)),
    cell(`${worker.restarts}`),
    cell(memory === null ? "-" : formatMemory(memory)),
    cell(state, state === "ready" ? styles.green : state === "waiting" ? styles.red : styles.yellow),
  ];
}

/** A time in the two largest units: `2d 3h`, `5m 7s`. */
export function formatTime(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const parts = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "m"],
    [seconds % 60, "s"],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  const shown = first === -1 ? parts.slice(-1) : parts.slice(first, first + 2);
  return shown.map(([count, unit]) => `${count}${unit}`).join(" ");
}
