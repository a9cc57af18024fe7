import assert from "node:assert/strict";
import dns from "node:dns/promises";
import { syncBuiltinESMExports } from "node:module";
import { SocketAddress } from "node:net";
import { join } from "node:path";
import { mock } from "node:test";
import { asyncApiTest, portOf, readText } from "../../../test/engine/async-api.ts";
import { eventually } from "../../../test/engine/engine-test.ts";
import { noUnixStreams } from "../../../test/winsock-exceptions.ts";
import { SocketError } from "../../errors/socket-error.ts";
import { SO } from "../../options/so.ts";
import { getsockname } from "../../posix/getsockname.ts";
import { listen } from "../listener/listen.ts";
import { udp } from "../udp/udp.ts";
import { connect } from "./connect.ts";
import type { Connection } from "./connection.ts";

const loopback = { host: "127.0.0.1" } as const;

const noNames =
  "its own modules cannot get another lookup(), which node:module's syncBuiltinESMExports() would give them";

/** Runtimes on which `resolving()` has no effect. */
const whereNamesAreNot = { bun: noNames, deno: noNames };

/** Replaces the resolver during a test. */
async function resolving(addresses: readonly string[], run: () => Promise<void>): Promise<void> {
  const found = addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
  const lookup = mock.method(dns, "lookup", async () => found);
  syncBuiltinESMExports();
  try {
    await run();
  } finally {
    lookup.mock.restore();
    syncBuiltinESMExports();
  }
}

asyncApiTest(
  "connect: an address without a listener is a ConnectError with that address",
  async (engine, fixture) => {
    const { port } = { port: portOf(getsockname(fixture.boundTcp())) };
    await assert.rejects(connect({ host: "127.0.0.1", port, engine }), {
      name: "ConnectionRefused",
      code: "ECONNREFUSED",
      syscall: "connect",
      address: "127.0.0.1",
      port,
    });
  },
);

asyncApiTest(
  "connect: a missing path is a ConnectError with that path",
  async (engine, fixture) => {
    const path = join(fixture.folder(), "nothing");
    await assert.rejects(connect({ path, engine }), { name: "FileNotFound", path });
  },
  noUnixStreams,
);

asyncApiTest(
  "connect: for a name, the failures of all addresses are in one AggregateError",
  async (engine, fixture) => {
    const { port } = { port: portOf(getsockname(fixture.boundTcp())) };
    await resolving(["127.0.0.1", "127.0.0.2", "::1"], async () => {
      await assert.rejects(connect({ host: "several.test", port, engine }), (error) => {
        assert.ok(error instanceof AggregateError && error.message.includes(" several.test:"));
        const told = error.errors.map((each) => each instanceof SocketError && [each.name, each.address]);
        // Families alternate.
        assert.deepEqual(told, [
          ["ConnectionRefused", "127.0.0.1"],
          ["ConnectionRefused", "::1"],
          ["ConnectionRefused", "127.0.0.2"],
        ]);
        return true;
      });
    });
  },
  whereNamesAreNot,
);

asyncApiTest(
  "connect: tries the next address if one fails, and if one does not answer",
  async (engine) => {
    const listener = await listen({ ...loopback, engine, backlog: 0 });
    const port = portOf(listener.address);
    await resolving(["127.0.0.3", "::1", "127.0.0.1"], async () => {
      const client = await connect({ host: "several.test", port, engine });
      assert.deepEqual(client.remoteAddress, listener.address);
      await client.close();
      await (await listener.accept()).close();
    });
    // A listener whose queue is full leaves connects unanswered: with backlog 0, one fits.
    const full = await listen({ host: "127.0.0.4", port, engine, backlog: 0 });
    const first = await connect({ address: full.address, engine });
    await resolving(["127.0.0.4", "127.0.0.1"], async () => {
      const client = await connect({ host: "several.test", port, engine });
      assert.deepEqual(client.remoteAddress, listener.address);
      await client.close();
      await (await listener.accept()).close();
    });
    await assert.rejects(connect({ address: full.address, engine, timeout: 20 }), {
      name: "TimeoutError",
      message: "connect() timed out after 20 ms",
    });
    const controller = new AbortController();
    const waiting = assert.rejects(
      connect({ address: full.address, engine, signal: controller.signal }),
      /enough/,
    );
    setImmediate(() => controller.abort(new Error("enough")));
    await waiting;
    await first.close();
    await Promise.all([full.close(), listener.close()]);
  },
  whereNamesAreNot,
);

asyncApiTest(
  "connect: waits for a unix listener whose queue is full",
  async (engine, fixture) => {
    const path = join(fixture.folder(), "socket");
    const listener = await listen({ path, engine, backlog: 0 });
    const first = await connect({ path, engine });
    await assert.rejects(connect({ path, engine, timeout: 20 }), { name: "TimeoutError" });
    const waiting = connect({ path, engine });
    const accepted = [await listener.accept(), await listener.accept()];
    for (const connection of [first, await waiting, ...accepted]) await connection.close();
    await listener.close();
  },
  noUnixStreams,
);

