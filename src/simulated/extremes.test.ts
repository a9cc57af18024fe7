import assert from "node:assert/strict";
import { test } from "node:test";
import * as posix from "../posix/index.ts";
import { type Host, type LinkOptions, type SimulatedNetwork, simulate } from "./index.ts";

// Numbers at the ends of their ranges. Times are virtual, and exact.

const { AF, SOCK } = posix;
const DAY = 24 * 60 * 60 * 1_000;

function two(network: SimulatedNetwork, link: LinkOptions): readonly [server: Host, client: Host] {
  const [server, client] = [network.host("server"), network.host("client")];
  network.link(server, client, link);
  return [server, client];
}

test("ten thousand connections carry data, and leave nothing behind", async () => {
  await simulate({ seed: 1 }, async (network) => {
    const [server, client] = two(network, { latency: "1ms" });
    let bytes = 0;
    let ended = 0;
    await server.listen(
      { port: 80, backlog: 65_535 },
      {
        data: (connection, data) => {
          bytes += data.length;
          connection.write(data);
        },
        close: () => {
          ended += 1;
        },
      },
    );
    const open = [];
    for (let round = 0; round < 10; round += 1)
      open.push(
        ...(await Promise.all(
          Array.from({ length: 1_000 }, () => client.connect({ host: "server", port: 80 })),
        )),
      );
    await Promise.all(open.map((connection) => connection.write("hello")));
    const answers = await Promise.all(open.map((connection) => connection.read()));
    assert.equal(answers.filter((answer) => `${Buffer.from(answer ?? [])}` === "hello").length, 10_000);
    assert.equal(bytes, 50_000);
    for (const connection of open) connection.reset();
    await network.until(() => ended === 10_000);
    assert.equal(server.kernel.memory(6).allocated, 0);
  });
});

test("a thousand hosts each connect to the next one", async () => {
  await simulate({ seed: 1 }, async (network) => {
    const hosts = Array.from({ length: 1_000 }, (_, index) => network.host(`host${index}`));
    let opened = 0;
    const open = () => {
      opened += 1;
    };
    await Promise.all(hosts.map((host) => host.listen({ port: 80 }, { open })));
    await Promise.all(
      hosts.map((host, index) => host.connect({ host: `host${(index + 1) % 1_000}`, port: 80 })),
    );
    await network.until(() => opened === 1_000);
  });
});

test("a backlog of 0 holds one connection, and 2^31 - 1 as many as somaxconn", async () => {
  await simulate({ seed: 1 }, async (network) => {
    const [server, client] = two(network, { latency: "1ms" });
    const socket = server.run(() => {
      const made = posix.socket(AF.INET, SOCK.STREAM);
      posix.bind(made, { family: "IPv4", address: server.address, port: 80 });
      posix.listen(made, 0);
      return made;
    });
    const outcomes = await Promise.allSettled(
      [1, 2, 3].map(() => client.connect({ host: server.address, port: 80, timeout: 500 })),
    );
    await network.advance("10ms");
    // The others have sent their last ACK, so they believe that they are connected: as on Linux.
    assert.deepEqual(
      server.run(() => posix.acceptQueue(socket)),
      { pending: 1, limit: 0 },
    );
    assert.ok(outcomes.some(({ status }) => status === "fulfilled"));
    const most = await server.listen({ port: 81, backlog: 2 ** 31 - 1 }, {});
    assert.equal(most.backlog.effective, 4_096);
    server.sysctl("net.core.somaxconn", 2 ** 31 - 1);
    assert.equal(
      (await server.listen({ port: 82, backlog: 2 ** 31 - 1 }, {})).backlog.effective,
      2 ** 31 - 1,
    );
  });
});

test("through a link that loses everything, connect() and write() time out as on Linux", async () => {
  await simulate({ seed: 1 }, async (network) => {
    const [server, client] = two(network, { latency: "10ms" });
    await server.listen({ port: 80 }, {});
    const connection = await client.connect({ host: "server", port: 80 });
    network.link(server, client, { loss: 1 });
    const began = network.time;
    await assert.rejects(client.connect({ host: server.address, port: 80 }), { code: "ETIMEDOUT" });
    // tcp_syn_linear_timeouts of 4, then tcp_syn_retries of 6 that double: 1 1 1 1 1 2 4 … 64 s.
    const waited = network.time - began;
    assert.ok(waited > 130_000 && waited < 132_000, `${waited}`);
    const before = network.time;
    await connection.write("lost");
    await assert.rejects(connection.read(), { code: "ETIMEDOUT" });
    // tcp_retries2 of 15: 924.6 seconds at least.
    assert.ok(network.time - before > 924_000 && network.time - before < 1_100_000);
  });
});

test("at one bit a second, a datagram takes as many seconds as it has bits", async () => {
  await simulate({ seed: 1 }, async (network) => {
    const [server, client] = two(network, { rate: "1bit/s" });
    const receiver = await server.udp({ host: server.address, port: 7 });
    const sender = await client.udp({ remote: { host: server.address, port: 7 } });
    await sender.send("x");
    await receiver.receive();
    assert.equal(network.time, (20 + 8 + 1) * 8 * 1_000);
    // A SYN takes 480 seconds; Linux times out before that.
    await server.listen({ port: 80 }, {});
    await assert.rejects(client.connect({ host: server.address, port: 80 }), { code: "ETIMEDOUT" });
    // With patience, it connects.
    // What they sent meanwhile fills both queues for hours.
    await network.advance("24h");
    client.sysctl("net.ipv4.tcp_syn_retries", 30);
    const connection = await client.connect({ host: server.address, port: 80 });
    connection.reset();
  });
});

test("a day away, datagrams take a day, and TCP times out before any answer", async () => {
  await simulate({ seed: 1 }, async (network) => {
    const [server, client] = two(network, { latency: "1ms" });
    const receiver = await server.udp({ host: server.address, port: 7 });
    const sender = await client.udp({ remote: { host: server.address, port: 7 } });
    const seen: [string, number][] = [];
    await server.listen(
      { port: 80 },
      {
        data: (_, bytes) => void seen.push([`${Buffer.from(bytes)}`, network.time]),
        error: (_, error) => void seen.push([`${Reflect.get(Object(error), "code")}`, network.time]),
      },
    );
    const connection = await client.connect({ host: server.address, port: 80 });
    network.link(server, client, { latency: DAY });
    const began = network.time;
    await connection.write("far");
    await sender.send("x");
    await assert.rejects(connection.read(), { code: "ETIMEDOUT" });
    await receiver.receive();
    assert.equal(network.time, began + DAY);
    await network.until(() => seen.length === 2);
    // Its acknowledgment reached a host that had forgotten the connection, which reset it.
    assert.deepEqual(seen[0], ["far", began + DAY]);
    assert.equal(seen[1]?.[0], "ECONNRESET");
    assert.ok((seen[1]?.[1] ?? 0) >= began + 3 * DAY);
  });
});
