import assert from "node:assert/strict";
import { test } from "node:test";
import { decidedByBind } from "./explain-port.ts";
import type { Coverage } from "./explanation.ts";
import { messageOf } from "./messages.ts";
import type { InternetSocket } from "./open-socket.ts";

// If the socket table is incomplete, as on Windows, bind() decides. Its result is simulated here,
// since our machines have neither excluded ranges nor Windows' tables.

const address = { family: "ipv4", address: "127.0.0.1", port: 50_100 } as const;

const connection: InternetSocket = {
  protocol: "tcp",
  use: "connected",
  local: address,
  peer: { ...address, port: 40_000 },
  v6only: false,
  interface: 0,
  inode: undefined,
  owner: 4,
  uid: undefined,
  queue: undefined,
  drops: undefined,
  remaining: undefined,
};
const dualStack: InternetSocket = {
  ...connection,
  use: "listening",
  local: { family: "ipv6", address: "::", port: 50_100, flowlabel: 0, scopeId: 0 },
  peer: undefined,
  v6only: undefined,
};
const wildcard: InternetSocket = {
  ...dualStack,
  local: { ...address, address: "0.0.0.0" },
  v6only: false,
};

/** On Linux, it also tries SO_REUSEPORT, which succeeds because the port is really free. */
const kinds = (...of: Parameters<typeof decidedByBind>) =>
  decidedByBind(...of)
    .causes.map(({ kind }) => kind)
    .filter((kind) => kind !== "reuse-port-group");

test("WSAEACCES on a port that is not in use is an excluded range", () => {
  const { causes } = decidedByBind(address, [], undefined, "AccessDenied");
  assert.deepEqual(causes, [{ kind: "excluded-port", port: 50_100 }]);
  const [cause] = causes;
  assert.ok(cause !== undefined);
  assert.equal(
    messageOf(cause),
    "port 50100 is in a range that the system excludes, so no program can bind it",
  );
});

test("an earlier error, and a bind() that now succeeds: the port is free", () => {
  assert.deepEqual(kinds(address, [], "AccessDenied", "bound"), []);
});

test("a port in use whose holder the system does not list", () => {
  assert.deepEqual(kinds(address, [], undefined, "AddressInUse"), ["in-use"]);
});

test("WSAEACCES on a held port is exclusive use, whether from the error or from bind() now", () => {
  const inTheWay = [{ socket: wildcard, covers: "wildcard" }] as const;
  const exclusive = ["held", "exclusive-use"];
  assert.deepEqual(kinds(address, inTheWay, undefined, "AccessDenied"), exclusive);
  assert.deepEqual(kinds(address, inTheWay, "AccessDenied", "AddressInUse"), exclusive);
  assert.deepEqual(kinds(address, inTheWay, undefined, "AddressInUse"), ["held"]);
});

test("if bind() succeeds, neither a connection nor IPv6's wildcard is a cause; a wildcard listener is reported in a note", () => {
  assert.deepEqual(kinds(address, [{ socket: connection, covers: "same" }], undefined, "bound"), []);
  assert.deepEqual(kinds(address, [{ socket: dualStack, covers: "dual stack" }], undefined, "bound"), []);
  const inTheWay = [{ socket: wildcard, covers: "wildcard" }] as const;
  assert.deepEqual(kinds(address, inTheWay, undefined, "bound"), ["held"]);
  const beside = decidedByBind(address, inTheWay, undefined, "bound");
  assert.match(beside.notes[0] ?? "", /^bind\(\) succeeds all the same/);
  assert.deepEqual(kinds(address, [{ socket: connection, covers: "same" }], undefined, "AddressInUse"), [
    "held",
  ]);
});

test("a socket without an owner does not hold an address that can be bound", () => {
  const leftovers: readonly Partial<InternetSocket>[] = [
    { use: "time-wait", owner: undefined, remaining: 1000 },
    { use: "time-wait", inode: 7 },
    { inode: 0 },
    // Windows attributes closing connections to process 0.
    { owner: 0 },
  ];
  for (const leftover of leftovers) {
    const socket = { ...connection, ...leftover };
    const found = kinds(address, [{ socket, covers: "same" }], undefined, "AddressInUse");
    assert.equal(found.length, 1);
    assert.match(`${found}`, /^(time-wait|in-use)$/);
  }
  for (const held of [{ use: "listening", owner: 0 }, { use: "bound", owner: 0 }, { owner: 1 }] as const) {
    const socket = { ...connection, ...held };
    assert.deepEqual(kinds(address, [{ socket, covers: "same" }], undefined, "AddressInUse"), ["held"]);
  }
});

test("connections are not reported as a cause alongside a listener", () => {
  const sockets: readonly InternetSocket[] = [connection, { ...connection, use: "bound" }, wildcard];
  const found = sockets.map((socket) => ({ socket, covers: "same" }) as const);
  const { causes } = decidedByBind(address, found, undefined, "AddressInUse");
  const uses = causes.flatMap((cause) =>
    cause.kind === "held" && cause.socket.protocol !== "unix" ? [cause.socket.use] : [],
  );
  assert.deepEqual(uses, ["listening", "bound"]);
});

test("if bind() succeeds, only a socket known to cover the address holds it", () => {
  const known = { ...dualStack, v6only: false };
  const cases: readonly [socket: InternetSocket, covers: Coverage, isHeld: boolean][] = [
    [{ ...wildcard, use: "bound" }, "wildcard", true],
    [{ ...dualStack, use: "bound" }, "wildcard", true],
    [{ ...dualStack, use: "bound" }, "dual stack", false],
    [known, "dual stack", true],
    [{ ...known, use: "bound" }, "dual stack", true],
    [{ ...known, use: "connected" }, "dual stack", false],
  ];
  for (const [socket, covers, isHeld] of cases)
    assert.deepEqual(kinds(address, [{ socket, covers }], undefined, "bound"), isHeld ? ["held"] : []);
});

test("says that bind() succeeds anyway only if it does", () => {
  const inTheWay = [{ socket: wildcard, covers: "wildcard" }] as const;
  for (const trial of ["AddressInUse", "AccessDenied"] as const)
    assert.deepEqual(decidedByBind(address, inTheWay, undefined, trial).notes, []);
});

test("a connection's address has no group to join; an unknown user has no name", () => {
  const covers = "same";
  const { causes } = decidedByBind(address, [{ socket: connection, covers }], undefined, "AddressInUse");
  assert.equal(causes.length, 1);
  const listening = { ...connection, use: "listening", owner: undefined } as const;
  const shared = decidedByBind(address, [{ socket: listening, covers }], undefined, "AddressInUse");
  for (const cause of shared.causes) if (cause.kind === "reuse-port-group") assert.equal(cause.user, "");
});