asyncApiTest(
  "connect: from a local address and port, over one family, with options",
  async (engine, fixture) => {
    const listener = await listen({ engine });
    const port = portOf(listener.address);
    const free = fixture.boundTcp();
    const localPort = portOf(getsockname(free));
    fixture.closeAll();
    const client = await connect({
      ...loopback,
      port,
      engine,
      localAddress: "127.0.0.9",
      localPort,
      options: [[SO.KEEPALIVE, true]],
    });
    assert.deepEqual(client.localAddress, { family: "ipv4", address: "127.0.0.9", port: localPort });
    const connection = await listener.accept();
    await connection.close();
    await client.close();
    for (const family of [4, 6] as const) {
      const other = await connect({ host: "localhost", port, engine, family });
      assert.equal(other.remoteAddress.family, `ipv${family}`);
      await (await listener.accept()).close();
      await other.close();
    }
    await assert.rejects(connect({ ...loopback, port, engine, localAddress: "192.0.2.1" }), {
      name: "AddressNotAvailable",
      syscall: "bind",
    });
    await listener.close();
  },
);

asyncApiTest("connect: to the address that a listener or node:net reports", async (engine) => {
  const server = await listen({ ...loopback, engine }, { open: (connection) => connection.end("hello") });
  const { address } = server;
  assert.ok("port" in address && "address" in address && address.family === "ipv4");
  for (const family of ["ipv4", "IPv4"]) {
    const client: Connection = await connect({ address: { ...address, family }, engine });
    assert.equal(await readText(client), "hello");
    await client.close();
  }
  await server.close();
  await eventually(() => (server.connections === 0 ? true : undefined));
});

asyncApiTest("connect: a name that cannot be found, and an attempt aborted before", async (engine) => {
  await assert.rejects(connect({ host: "berkeley.invalid", port: 1, engine }), { syscall: "getaddrinfo" });
  await assert.rejects(connect({ port: 1, engine, signal: AbortSignal.abort(3) }), (reason) => reason === 3);
});

asyncApiTest("connect: rejects malformed options before any call", async (engine) => {
  const bad: unknown[] = [
    undefined,
    {},
    { port: "80" },
    { port: 80, path: "/x" },
    { path: "" },
    { host: 7, port: 1 },
    { host: "", port: 1 },
    { port: 1, signal: 7 },
    { port: 1, timeout: "1" },
    { port: 1, localAddress: 7 },
    { address: 7 },
    { address: { family: "netlink", pid: 0, groups: 0 } },
    { address: { family: "ipv4", address: "localhost", port: 1 } },
    { address: { family: "ipv6", address: "127.0.0.1", port: 1 } },
    { port: 1, localAddress: "localhost" },
    { port: 1, localAddress: "::1", family: 4 },
    { port: 1, host: "127.0.0.1", localAddress: "::1" },
    { port: 1, host: "::1", family: 4 },
    { port: 1, engine: "epoll" },
    { port: 1, options: [[SO.KEEPALIVE]] },
  ];
  for (const options of bad) {
    // @ts-expect-error that is the point
    await assert.rejects(connect(options), TypeError, JSON.stringify(options));
  }
  for (const options of [
    { port: 0 },
    { port: 65_536 },
    { port: 1, timeout: -1 },
    { port: 1, localPort: -1 },
    { path: "/x".repeat(200) },
    { address: { family: "ipv4", address: "127.0.0.1", port: 65_536 } as const },
    { host: "fe80::1%nonexistent0", port: 1 },
  ]) {
    await assert.rejects(connect({ ...options, engine }), RangeError, JSON.stringify(options));
  }
  // @ts-expect-error neither 4 nor 6
  await assert.rejects(connect({ port: 1, family: 5 }), RangeError);
});

asyncApiTest("connect(), udp(): a net.SocketAddress, whose fields are getters", async (engine) => {
  await using listener = await listen({ host: "127.0.0.1", engine });
  await using client = await connect({
    address: new SocketAddress({ address: "127.0.0.1", port: listener.port }),
    engine,
  });
  assert.deepEqual(client.remoteAddress, listener.address);
  await using receiver = await udp({ host: "127.0.0.1", engine });
  const remote = new SocketAddress({ address: "127.0.0.1", port: receiver.port });
  await using sender = await udp({ remote, engine });
  assert.deepEqual(sender.remoteAddress, receiver.address);
  await sender.connect(remote);
  await sender.send("x");
  assert.equal((await receiver.receive()).data.length, 1);
});
