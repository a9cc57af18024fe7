// The address that explain() takes from its argument, and the text of explanations.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { conformance } from "../../test/conformance.ts";
import { formatEndpoint } from "../errors/error-set.ts";
import { getsockname } from "../posix/getsockname.ts";
import { host } from "../system/host.ts";
import { hostTables } from "../system/this-host.ts";
import { explain } from "./explain.ts";
import { netstat } from "./netstat.ts";

/** An error with extra fields, as Node's have. */
const errorWith = (fields: object) => Object.assign(new Error("listen EADDRINUSE"), fields);

test("the address is read from the fields of Node's errors and of ours", () => {
  const port = 65_432;
  const cases: readonly [fields: object, address: object][] = [
    [
      { address: "127.0.0.1", port },
      { family: "ipv4", address: "127.0.0.1", port },
    ],
    [
      { address: "::1", port },
      { family: "ipv6", address: "::1", port, flowlabel: 0, scopeId: 0 },
    ],
    [{ path: "/no/socket" }, { family: "unix", path: "/no/socket" }],
    [
      { path: "/no/socket", address: "127.0.0.1", port },
      { family: "unix", path: "/no/socket" },
    ],
    // Node's error for a path.
    [
      { address: "/no/socket", port: -1 },
      { family: "unix", path: "/no/socket" },
    ],
    [{ address: "/no/socket" }, { family: "unix", path: "/no/socket" }],
  ];
  for (const [fields, address] of cases)
    if (host.name !== "windows" || "port" in fields)
      assert.deepEqual(explain(errorWith(fields)).address, address);
});

test("rejects an error without an address, or with a port that is not a number", () => {
  for (const fields of [{}, { port: 80 }, { address: 5, port: 80 }, { path: 5 }])
    assert.throws(() => explain(errorWith(fields)), /^TypeError: the error has no address/);
  for (const port of ["80", null, {}, true])
    assert.throws(
      () => explain(errorWith({ address: "127.0.0.1", port })),
      /^TypeError: the error has no port/,
    );
  assert.throws(() => explain(errorWith({ address: "127.0.0.1", port: 65_536 })), RangeError);
});

test("rejects what is neither an address nor an error, naming its type", () => {
  for (const [about, kind] of [
    [null, "null"],
    [undefined, "undefined"],
    [5, "number"],
    ["x", "string"],
  ] as const)
    assert.throws(() => explain(about as never), {
      name: "TypeError",
      message: `explain() takes an address or an error, not ${kind}`,
    });
  assert.throws(
    () => explain({ family: "netlink", pid: 0, groups: 0 }),
    /^TypeError: (explain\(\) takes |windows has no )/,
  );
});

test("notes that a port is in the ephemeral range", (context) => {
  const range = hostTables.ports.ephemeralRange();
  if (range === undefined) {
    context.skip("the system does not tell the range");
    return;
  }
  const { first, last } = range;
  const isReserved = hostTables.ports.reservedPorts();
  for (const port of [first - 1, first, last, last + 1]) {
    if (port > 65_535 || isReserved(port)) continue;
    const { notes } = explain({ family: "ipv4", address: "127.83.0.2", port });
    const isSaid = notes.some((note) => note.includes(`${first} to ${last}`));
    assert.equal(isSaid, port >= first && port <= last, `${port}`);
  }
});

conformance("explain: its text", [
  {
    clause: "the address, then a line for each cause, note and piece of advice, with its command",
    source: "berkeley",
    run(fixture) {
      const listener = fixture.listener();
      const address = getsockname(listener);
      assert.equal(address.family, "ipv4");
      const explanation = explain(address);
      const { text, causes, notes, advice, message } = explanation;
      const lines = text.split("\n");
      assert.equal(lines.length, causes.length + notes.length + advice.length);
      assert.equal(lines[0], `${formatEndpoint(address)}: ${message}`);
      for (const note of notes) assert.ok(lines.includes(`  ${note}`), note);
      for (const { message, command } of advice) {
        const line = command === undefined ? `  ${message}` : `  ${message} Run: ${command}`;
        assert.ok(lines.includes(line), line);
      }
      assert.equal(explanation.verdict, "taken");
    },
  },
  {
    clause: "without a command, no command is named",
    source: "berkeley",
    except: { windows: "Windows tells nothing of a unix path" },
    run(fixture) {
      const path = join(fixture.folder(), "file");
      writeFileSync(path, "");
      const { text, advice, verdict } = explain({ family: "unix", path });
      assert.deepEqual(
        advice.map(({ command }) => command),
        [undefined],
      );
      assert.equal(text.split("\n").length, 2);
      assert.doesNotMatch(text, /Run:|undefined/);
      assert.equal(verdict, "taken");
    },
  },
  {
    clause: "an abstract name is written with @",
    source: "unix(7)",
    except: { windows: "Windows has no abstract names" },
    run(fixture) {
      const address = fixture.abstractAddress();
      assert.equal(address.family, "unix");
      assert.match(explain(address).text, /^@berkeley-test-\S+: free$/);
    },
  },
]);

test("the kernel's counters are numbers on Linux, undefined elsewhere", () => {
  const counters = netstat();
  if (host.name !== "linux") {
    assert.equal(counters, undefined);
    return;
  }
  const names =
    "ListenDrops ListenOverflows SyncookiesFailed SyncookiesRecv SyncookiesSent " +
    "TCPReqQFullDoCookies TCPReqQFullDrop";
  assert.equal(
    Object.keys(counters ?? {})
      .sort()
      .join(" "),
    names,
  );
  for (const [name, count] of Object.entries(counters ?? {}))
    assert.ok(Number.isInteger(count) && count >= 0, `${name}: ${count}`);
});
