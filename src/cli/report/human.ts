import type { Colors } from "picocolors/types.js";
import { formatBytes, formatDuration, shellWord } from "../format.ts";
import type {
  CloseEvent,
  ConnectionEvent,
  ListenEvent,
  ListeningEvent,
  QueueEvent,
  Report,
  SummaryEvent,
} from "./event.ts";
import { StatusLine, type Terminal } from "./status-line.ts";

/** Where lines go: on a terminal a status line stands below them. */
export interface Output {
  readonly terminal: Terminal;
  readonly isTerminal: boolean;
  readonly colors: Colors;
}

/** Lines for people. */
export function humanReport({ terminal, isTerminal, colors }: Output): Report {
  let queue: { readonly pending: number; readonly limit: number } | undefined;
  let open = 0;
  let connections = 0;
  const status = isTerminal
    ? new StatusLine(
        terminal,
        () => `${connections} accepted, ${open} open${depth(", queue ")} - Ctrl-C ends`,
      )
    : undefined;

  function print(line: string) {
    if (status === undefined) terminal.write(`${line}\n`);
    else status.print(line);
  }

  /** The accept queue, where the system tells it. */
  function depth(label: string): string {
    return queue === undefined ? "" : `${label}${queue.pending}/${queue.limit}`;
  }

  function connected({ id, peer }: ConnectionEvent) {
    print(`${name(id, peer)} ${colors.green("connected")}${colors.dim(depth("  queue "))}`);
  }

  function closed({ id, peer, received, sent, milliseconds, error }: CloseEvent) {
    const how = error === null ? colors.dim("closed") : colors.red(`closed by ${error}`);
    print(
      `${name(id, peer)} ${how}  ${formatBytes(received)} in, ${formatBytes(sent)} out, ${formatDuration(milliseconds)}`,
    );
  }

  function name(id: number, peer: string): string {
    return `${colors.dim(`#${id}`)} ${peer}`;
  }

  function tell(event: ListenEvent) {
    switch (event.event) {
      case "listening":
        print(`listening on ${colors.bold(place(event))}, ${answers[event.respond]}`);
        print(`  try      ${colors.cyan(client(event))}`);
        print(`  backlog  ${backlog(event)}`);
        print("  end      Ctrl-C");
        if (event.granted !== null) queue = { pending: 0, limit: event.granted };
        return;
      case "connection":
        ({ open } = event);
        connections = event.id;
        return connected(event);
      case "close":
        ({ open } = event);
        return closed(event);
      case "queue":
        return changed(event);
      case "error":
        return print(colors.red(event.message));
      case "summary":
        status?.end();
        for (const line of summary(event)) terminal.write(`${line}\n`);
    }
  }

  function changed({ pending, limit }: QueueEvent) {
    queue = { pending, limit };
    status?.changed();
  }

  return { tell, end: () => status?.end() };
}

const answers = {
  echo: "sending back what it receives",
  discard: "discarding what it receives",
  http: "answering HTTP",
};

function place({ address, port, path, family }: ListeningEvent): string {
  if (path !== null) return path;
  return family === "ipv6" ? `[${address}]:${port}` : `${address}:${port}`;
}

/** A command to paste that connects. */
function client(event: ListeningEvent): string {
  const { path, respond } = event;
  if (path === null) {
    const reachable = { ...event, address: loopbackOf(event.address ?? "") };
    return respond === "http"
      ? `curl http://${place(reachable)}/`
      : `nc ${reachable.address} ${reachable.port}`;
  }
  if (!path.startsWith("@")) {
    return respond === "http"
      ? `curl --unix-socket ${shellWord(path)} http://localhost/`
      : `nc -U ${shellWord(path)}`;
  }
  return respond === "http"
    ? `curl --abstract-unix-socket ${shellWord(path.slice(1))} http://localhost/`
    : `socat - ${shellWord(`ABSTRACT-CONNECT:${path.slice(1)}`)}`;
}

/** The wildcard addresses are for listening; a client of this machine connects to loopback. */
function loopbackOf(address: string): string {
  if (address === "0.0.0.0") return "127.0.0.1";
  return address === "::" ? "::1" : address;
}

function backlog({ backlog, granted, somaxconn }: ListeningEvent): string {
  if (granted === null) return `${backlog} asked for; the system does not tell what it granted`;
  if (granted === backlog) return `${backlog} asked for and granted`;
  const why = granted === somaxconn ? `: the system's limit, net.core.somaxconn = ${somaxconn}` : "";
  return `${backlog} asked for, ${granted} granted${why}`;
}

function summary(event: SummaryEvent): string[] {
  const { connections, failed, interrupted, refused, received, sent, deepestQueue, milliseconds } = event;
  const notes = [
    failed > 0 ? `${failed} ended with an error` : "",
    interrupted > 0 ? `${interrupted} still open` : "",
    refused > 0 ? `${refused} never accepted` : "",
  ].filter((note) => note !== "");
  const count = connections === 1 ? "1 connection" : `${connections} connections`;
  return [
    `${count} in ${formatDuration(milliseconds)}${notes.length > 0 ? ` (${notes.join(", ")})` : ""}`,
    `${formatBytes(received)} in, ${formatBytes(sent)} out; at most ${deepestQueue} waited in the accept queue`,
  ];
}
