import assert from "node:assert/strict";
import { test } from "node:test";
import { http } from "./http.ts";
import type { Reply } from "./responder.ts";

const facts = () => ({
  peer: { family: "unix", path: "\0<script>&" } as const,
  local: { family: "ipv6", address: "::1", port: 8080, flowlabel: 0, scopeId: 0 } as const,
  queue: { pending: 3, limit: 128 },
});

interface Answer {
  readonly consumed: number;
  readonly end: boolean;
  readonly status: number | undefined;
  readonly fields: Map<string, string>;
  readonly body: string;
}

function ask(request: string): Answer {
  return read(http(facts)(Buffer.from(request, "latin1")));
}

/** Parses a response as a client does; its status is undefined while incomplete. */
function read({ consumed, send, end = false }: Reply): Answer {
  const text = Buffer.from(send ?? []).toString();
  const [head = "", body = ""] = text.split("\r\n\r\n");
  const [statusLine = "", ...lines] = head.split("\r\n");
  const status = /^HTTP\/1\.1 (\d{3}) [A-Za-z ]+$/.exec(statusLine)?.[1];
  const fields = new Map(
    lines.map((line) => {
      const [name = "", value = ""] = line.split(": ");
      return [name.toLowerCase(), value];
    }),
  );
  return { consumed, end, status: status === undefined ? undefined : Number(status), fields, body };
}

const get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

test("http: GET answers a page about the connection, and keeps it open", () => {
  const { consumed, end, status, fields, body } = ask(get);
  assert.deepEqual({ consumed, end, status }, { consumed: get.length, end: false, status: 200 });
  assert.equal(fields.get("content-type"), "text/html; charset=utf-8");
  assert.equal(fields.get("content-length"), `${Buffer.byteLength(body)}`);
  assert.equal(fields.has("connection"), false);
  assert.ok(Date.parse(fields.get("date") ?? "") > 0);
  assert.match(body, /<dd>\[::1\]:8080<\/dd>/);
  assert.match(body, /<dd>3 waiting, limit 128<\/dd>/);
  assert.match(body, /<dd>@&lt;script&gt;&amp;<\/dd>/);
});

test("http: HEAD answers the same fields without the page", () => {
  const { status, fields, body } = ask(get.replace("GET", "HEAD"));
  assert.equal(status, 200);
  assert.equal(fields.get("content-length"), ask(get).fields.get("content-length"));
  assert.equal(body, "");
});

test("http: other methods get 405, with those that are allowed", () => {
  const { status, fields, end } = ask(get.replace("GET", "DELETE"));
  assert.deepEqual([status, fields.get("allow"), end], [405, "GET, HEAD", false]);
});

const connections: readonly (readonly [string, boolean, string | undefined])[] = [
  ["GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", true, "close"],
  ["GET / HTTP/1.1\r\nHost: a\r\nConnection: TE, Close\r\n\r\n", true, "close"],
  ["GET / HTTP/1.0\r\n\r\n", true, "close"],
  ["GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", false, "keep-alive"],
  ["POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", true, "close"],
  ["POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", true, "close"],
  ["POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", false, undefined],
];
for (const [request, ends, field] of connections) {
  test(`http: ${JSON.stringify(request)} ${ends ? "ends" : "keeps"} the connection`, () => {
    const { end, fields } = ask(request);
    assert.deepEqual([end, fields.get("connection")], [ends, field]);
  });
}

const refused: readonly (readonly [number, string])[] = [
  [400, "GET /\r\n\r\n"],
  [400, "GET / HTTP/1.1\r\n\r\n"],
  [400, "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"],
  [400, "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"],
  [400, "GET / HTTP/1.1 x\r\nHost: a\r\n\r\n"],
  [400, "GET / HTTP/1.1\r\nHost : a\r\n\r\n"],
  [400, "GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n"],
  [400, "GET / HTTP/1.1\r\nHost: a\0\r\n\r\n"],
  [400, "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n"],
  [400, "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"],
  [400, "G@T / HTTP/1.1\r\nHost: a\r\n\r\n"],
  [400, "GET / http/1.1\r\nHost: a\r\n\r\n"],
  [505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
  // A TLS handshake, which never contains a blank line.
  [400, "\x16\x03\x01\x02\x00\x01\x00"],
  [431, `GET / HTTP/1.1\r\nHost: a\r\nCookie: ${"x".repeat(17_000)}`],
  [431, `GET / HTTP/1.1\r\nHost: a\r\nCookie: ${"x".repeat(17_000)}\r\n\r\n`],
];
for (const [expected, request] of refused) {
  test(`http: ${JSON.stringify(request.slice(0, 60))} gets ${expected}, and ends the connection`, () => {
    const { status, end, fields, body } = ask(request);
    assert.deepEqual([status, end, fields.get("connection")], [expected, true, "close"]);
    assert.equal(fields.get("content-length"), `${Buffer.byteLength(body)}`);
  });
}

test("http: waits for a request that is not whole, wherever it is cut", () => {
  for (let length = 1; length < get.length; length++) {
    assert.deepEqual(http(facts)(Buffer.from(get.slice(0, length))), { consumed: 0 }, get.slice(0, length));
  }
});

test("http: lines may end with a line feed alone, and blank lines may come first", () => {
  assert.equal(ask("\r\n\nGET / HTTP/1.1\nHost: a\n\n").status, 200);
});

test("http: of two requests at once, the first is answered, and the second left", () => {
  const { consumed, status } = ask(get + get);
  assert.deepEqual([consumed, status], [get.length, 200]);
});
