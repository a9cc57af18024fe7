import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseBacklog, parseHostAndPort, parseUnixPath } from "./endpoint.ts";
import { formatAddress } from "./format.ts";
import { UsageError } from "./usage-error.ts";

const rows = {
  "3000": { host: "127.0.0.1", port: 3000 },
  ":3000": { host: "127.0.0.1", port: 3000 },
  "0": { host: "127.0.0.1", port: 0 },
  "65535": { host: "127.0.0.1", port: 65535 },
  "127.0.0.1:3000": { host: "127.0.0.1", port: 3000 },
  "0.0.0.0:3000": { host: "0.0.0.0", port: 3000 },
  "localhost:3000": { host: "localhost", port: 3000 },
  "my-host.example:80": { host: "my-host.example", port: 80 },
  "[::1]:3000": { host: "::1", port: 3000 },
  "[::]:3000": { host: "::", port: 3000 },
  "[fe80::1%eth0]:3000": { host: "fe80::1%eth0", port: 3000 },
  "[::1]": { host: "::1", port: 0 },
  "::1": { host: "::1", port: 0 },
  "::": { host: "::", port: 0 },
  "127.0.0.1": { host: "127.0.0.1", port: 0 },
};

for (const [text, expected] of Object.entries(rows)) {
  test(`[[host:]port]: ${text}`, () => assert.deepEqual(parseHostAndPort(text), expected));
}

test("[[host:]port]: the default is a free port of 127.0.0.1", () => {
  assert.deepEqual(parseHostAndPort(undefined), { host: "127.0.0.1", port: 0 });
});

for (const text of [
  "",
  ":",
  "a",
  "a:",
  "a:b",
  "65536",
  "-1",
  "+1",
  "1.0",
  "0x10",
  " 1",
  "1 ",
  "[::1]:",
  "[]:1",
  "[::1]x",
  "a:1:2",
]) {
  test(`[[host:]port]: ${JSON.stringify(text)} is refused`, () => {
    assert.throws(() => parseHostAndPort(text), UsageError);
  });
}

test("[[host:]port]: a printed address parses to itself", () => {
  const port = fc.integer({ min: 0, max: 65535 });
  fc.assert(
    fc.property(fc.ipV4(), port, (address, port) => {
      const text = formatAddress({ family: "ipv4", address, port });
      assert.deepEqual(parseHostAndPort(text), { host: address, port });
    }),
  );
  fc.assert(
    fc.property(fc.ipV6(), port, (address, port) => {
      const text = formatAddress({ family: "ipv6", address, port, flowlabel: 0, scopeId: 0 });
      assert.deepEqual(parseHostAndPort(text), { host: address, port });
    }),
  );
});

test("[[host:]port]: any text is parsed, or rejected with a message", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        const { port } = parseHostAndPort(text);
        assert.ok(Number.isInteger(port) && port >= 0 && port <= 65535);
      } catch (error) {
        assert.ok(error instanceof UsageError);
      }
    }),
  );
});

test("--backlog: whole numbers of a C int", () => {
  for (const [text, backlog] of [
    ["0", 0],
    ["128", 128],
    ["2147483647", 2147483647],
  ] as const) {
    assert.equal(parseBacklog(text), backlog);
  }
  for (const text of ["", "x", "-1", "1.5", "2147483648", "Infinity", "NaN", "1e3"]) {
    assert.throws(() => parseBacklog(text), UsageError);
  }
});

test("--unix: a path, or @name", () => {
  assert.deepEqual(parseUnixPath("/run/socket"), { family: "unix", path: "/run/socket" });
  assert.deepEqual(parseUnixPath("@name"), { family: "unix", path: "\0name" });
  for (const text of ["", "@"]) assert.throws(() => parseUnixPath(text), UsageError);
});

test("the name of a peer's socket cannot control the terminal", () => {
  assert.equal(formatAddress({ family: "unix", path: "\0\x1b[2J\u202ename" }), "@\\u{1b}[2J\\u{202e}name");
});
