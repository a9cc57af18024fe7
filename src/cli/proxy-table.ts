import type { ProxyServer } from "../net/proxy/proxy-server.ts";
import type { TargetStatus } from "../net/proxy/target.ts";
import { formatAddress, formatDuration } from "./format.ts";
import { type Cell, cell, plainTable, type TableStyle } from "./table.ts";
import { type Styles, type TerminalText, text } from "./terminal-text.ts";

const TARGETS = ["TARGET", "STATE", "OPEN", "TOTAL", "FAILED", "SENT", "RECEIVED", "ERROR"];
const CONNECTIONS = ["CLIENT", "SENT", "RECEIVED", "OPEN FOR", "TARGET"];

/** The targets of a proxy, and below them as many connections as fit; no newline at the end. */
export function proxyTables(proxy: ProxyServer, rows: number, style: TableStyle): TerminalText {
  const targets = plainTable(
    TARGETS,
    proxy.targets.map((target) => targetRow(target, style.styles)),
    style,
  );
  // Two titles, and a blank line.
  const most = Math.max(0, rows - proxy.targets.length - 3);
  const connections = proxy.connections.slice(0, most);
  if (connections.length === 0) return targets;
  const cells = connections.map(({ client, target, sent, received, milliseconds }) => [
    cell(formatAddress(client)),
    cell(`${sent}`),
    cell(`${received}`),
    cell(formatDuration(milliseconds)),
    cell(target ?? "connecting", target === null ? style.styles.dim : undefined),
  ]);
  return text`${targets}\n\n${plainTable(CONNECTIONS, cells, style)}`;
}

function targetRow(target: TargetStatus, styles: Styles): Cell[] {
  const { name, up, error, connections, total, failures, sent, received } = target;
  return [
    cell(name, styles.bold),
    cell(up ? "up" : "down", up ? styles.green : styles.red),
    cell(`${connections}`),
    cell(`${total}`),
    cell(`${failures}`, failures === 0 ? styles.dim : styles.red),
    cell(`${sent}`),
    cell(`${received}`),
    cell(error ?? ""),
  ];
}
