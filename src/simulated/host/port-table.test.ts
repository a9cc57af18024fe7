import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "../clock/random.ts";
import { PortTable, type PortUser } from "./port-table.ts";
import { Sysctls } from "./sysctls.ts";

const table = (rules: "tcp" | "udp") => new PortTable(rules, new Sysctls(), new Random(1, "ports"));

function user(localAddress: string, options: Options = {}): PortUser {
  return {
    ipv6: localAddress.includes(":"),
    v6only: false,
    localAddress,
    reuseAddress: false,
    reusePort: false,
    boundInterface: 0,
    user: 0,
    listening: false,
    timeWait: false,
    connectBound: false,
    ...options,
  };
}

type Options = Partial<PortUser>;

const reuse = { reuseAddress: true };
const share = { reusePort: true };
const only = { v6only: true };

/** Two sockets, and whether the second may have the port of the first, by protocol. */
const rows: readonly [PortUser, PortUser, tcp: boolean, udp: boolean][] = [
  [user("127.0.0.1"), user("127.0.0.1"), false, false],
  [user("127.0.0.1"), user("127.0.0.2"), true, true],
  [user("0.0.0.0"), user("127.0.0.1"), false, false],
  [user("127.0.0.1"), user("0.0.0.0"), false, false],
  [user("::"), user("0.0.0.0"), false, false],
  [user("::", only), user("0.0.0.0"), true, true],
  [user("0.0.0.0"), user("::", only), true, true],
  [user("::", only), user("::1", only), false, false],
  [user("::1", only), user("0.0.0.0"), true, true],
  [user("::"), user("10.0.0.1"), false, false],
  // Bound to "::", and connected since.
  [user("::1"), user("0.0.0.0"), false, false],
  [user("::1"), user("127.0.0.1"), true, true],
  // SO_REUSEADDR: TCP's listener keeps its port, UDP shares it.
  [user("127.0.0.1", reuse), user("127.0.0.1", reuse), true, true],
  [user("127.0.0.1", { ...reuse, listening: true }), user("127.0.0.1", reuse), false, true],
  [user("127.0.0.1", { listening: true }), user("127.0.0.1", reuse), false, false],
  [user("127.0.0.1"), user("127.0.0.1", reuse), false, false],
  [user("127.0.0.1", { ...reuse, timeWait: true }), user("127.0.0.1", reuse), true, true],
  // SO_REUSEPORT needs the same user, except beside a TIME_WAIT.
  [user("127.0.0.1", share), user("127.0.0.1", share), true, true],
  [user("127.0.0.1", { ...share, listening: true }), user("127.0.0.1", share), true, true],
  [user("127.0.0.1", share), user("127.0.0.1", { ...share, user: 1 }), false, false],
  [user("127.0.0.1", { ...share, timeWait: true }), user("127.0.0.1", { ...share, user: 1 }), true, true],
  // SO_BINDTODEVICE keeps interfaces apart.
  [user("0.0.0.0", { boundInterface: 1 }), user("0.0.0.0", { boundInterface: 2 }), true, true],
  [user("0.0.0.0", { boundInterface: 1 }), user("0.0.0.0"), false, false],
];

for (const [first, second, tcp, udp] of rows) {
  const show = ({ localAddress, ...rest }: PortUser) =>
    [
      localAddress,
      ...Object.entries(rest).flatMap(([name, on]) =>
        on === true || (typeof on === "number" && on > 0) ? [name] : [],
      ),
    ].join(" ");
  test(`bind(): ${show(second)} after ${show(first)}`, () => {
    for (const [rules, free] of [
      ["tcp", tcp],
      // TIME_WAIT is TCP's alone.
      ["udp", first.timeWait ? undefined : udp],
    ] as const) {
      if (free === undefined) continue;
      const ports = table(rules);
      ports.add(first, 80);
      assert.equal(!ports.conflicts(second, 80), free, rules);
      ports.remove(first, 80);
      assert.equal(ports.conflicts(second, 80), false);
    }
  });
}

test("a port for bind() is odd as long as one is free, and shares none", () => {
  const ports = table("tcp");
  const range = [40_000, 40_005] as const;
  const taken = Array.from({ length: 7 }, () => {
    const one = user("127.0.0.1", reuse);
    const port = ports.portToBind(one, range);
    if (port !== undefined) ports.add(one, port);
    return port;
  });
  assert.deepEqual([...taken.slice(0, 3)].sort(), [40_001, 40_003, 40_005]);
  assert.deepEqual([...taken.slice(3, 6)].sort(), [40_000, 40_002, 40_004]);
  assert.equal(taken[6], undefined);
});

test("connect() shares ports with connections to other peers, but not ports from bind()", () => {
  const ports = table("tcp");
  const range = [40_000, 40_001] as const;
  ports.add(user("127.0.0.1"), 40_001, "bind");
  assert.equal(
    ports.portToConnect(() => false, range),
    40_000,
  );
  ports.add(user("127.0.0.1", { connectBound: true }), 40_000, "silently");
  assert.equal(
    ports.portToConnect(() => false, range),
    40_000,
  );
  assert.equal(
    ports.portToConnect(() => true, range),
    undefined,
  );
});

test("connections share a port again when the sockets that bound it are gone", () => {
  const ports = table("tcp");
  const range = [40_000, 40_000] as const;
  const free = () => ports.portToConnect(() => false, range);
  const bound = user("127.0.0.2");
  ports.add(user("127.0.0.1", { connectBound: true }), 40_000, "silently");
  ports.add(user("127.0.0.1", { connectBound: true, timeWait: true }), 40_000, "silently");
  assert.equal(free(), 40_000);
  ports.add(bound, 40_000);
  assert.equal(free(), undefined);
  ports.remove(bound, 40_000);
  assert.equal(free(), 40_000);
});

test("TCP's bind() uses the options that others had when they bound the port", () => {
  const bind = (first: Options, now: Options, second: Options) => {
    const ports = table("tcp");
    const one = { ...user("127.0.0.1", first) };
    ports.add(one, 80);
    Object.assign(one, now);
    if (one.listening) ports.listens(one, 80);
    return !ports.conflicts(user("127.0.0.1", second), 80);
  };
  const off = { reuseAddress: false, reusePort: false };
  assert.equal(bind(share, off, share), true);
  assert.equal(bind(reuse, off, reuse), true);
  assert.equal(bind({}, share, share), true);
  assert.equal(bind(reuse, { ...off, listening: true }, reuse), false);
  assert.equal(bind(share, off, { ...share, user: 1 }), false);
  assert.equal(bind(share, off, { ...share, reuseportGroup: {} }), false);
});

test("reserved ports are not chosen", () => {
  const sysctls = new Sysctls();
  sysctls.set("net.ipv4.ip_local_reserved_ports", "40000-40002,40004");
  const ports = new PortTable("udp", sysctls, new Random(1, "ports"));
  assert.equal(ports.portToBind(user("0.0.0.0"), [40_000, 40_004]), 40_003);
});
