import { shellWord } from "../../diagnose/printable.ts";
import { formatBytes, formatDuration } from "../format.ts";
import type { Output } from "../output.ts";
import { TerminalText, text, type Words } from "../terminal-text.ts";
import type {
  CloseEvent,
  ConnectionEvent,
  DropEvent,
  ListenEvent,
  ListeningEvent,
  Report,
  SummaryEvent,
} from "./event.ts";
import { StatusLine } from "./status-line.ts";

/** Prints lines for people, with a status line below them on a terminal. */
export function humanReport(output: Output): Report {
  const { styles } = output;
  let queue: { readonly pending: number; readonly limit: number } | undefined;
  let open = 0;
  let connections = 0;
  let dropped = 0;
  const status = output.isTerminal ? new StatusLine(output, statusText) : undefined;

  function statusText(): string {
    const full = queue !== undefined && queue.pending > queue.limit ? " full" : "";
    const drops = dropped === 0 ? "" : `, ${dropped} dropped`;
    return `${connections} accepted, ${open} open${depth(", queue ")}${full}${drops} - Ctrl-C ends`;
  }

  function print(words: Words) {
    if (status === undefined) output.write(text`${words}\n`);
    else status.print(TerminalText.of(words));
  }

  /** The accept queue, if the system reports it. */
  function depth(label: string): string {
    return queue === undefined ? "" : `${label}${queue.pending}/${queue.limit}`;
  }

  function connected({ id, peer }: ConnectionEvent) {
    print(text`${name(id, peer)} ${styles.green("connected")}${styles.dim(depth("  queue "))}`);
  }

  function closed({ id, peer, received, sent, milliseconds, error }: CloseEvent) {
    const how = error === null ? styles.dim("closed") : styles.red(`closed by ${error}`);
    const traffic = `${formatBytes(received)} in, ${formatBytes(sent)} out`;
    print(text`${name(id, peer)} ${how}  ${traffic}, ${formatDuration(milliseconds)}`);
  }

  function name(id: number, peer: string): TerminalText {
    return text`${styles.dim(`#${id}`)} ${peer}`;
  }

  function droppedSome(event: DropEvent) {
    const { pending, limit } = event;
    queue = { pending, limit };
    dropped = event.total;
    print(text`${styles.red(event.message)} ${dropped} so far.`);
  }

  function onEach({ addresses }: ListeningEvent): TerminalText {
    const [first = "", ...others] = addresses;
    return others.reduce((all, other) => text`${all} and ${styles.bold(other)}`, styles.bold(first));
  }

  function tell(event: ListenEvent) {
    switch (event.event) {
      case "listening":
        print(text`listening on ${onEach(event)}, ${answers[event.respond]}`);
        print(text`  try      ${styles.cyan(client(event))}`);
        print(text`  backlog  ${backlog(event)}`);
        if (event.capacity !== null) print(text`  queue    ${capacity(event.capacity)}`);
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
        queue = { pending: event.pending, limit: event.limit };
        return status?.changed();
      case "drop":
        return droppedSome(event);
      case "error":
        return print(styles.red(event.message));
      case "summary":
        status?.end();
        for (const line of summary(event)) output.write(text`${line}\n`);
    }
  }

  return { tell, end: () => status?.end() };
}

const answers = {
  echo: "sending back what it receives",
  discard: "discarding what it receives",
  http: "answering HTTP",
};

function endpoint({ address, port, path, family }: ListeningEvent): string {
  if (path !== null) return path;
  return family === "ipv6" ? `[${address}]:${port}` : `${address}:${port}`;
}

/** A command that connects, to copy and paste. */
function client(event: ListeningEvent): string {
  const { path, respond } = event;
  if (path === null) {
    const reachable = { ...event, address: loopbackOf(event.address ?? "") };
    return respond === "http"
      ? `curl http://${endpoint(reachable)}/`
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

/** A client on this machine connects to loopback, not to a wildcard. */
function loopbackOf(address: string): string {
  if (address === "0.0.0.0") return "127.0.0.1";
  return address === "::" ? "::1" : address;
}

function backlog({ backlog, granted, somaxconn }: ListeningEvent): string {
  if (granted === null) return `${backlog} requested; the system does not report the granted value`;
  if (granted === backlog) return `${backlog} requested and granted`;
  const why = granted === somaxconn ? `: the system's limit, net.core.somaxconn = ${somaxconn}` : "";
  return `${backlog} requested, ${granted} granted${why}`;
}

/**
 * On Linux a queue is full at one more than the backlog: sk_acceptq_is_full() in
 * include/net/sock.h.
 */
const capacity = (connections: number) =>
  `holds ${connections}, one more than the backlog: Linux drops connections only while more than the ` +
  "backlog are waiting";

const attempts = (count: number) => (count === 1 ? "1 connection attempt" : `${count} connection attempts`);

function summary(event: SummaryEvent): string[] {
  const { connections, failed, interrupted, refused, received, sent, deepestQueue, dropped, milliseconds } =
    event;
  const notes = [
    failed > 0 ? `${failed} ended with an error` : "",
    interrupted > 0 ? `${interrupted} still open` : "",
    refused > 0 ? `${refused} never accepted` : "",
  ].filter((note) => note !== "");
  const count = connections === 1 ? "1 connection" : `${connections} connections`;
  return [
    `${count} in ${formatDuration(milliseconds)}${notes.length > 0 ? ` (${notes.join(", ")})` : ""}`,
    `${formatBytes(received)} in, ${formatBytes(sent)} out; at most ${deepestQueue} waited in the ` +
      "accept queue",
    ...(dropped === null || dropped === 0
      ? []
      : [`${attempts(dropped)} dropped; a client that retries counts again`]),
  ];
}
