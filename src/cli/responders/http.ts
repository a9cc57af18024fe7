import { STATUS_CODES } from "node:http";
import { machineClock } from "../../clock/machine-clock.ts";
import { formatAddress } from "../format.ts";
import type { ConnectionFacts, Reply, Responder } from "./responder.ts";

/** The maximum size of a request's head: the request line and header fields. */
const MAX_HEAD = 16_384;

/** A token (RFC 9110, 5.6.2): a method, or the name of a field. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** The parts of a request that matter for the response, or the status of an error response. */
type Request =
  | { readonly method: string; readonly keepAlive: boolean; readonly oldVersion: boolean }
  | { readonly status: 400 | 431 | 505 };

/**
 * Answers each request with a page about the connection (RFC 9112), and keeps the connection open
 * if the client does.
 */
export function http(facts: () => ConnectionFacts): Responder {
  return (received) => {
    const text = Buffer.from(received.buffer, received.byteOffset, received.byteLength).toString("latin1");
    const start = /^(?:\r?\n)*/.exec(text)?.[0].length ?? 0;
    const head = /\r?\n\r?\n/.exec(text.slice(start));
    if (head === null || head.index > MAX_HEAD) {
      if (text.length > MAX_HEAD) return answer({ status: 431 }, text.length, facts);
      // Immediately reject data that cannot become a request, or a TLS client would wait forever.
      if (/^[!#$%&'*+.^_`|~0-9A-Za-z-]*(?: |$)/.test(text.slice(start))) return { consumed: 0 };
      return answer({ status: 400 }, text.length, facts);
    }
    const lines = text.slice(start, start + head.index).split(/\r?\n/);
    return answer(parse(lines), start + head.index + head[0].length, facts);
  };
}

function parse([requestLine = "", ...fieldLines]: string[]): Request {
  const [method = "", target = "", version = "", ...rest] = requestLine.split(" ");
  if (!TOKEN.test(method) || !/^[!-~]+$/.test(target) || rest.length > 0) return { status: 400 };
  if (!/^HTTP\/\d\.\d$/.test(version)) return { status: 400 };
  if (!version.startsWith("HTTP/1.")) return { status: 505 };
  const fields = parseFields(fieldLines);
  if (fields === undefined) return { status: 400 };
  const oldVersion = version === "HTTP/1.0";
  const hosts = fields.get("host")?.length ?? 0;
  // RFC 9112, 3.2.
  if (hosts > 1 || (hosts === 0 && !oldVersion)) return { status: 400 };
  const lengths = fields.get("content-length") ?? [];
  if (!lengths.every((length) => /^\d+$/.test(length)) || new Set(lengths).size > 1) return { status: 400 };
  const options = (fields.get("connection") ?? [])
    .join(",")
    .toLowerCase()
    .split(/[ \t]*,[ \t]*/);
  const wanted = oldVersion ? options.includes("keep-alive") : !options.includes("close");
  // Bodies are not parsed: the connection ends after the response.
  const hasBody = fields.has("transfer-encoding") || lengths.some((length) => Number(length) > 0);
  return { method, keepAlive: wanted && !hasBody, oldVersion };
}

/** The header fields by lower-case name; undefined if a line is not a field. */
function parseFields(lines: string[]): Map<string, string[]> | undefined {
  const fields = new Map<string, string[]>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(0, colon)).toLowerCase();
    const value = line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, "");
    // A value contains neither (RFC 9110, 5.5).
    if (!TOKEN.test(name) || value.includes("\0") || value.includes("\r")) return undefined;
    fields.set(name, [...(fields.get(name) ?? []), value]);
  }
  return fields;
}

function answer(request: Request, consumed: number, facts: () => ConnectionFacts): Reply {
  if ("status" in request)
    return { consumed, send: response(request.status, plain(request.status)), end: true };
  const { method, keepAlive, oldVersion } = request;
  const connection = keepAlive ? (oldVersion ? ["Connection: keep-alive"] : []) : ["Connection: close"];
  const end = !keepAlive;
  if (method !== "GET" && method !== "HEAD") {
    return { consumed, send: response(405, plain(405), ["Allow: GET, HEAD", ...connection]), end };
  }
  const body = { type: "text/html; charset=utf-8", text: page(facts()) };
  return { consumed, send: response(200, body, connection, method === "HEAD"), end };
}

interface Body {
  readonly type: string;
  readonly text: string;
}

function plain(status: number): Body {
  return { type: "text/plain; charset=utf-8", text: `${status} ${STATUS_CODES[status]}\n` };
}

function response(status: number, body: Body, fields = ["Connection: close"], headOnly = false): Uint8Array {
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `Date: ${new Date(machineClock.date()).toUTCString()}`,
    `Content-Type: ${body.type}`,
    `Content-Length: ${Buffer.byteLength(body.text)}`,
    "Cache-Control: no-store",
    ...fields,
  ];
  return Buffer.from(`${head.join("\r\n")}\r\n\r\n${headOnly ? "" : body.text}`);
}

/** The empty icon keeps browsers from requesting a favicon. */
function page({ peer, local, queue }: ConnectionFacts): string {
  const waiting =
    queue === undefined ? "unknown on this system" : `${queue.pending} waiting, limit ${queue.limit}`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,">
<title>berkeley listen</title>
<style>:root { color-scheme: light dark } body { font: 1rem/1.5 system-ui; margin: 3rem auto; max-width: 32rem; padding: 0 1rem } dt { opacity: .7 } dd { font-family: monospace; margin: 0 0 1rem }</style>
<h1>berkeley listens</h1>
<dl>
<dt>Your address</dt><dd>${escapeHtml(formatAddress(peer))}</dd>
<dt>The server's address</dt><dd>${escapeHtml(formatAddress(local))}</dd>
<dt>The accept queue</dt><dd>${waiting}</dd>
</dl>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
