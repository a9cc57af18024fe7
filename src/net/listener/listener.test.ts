import assert from "node:assert/strict";
import { existsSync, renameSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { collectGarbage } from "../../../test/collect-garbage.ts";
import {
  asyncApiTest,
  endpointFor,
  portOf,
  queueTold,
  readText,
  transports,
  waitInQueue,
  withoutTransport,
} from "../../../test/engine/async-api.ts";
import { eventually, someTurns } from "../../../test/engine/engine-test.ts";
import { Fixture } from "../../../test/fixture.ts";
import { inNetworkNamespace } from "../../../test/network-namespace.ts";
import { except } from "../../../test/platform.ts";
import { runProgram } from "../../../test/program.ts";
import {
  noAbstractNames,
  noDescriptorLimit,
  noReusePort,
  noUnixStreams,
  resetsHidden,
} from "../../../test/winsock-exceptions.ts";
import { IP } from "../../options/ip.ts";
import { IPV6 } from "../../options/ipv6.ts";
import { SO } from "../../options/so.ts";
import { TCP } from "../../options/tcp.ts";
import { bind } from "../../posix/bind.ts";
import { SOMAXCONN } from "../../posix/constants.ts";
import { getsockopt } from "../../posix/getsockopt.ts";
import { connect } from "../connection/connect.ts";
import type { Connection } from "../connection/connection.ts";
import { listen } from "./listen.ts";
import type { Listener } from "./listener.ts";

const loopback = { host: "127.0.0.1" } as const;

async function clientsOf(listener: Listener, count: number): Promise<Connection[]> {
  return Promise.all(Array.from({ length: count }, () => connect({ address: listener.address })));
}

async function closeAll(connections: readonly Connection[]): Promise<void> {
  await Promise.all(connections.map((each) => each.close()));
}

for (const transport of transports) {
  asyncApiTest(
    `listener over ${transport}: accepts nothing unasked`,
    async (engine, fixture) => {
      const listener = await listen({ ...endpointFor(fixture, transport), backlog: 8, engine });
      assert.deepEqual(listener.backlog, { requested: 8, effective: queueTold ? 8 : undefined });
      const clients = await clientsOf(listener, 4);
      await someTurns();
      assert.deepEqual(listener.queue, queueTold ? { pending: 4, limit: 8 } : undefined);
      const one = await listener.accept();
      await someTurns();
      assert.deepEqual(listener.queue, queueTold ? { pending: 3, limit: 8 } : undefined);
      const { accepted, dropped, retried, causes } = listener.stats;
      assert.deepEqual([accepted, dropped, retried, causes], [1, 0, 0, {}]);
      assert.equal(listener.connections, 1);
      // A loop receives them all, and leaving it keeps the listener open.
      let count = 1;
      for await (const connection of listener) {
        await connection.close();
        count += 1;
        if (count === 4) break;
      }
      await one.close();
      await closeAll(clients);
      assert.equal(listener.connections, 0);
      assert.ok(!listener.closed);
      await listener.close();
    },
    withoutTransport[transport],
  );
}

asyncApiTest("listener: a signal or timeout ends accept(), and no connection is lost", async (engine) => {
  const listener = await listen({ ...loopback, engine });
  await assert.rejects(listener.accept({ timeout: 1 }), {
    name: "TimeoutError",
    message: /^accept\(\) timed out/,
  });
  const controller = new AbortController();
  const given = listener.accept({ signal: controller.signal });
  controller.abort("enough");
  await assert.rejects(given, (reason) => reason === "enough");
  await assert.rejects(
    listener.accept({ signal: AbortSignal.abort("before") }),
    (reason) => reason === "before",
  );
  const clients = await clientsOf(listener, 3);
  const accepted = [
    await listener.accept({ timeout: 10_000 }),
    await listener.accept(),
    await listener.accept(),
  ];
  assert.equal(new Set(accepted.map(({ remoteAddress }) => portOf(remoteAddress))).size, 3);
  await closeAll([...clients, ...accepted]);
  await listener.close();
});

asyncApiTest("listener: pause() holds accept() back, resume() lets it continue", async (engine) => {
  const listener = await listen({ ...loopback, engine });
  listener.pause().pause();
  const accepting = listener.accept();
  const clients = await clientsOf(listener, 1);
  await eventually(() => (waitInQueue(listener, 1) ? true : undefined));
  await someTurns();
  assert.equal(listener.stats.accepted, 0);
  listener.resume().resume();
  await closeAll([...clients, await accepting]);
  await listener.close();
});

asyncApiTest("listener: close() ends a loop, fails an accept(), and may be called again", async (engine) => {
  const listener = await listen({ ...loopback, engine });
  const { address } = listener;
  const loop = (async () => {
    for await (const connection of listener) await connection.close();
  })();
  const waiting = assert.rejects(listener.accept(), { name: "SocketClosed", syscall: "accept" });
  const [client] = await clientsOf(listener, 1);
  assert.equal(await client?.read(), null);
  await Promise.all([listener.close(), listener.close(), loop, waiting]);
  await assert.rejects(listener.accept(), { name: "SocketClosed" });
  assert.ok(listener.closed && listener.queue === undefined && listener.sockets[0]?.closed);
  assert.deepEqual(listener.address, address);
  for await (const _ of listener) assert.fail("a loop over a closed listener");
  await client?.close();
});

asyncApiTest(
  "listener: accepts a few ahead of a program that keeps asking, and close() resets them",
  async (engine) => {
    const listener = await listen({ ...loopback, engine, backlog: 64 });
    const taken = await clientsOf(listener, 8);
    for (const client of taken) await Promise.all([client.close(), (await listener.accept()).close()]);
    const asked = listener.accept();
    const [first, ...clients] = await clientsOf(listener, 41);
    await Promise.all([first?.close(), (await asked).close()]);
    const ahead = () => listener.stats.accepted - 9;
    await eventually(() => (ahead() > 0 && waitInQueue(listener, 40 - ahead()) ? true : undefined));
    assert.ok(ahead() <= 17, `${ahead()} were accepted ahead`);
    const held = ahead();
    await listener.close();
    assert.deepEqual([listener.stats.accepted, listener.stats.dropped], [9, held]);
    assert.deepEqual(listener.stats.causes, { SocketClosed: held });
    await Promise.all(
      clients.map((client) => assert.rejects(client.read(), { name: "ConnectionResetByPeer" })),
    );
    await closeAll(clients);
    await eventually(() => (listener.connections === 0 ? true : undefined));
  },
  resetsHidden,
);

asyncApiTest(
  "listener: its signal aborts listen(), and later closes the listener with the reason",
  async (engine) => {
    const reason = new Error("shutting down");
    await assert.rejects(listen({ ...loopback, engine, signal: AbortSignal.abort(reason) }), reason);
    const controller = new AbortController();
    const listener = await listen({ ...loopback, engine, signal: controller.signal });
    const waiting = assert.rejects(listener.accept(), reason);
    controller.abort(reason);
    await waiting;
    assert.ok(listener.closed);
    await assert.rejects(listener.accept(), reason);
    await listener.close();
  },
);

asyncApiTest("listen: without a host, one socket for all addresses of both families", async (engine) => {
  const listener = await listen({ engine });
  assert.deepEqual(
    listener.addresses.map(({ family }) => family),
    ["ipv6"],
  );
  assert.deepEqual(listener.backlog.requested, SOMAXCONN);
  const port = portOf(listener.address);
  for (const host of ["127.0.0.1", "::1"]) {
    const client = await connect({ host, port, engine });
    const connection = await listener.accept();
    await connection.end(host);
    assert.equal(await readText(client), host);
    await closeAll([client, connection]);
  }
  await listener.close();
});

asyncApiTest("listen: with ipv6Only, IPv4 is refused", async (engine) => {
  const listener = await listen({ engine, ipv6Only: true });
  const [socket] = listener.sockets;
  assert.ok(socket !== undefined && getsockopt(socket, IPV6.V6ONLY));
  await assert.rejects(connect({ host: "127.0.0.1", port: portOf(listener.address), engine }), {
    name: "ConnectionRefused",
  });
  await listener.close();
});

asyncApiTest("listen: localhost is both families on one port, and accepts from each", async (engine) => {
  const listener = await listen({ host: "localhost", engine });
  assert.deepEqual(
    listener.addresses.map((address) => ("address" in address ? address.address : "")),
    ["127.0.0.1", "::1"],
  );
  const [four, six] = listener.addresses;
  assert.ok(four !== undefined && six !== undefined && portOf(four) === portOf(six));
  for (const address of listener.addresses) {
    const client = await connect({ address, engine });
    const connection = await listener.accept();
    assert.equal(connection.localAddress.family, address.family);
    await closeAll([client, connection]);
  }
  // A port requested by number is in use if either family's is.
  await assert.rejects(listen({ host: "localhost", port: portOf(four), engine }), { name: "AddressInUse" });
  await listener.close();
});

test(
  "listen: localhost takes another port if the other family's is taken",
  except({ windows: "Windows has no network namespaces" }),
  (context) =>
    inNetworkNamespace(new Fixture(context), new URL("./listen-localhost.child.js", import.meta.url), {
      ip: true,
    }),
);

asyncApiTest("listen: a port in use is AddressInUse, and nothing stays open", async (engine) => {
  const listener = await listen({ ...loopback, engine });
  const { port } = { port: portOf(listener.address) };
  await assert.rejects(listen({ ...loopback, port, engine }), {
    name: "AddressInUse",
    address: "127.0.0.1",
    port,
  });
  await listener.close();
});

asyncApiTest(
  "listen: reusePort distributes connections among several listeners on one port",
  async (engine) => {
    const shared = await listen({ ...loopback, engine, reusePort: true });
    const other = await listen({ ...loopback, engine, reusePort: true, port: portOf(shared.address) });
    // The kernel chooses by a hash of the ports: the chance of all 64 on one side is 2 ** -63.
    const clients = await clientsOf(shared, 64);
    const waiting = () => [shared, other].map(({ queue }) => queue?.pending ?? 0);
    await eventually(() => (waiting().reduce((sum, count) => sum + count) === 64 ? true : undefined));
    for (const [index, listener] of [shared, other].entries()) {
      const count = waiting()[index] ?? 0;
      assert.ok(count > 0, "a listener got no share of the connections");
      for (let left = count; left > 0; left--) await (await listener.accept()).close();
    }
    await closeAll(clients);
    await Promise.all([shared.close(), other.close()]);
  },
  noReusePort,
);

asyncApiTest("listen: a host that cannot be found", async (engine) => {
  await assert.rejects(listen({ host: "berkeley.invalid", engine }), { syscall: "getaddrinfo" });
});

asyncApiTest("listen: options are set before bind, and connections inherit them", async (engine) => {
  const options = [
    [SO.RCVBUF, 65_536],
    [SO.KEEPALIVE, true],
  ] as const;
  const listener = await listen({ ...loopback, engine, options });
  const client = await connect({ address: listener.address, engine, options: [[TCP.NODELAY, true]] });
  assert.equal(getsockopt(client.socket, TCP.NODELAY), true);
  await client.write("hello");
  const connection = await listener.accept();
  assert.equal(getsockopt(connection.socket, SO.KEEPALIVE), true);
  await connection.read();
  await closeAll([client, connection]);
  await listener.close();
  // @ts-expect-error a boolean option
  await assert.rejects(listen({ ...loopback, engine, options: [[SO.KEEPALIVE, "yes"]] }), TypeError);
  await assert.rejects(listen({ ...loopback, engine, options: [[SO.BINDTODEVICE, "nonexistent0"]] }), {
    syscall: "setsockopt",
  });
});

asyncApiTest(
  "listen: an option that decides where a socket may be bound is set before that",
  async (engine) => {
    // An address that this host does not have (RFC 5737).
    const endpoint = { host: "192.0.2.1", engine };
    await assert.rejects(listen(endpoint), { name: "AddressNotAvailable", syscall: "bind" });
    const listener = await listen({ ...endpoint, options: [[IP.FREEBIND, true]] });
    assert.ok("address" in listener.address && listener.address.address === "192.0.2.1");
    await listener.close();
  },
  { windows: "Windows has no IP_FREEBIND" },
);

asyncApiTest("listen: a number stays the caller's if an option is malformed", async (engine, fixture) => {
  const fd = fixture.boundTcp().detach();
  let refused = 0;
  const bad = [
    [{ socket: fd, engine, port: 80 }],
    [{ socket: fd, engine, reusePort: true }],
    [{ socket: fd, engine: "epoll" }],
    [{ socket: fd, engine }, { data: 7 }],
    [{ socket: fd, engine, backlog: "5" }],
  ] as const;
  // @ts-expect-error that is the point
  for (const given of bad) await assert.rejects(listen(...given), TypeError).then(() => refused++);
  assert.equal(refused, bad.length);
  // If it had been adopted, it would be closed now.
  for (let times = 0; times < 5; times++) {
    collectGarbage();
    await someTurns();
  }
  await (await listen({ socket: fd, engine })).close();
});

asyncApiTest("listen: closes a socket that cannot listen", async (engine, fixture) => {
  // Bound, since Windows requires that first.
  const [datagrams, others] = [fixture.udp(), fixture.udp()];
  for (const socket of [datagrams, others]) bind(socket, { family: "ipv4", address: "127.0.0.1", port: 0 });
  await assert.rejects(listen({ socket: datagrams, engine }), { name: "OperationNotSupported" });
  const numbered = others.detach();
  await assert.rejects(listen({ socket: numbered, engine }), { name: "OperationNotSupported" });
  const given = fixture.boundTcp();
  await assert.rejects(
    listen({ socket: given, engine, signal: AbortSignal.abort("given up") }),
    (reason) => reason === "given up",
  );
  assert.ok(datagrams.closed && given.closed);
  await assert.rejects(listen({ socket: given, engine }), { name: "SocketClosed" });
});

asyncApiTest("listen: takes ownership of an existing socket, or its number", async (engine, fixture) => {
  const socket = fixture.listener(3);
  const listener = await listen({ socket, engine });
  assert.ok(socket.closed, "the listener owns it now");
  assert.deepEqual(listener.backlog, { requested: undefined, effective: queueTold ? 3 : undefined });
  await listener.close();
  const numbered = await listen({ socket: fixture.boundTcp().detach(), backlog: 5, engine });
  assert.deepEqual(numbered.backlog, { requested: 5, effective: queueTold ? 5 : undefined });
  const client = await connect({ address: numbered.address, engine });
  await closeAll([client, await numbered.accept()]);
  await numbered.close();
});

asyncApiTest(
  "listen: creates a unix path, and removes it unless it was replaced",
  async (engine, fixture) => {
    const folder = fixture.folder();
    const path = join(folder, "a socket");
    const listener = await listen({ path, engine });
    assert.deepEqual(listener.address, { family: "unix", path });
    await assert.rejects(listen({ path, engine }), {
      name: "AddressInUse",
      path,
      message: /a socket in use/,
    });
    assert.equal(listener.queue?.pending, 0, "finding that out connected to nothing");
    await listener.close();
    assert.ok(!existsSync(path));
    const other = await listen({ path, engine });
    renameSync(path, join(folder, "moved"));
    writeFileSync(path, "another's");
    await assert.rejects(listen({ path, engine }), { name: "AddressInUse", message: /not a socket/ });
    await other.close();
    assert.ok(existsSync(path));
    unlinkSync(path);
    const left = join(folder, "moved");
    await assert.rejects(listen({ path: left, engine }), {
      name: "AddressInUse",
      message: /no process has open/,
    });
    assert.ok(existsSync(left), "a file in the way is not removed");
  },
  noUnixStreams,
);

asyncApiTest(
  "listen: bytes for a path, and the abstract namespace",
  async (engine, fixture) => {
    const path = Buffer.concat([Buffer.from(fixture.folder()), Buffer.from([0x2f, 0xff, 0x41])]);
    const listener = await listen({ path, engine });
    const client = await connect({ path, engine });
    await closeAll([client, await listener.accept()]);
    await listener.close();
    assert.ok(!existsSync(path));
    const address = fixture.abstractAddress();
    assert.ok(address.family === "unix");
    const abstract = await listen({ path: address.path, engine });
    await assert.rejects(listen({ path: address.path, engine }), { name: "AddressInUse" });
    await abstract.close();
  },
  noAbstractNames,
);

asyncApiTest("listen: rejects malformed options before any call", async (engine) => {
  const bad: unknown[] = [
    undefined,
    7,
    { port: "80" },
    { backlog: "5" },
    { host: 7 },
    { host: "" },
    { host: "a\0b" },
    { path: 7 },
    { path: "" },
    { path: "/x", port: 5 },
    { path: "/x", host: "::" },
    { path: "/x", reusePort: true },
    { path: "/x", ipv6Only: false },
    { engine: "epoll" },
    { engine: null },
    { socket: "3" },
    { socket: 3, host: "::" },
    { signal: {} },
    { onRetry: 5 },
    { options: {} },
    { options: [7] },
    { reusePort: 1 },
    { ipv6Only: 1 },
    { exclusive: 1 },
    { exclusive: true, reusePort: true },
  ];
  for (const options of bad) {
    // @ts-expect-error that is the point
    await assert.rejects(listen(options), TypeError, JSON.stringify(options));
  }
  for (const options of [
    { port: 65_536 },
    { port: -1 },
    { port: 1.5 },
    { backlog: -1 },
    { backlog: 2 ** 31 },
  ]) {
    await assert.rejects(listen({ ...options, engine }), RangeError, JSON.stringify(options));
  }
});

asyncApiTest(
  "listener: out of descriptors, it waits, reports it, keeps the queue, and recovers",
  async (engine) => {
    const program = new URL("./listener-out-of-descriptors.child.js", import.meta.url);
    for (const how of ["pull", "handlers"]) {
      const told = runProgram(program, {
        args: [engine, how],
        under: ["sh", "-c", 'ulimit -n 400 && exec "$@"', "sh"],
      });
      assert.equal(told, "told ProcessFdQuotaExceeded, counted, and served all\n");
    }
  },
  noDescriptorLimit,
);

asyncApiTest("listener: unref() lets the process exit, ref() keeps it running", async (engine) => {
  const program = new URL("./listener-unref.child.js", import.meta.url);
  assert.equal(runProgram(program, { args: [engine] }), "ends\n");
});
