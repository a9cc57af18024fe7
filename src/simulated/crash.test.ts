import assert from "node:assert/strict";
import { test } from "node:test";
import * as posix from "../posix/index.ts";
import { type Host, type SimulatedNetwork, simulate } from "./index.ts";

// What crashes leave behind, and what they interrupt.

const { AF, IPPROTO, SOCK } = posix;

function two(network: SimulatedNetwork): readonly [server: Host, client: Host] {
  const [server, client] = [network.host("server"), network.host("client")];
  network.link(server, client, { latency: "10ms" });
  return [server, client];
}

const code = (error: unknown): unknown => Reflect.get(Object(error), "code");

test("a handler may crash its own host: no handler of it runs again", async () => {
  await simulate({ seed: 1 }, async (network) => {
    const [server, client] = two(network);
    const seen: string[] = [];
    await server.listen(
      { port: 80 },
      {
        open: () => void seen.push("open"),
        data: () => {
          seen.push("data");
          setTimeout(() => seen.push("timer"), 1);
          server.crash();
          server.crash();
          queueMicrotask(() => seen.push("microtask"));
        },
        end: () => void seen.push("end"),
        error: () => void seen.push("error"),
        close: () => void seen.push("close"),
      },
    );
    const connection = await client.connect({ host: "server", port: 80 });
    await connection.write("x");
    await network.advance("1h");
    assert.deepEqual(seen, ["open", "data", "microtask"]);
    connection.reset();
  });
});

test("the program of a crashed host cannot come back: its sockets, timers and calls are dead", async () => {
  await simulate({ seed: 1 }, async (network) => {
    const [server, client] = two(network);
    const outcomes: unknown[] = [];
    const socket = server.run(() => posix.socket(AF.INET, SOCK.DGRAM));
    const listener = await server.listen({ port: 80 });
    const running = server.run(async () => {
      const waits = setInterval(() => outcomes.push("interval"), 10);
      await network.advance("100ms").then(() => outcomes.push("advanced"));
      clearInterval(waits);
      outcomes.push(await listener.accept().catch(code));
    });
    await network.advance("25ms");
    server.crash();
    await assert.rejects(running, { name: "HostCrashed" });
    await network.advance("1s");
    assert.throws(() => posix.getsockname(socket), { code: "EBADF" });
    server.restart();
    await network.advance("1s");
    assert.throws(() => posix.getsockname(socket), { code: "EBADF" });
    assert.ok(!outcomes.includes("interval") || outcomes.filter((one) => one === "interval").length === 2);
    await assert.rejects(client.connect({ host: "server", port: 80 }), { code: "ECONNREFUSED" });
  });
});

test("a crash frees ports, memory and names, and leaves the paths of unix sockets", async () => {
  await simulate({ seed: 1 }, async (network) => {
    const [server, client] = two(network);
    const bound = () =>
      server.run(() => {
        const path = posix.socket(AF.UNIX, SOCK.STREAM);
        try {
          posix.bind(path, { family: "unix", path: "/tmp/socket" });
          return "bound";
        } catch (error) {
          return code(error);
        }
      });
    const start = async () => {
      const listener = await server.listen({ port: 80 });
      const datagrams = await server.udp({ port: 80 });
      await client.run(async () => {
        const connection = await client.connect({ host: "server", port: 80 });
        await connection.write("x".repeat(50_000));
      });
      const sender = await client.udp({ remote: { host: server.address, port: 80 } });
      await sender.send("x");
      await network.advance("50ms");
      return [listener, datagrams];
    };
    server.kernel.files.makeDirectory("/tmp");
    assert.equal(bound(), "bound");
    for (let round = 0; round < 3; round += 1) {
      await start();
      assert.ok(server.kernel.memory(IPPROTO.TCP).allocated > 0);
      server.crash();
      assert.equal(server.kernel.memory(IPPROTO.TCP).allocated, 0);
      assert.equal(server.kernel.memory(IPPROTO.UDP).allocated, 0);
      server.restart();
      assert.equal(bound(), "EADDRINUSE");
    }
  });
});

test("packets to a host that is down are lost; after a restart, it resets unknown connections", async () => {
  await simulate({ seed: 1 }, async (network) => {
    const [server, client] = two(network);
    await server.listen({ port: 80 }, {});
    const [idle, writes] = [
      await client.connect({ host: "server", port: 80 }),
      await client.connect({ host: "server", port: 80 }),
    ];
    const capture = network.capture();
    server.crash();
    await writes.write("lost");
    await network.advance("1s");
    assert.match(capture.text(), /host is down/);
    assert.doesNotMatch(capture.text(), /10\.0\.0\.1:80 > /);
    server.restart();
    await assert.rejects(writes.read(), { code: "ECONNRESET" });
    // A connection without traffic does not notice.
    await server.listen({ port: 80 }, {});
    await network.advance("1h");
    await idle.write("still there?");
    await assert.rejects(idle.read(), { code: "ECONNRESET" });
  });
});

test("a crash during handshakes, fragments and lingering leaves no event behind", async () => {
  await simulate({ seed: 1 }, async (network) => {
    const [server, client] = two(network);
    network.link(server, client, { latency: "10ms", mtu: 576 });
    await server.listen({ port: 80, backlog: 1 }, {});
    await server.udp({ port: 7 });
    const sender = await client.udp({ remote: { host: server.address, port: 7 } });
    // The last fragment never arrives, so the others wait for it.
    network.rule(({ fragment }) => (fragment?.more === false ? "drop" : undefined));
    await sender.send("x".repeat(3_000));
    const pending = [1, 2, 3].map(() => client.connect({ host: "server", port: 80 }));
    await network.advance("15ms");
    server.crash();
    // The answers to their SYNs were on the way.
    for (const connection of await Promise.all(pending)) connection.reset();
    await network.advance("600s");
    assert.equal(network.core.clock.pending, 0);
  });
});

test("a host that was paused starts anew after a crash", async () => {
  await simulate({ seed: 1 }, async (network) => {
    const [server, client] = two(network);
    await server.listen({ port: 80 }, { data: (connection, bytes) => void connection.write(bytes) });
    server.pause();
    const connection = await client.connect({ host: "server", port: 80 });
    await connection.write("x");
    await network.advance("1s");
    server.crash();
    server.resume();
    await network.advance("1s");
    server.restart();
    assert.equal(server.paused, false);
    await server.listen({ port: 80 }, { data: (connected, bytes) => void connected.write(bytes) });
    const again = await client.connect({ host: "server", port: 80 });
    await again.write("y");
    assert.equal(`${Buffer.from((await again.read()) ?? [])}`, "y");
    connection.reset();
  });
});

test("a crash during a blocking call on another host, from a rule, does not block it", async () => {
  await simulate({ seed: 1 }, async (network) => {
    const [server, client] = two(network);
    await server.listen({ port: 80 }, {});
    let seen = 0;
    network.rule(() => {
      seen += 1;
      if (seen === 1) server.crash();
      return undefined;
    });
    assert.throws(
      () =>
        client.run(() => {
          const socket = posix.socket(AF.INET, SOCK.STREAM);
          posix.connect(socket, { family: "IPv4", address: server.address, port: 80 });
        }),
      { code: "ETIMEDOUT" },
    );
  });
});
