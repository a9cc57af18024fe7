import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { test } from "node:test";
import timers from "node:timers/promises";
import { connect, engineChoice, listen, udp } from "../index.ts";
import * as posix from "../posix/index.ts";
import { currentSystem } from "../system/current.ts";
import { host as thisMachine } from "../system/host.ts";
import { type SimulatedNetwork, simulate } from "./index.ts";

const { AF, SOCK } = posix;
/** Not by name, since Bun and Deno would keep the real one. */
const delay = (milliseconds: number) => timers.setTimeout(milliseconds);

function two(network: SimulatedNetwork) {
  const [server, client] = [network.host("server"), network.host("client")];
  network.link(server, client, { latency: "20ms" });
  return { server, client };
}

test("handlers run on the host that opened them, in the async context of the simulation", async () => {
  const storage = new AsyncLocalStorage<string>();
  const seen: unknown[] = [];
  await storage.run("outside", () =>
    simulate({ seed: 1 }, async (network) => {
      const { server, client } = two(network);
      const see = (what: string) => seen.push([what, currentSystem() === server.system, storage.getStore()]);
      await storage.run("server's program", () =>
        server.run(() =>
          listen(
            { port: 80 },
            {
              open: () => void see("open"),
              data: (connection, bytes) => {
                see("data");
                connection.write(bytes);
                setTimeout(() => see("timer"), 10);
              },
              end: () => void see("end"),
            },
          ),
        ),
      );
      await client.run(async () => {
        const connection = await connect({ host: "server", port: 80 });
        await connection.write("x");
        await connection.read();
        assert.equal(currentSystem(), client.system);
        await delay(50);
        await connection.end();
        await delay(100);
      });
      assert.equal(currentSystem(), thisMachine);
    }),
  );
  assert.deepEqual(
    seen,
    ["open", "data", "timer", "end"].map((what) => [what, true, "outside"]),
  );
});

test("a socket belongs to its host wherever it is used, and numbers to the current one", async () => {
  await simulate({ seed: 1 }, async (network) => {
    const { server, client } = two(network);
    const socket = server.run(() => posix.socket(AF.INET, SOCK.STREAM));
    const address = { family: "ipv4", address: "10.0.0.1", port: 80 } as const;
    client.run(() => posix.bind(socket, address));
    posix.listen(socket, 5);
    assert.deepEqual(posix.getsockname(socket), address);
    assert.deepEqual(
      server.run(() => posix.getsockname(socket.fd)),
      address,
    );
    assert.equal(client.run(() => posix.tryGetsockname(socket.fd)).ok, false);
    // The same number is another descriptor there.
    const same = client.run(() => posix.socket(AF.INET, SOCK.STREAM)).detach();
    assert.equal(same, socket.fd);
    posix.close(posix.Socket.from(same, { system: client.system }));
    // A blocking call advances the network until it can return.
    const connecting = client.run(() => posix.socket(AF.INET, SOCK.STREAM));
    posix.connect(connecting, address);
    assert.equal(network.time, 40);
    const accepted = posix.accept(socket);
    assert.equal(accepted.socket.system, server.system);
    assert.equal(accepted.address.family, "ipv4");
    assert.throws(() => posix.recv(connecting, new Uint8Array(1)), {
      name: "Deadlock",
      message: /client blocks forever in recv/,
    });
  });
});

test("sent data may be changed once the call returns, even a Buffer", async () => {
  await simulate({ seed: 1 }, async (network) => {
    const { server, client } = two(network);
    await server.listen({ port: 80 }, { data: (connection, bytes) => connection.write(bytes) });
    const connection = await client.connect({ host: "server", port: 80 });
    const buffer = Buffer.from("first");
    posix.send(connection.socket, buffer);
    buffer.write("other");
    assert.equal(`${Buffer.from((await connection.read()) ?? [])}`, "first");
    const datagrams = await server.udp({ port: 53 });
    const sender = await client.udp({ remote: { host: "server", port: 53 } });
    posix.send(sender.socket, buffer);
    buffer.write("third");
    assert.equal(`${Buffer.from((await datagrams.receive()).data)}`, "other");
  });
});

test("every part of the package uses the host: engine, numbers, errors without this machine's advice", async () => {
  await using real = await listen({ host: "127.0.0.1" });
  await simulate({ seed: 1 }, async (network) => {
    const { server } = two(network);
    await server.run(async () => {
      assert.deepEqual(engineChoice(), { name: "readiness", reason: "the host is simulated" });
      // This machine's table has a listener on the port, too.
      const held = await listen({ host: "127.0.0.1", port: real.port });
      await assert.rejects(
        listen({ host: "127.0.0.1", port: real.port }),
        (error: Error & { code?: string }) => {
          assert.equal(error.code, "EADDRINUSE");
          assert.doesNotMatch(error.message, /pid|berkeley free/);
          return true;
        },
      );
      await held.close();
      const again = await listen({ port: 80, engine: "readiness" });
      await again.close({ drain: 1000 });
    });
  });
});

test("timeouts of the API are virtual", async () => {
  await simulate({ seed: 1 }, async (network) => {
    const { server, client } = two(network);
    const receiver = await server.udp({ port: 53 });
    await assert.rejects(receiver.receive({ timeout: 3_600_000 }), { name: "TimeoutError" });
    assert.equal(network.time, 3_600_000);
    network.partition(server, client);
    await assert.rejects(client.connect({ host: "server", port: 80, timeout: 60_000 }), {
      name: "TimeoutError",
    });
    assert.equal(network.time, 3_660_000);
  });
});

test("a crash ends the program of a host, and a restart brings another", async () => {
  await simulate({ seed: 1 }, async (network) => {
    const { server, client } = two(network);
    let ticks = 0;
    const running = server.run(async () => {
      await listen({ port: 80 });
      for (;;) {
        await delay(10);
        ticks += 1;
      }
    });
    const connection = await client.connect({ host: "server", port: 80 });
    await network.advance("100ms");
    const before = ticks;
    server.crash();
    await assert.rejects(running, { name: "HostCrashed", message: 'host "server" crashed' });
    assert.throws(() => server.run(() => 1), { name: "HostCrashed" });
    await network.advance("1s");
    assert.equal(ticks, before);
    server.restart();
    await network.advance("1s");
    await connection.write("to a host that knows nothing of it");
    await assert.rejects(connection.read(), { code: "ECONNRESET" });
    await server.listen({ port: 80 }, {});
    await client.connect({ host: "server", port: 80 });
  });
});

test("simulations run beside each other, each with its time", async () => {
  const [one, other] = await Promise.all(
    [10, 1000].map((milliseconds) =>
      simulate({ seed: milliseconds }, async (network) => {
        const { server, client } = two(network);
        const socket = await server.udp({ port: 53 }, { message: (to, bytes, from) => to.send(bytes, from) });
        const sender = await client.udp({ remote: { host: "server", port: 53 } });
        for (let round = 0; round < 3; round += 1) {
          await delay(milliseconds);
          await sender.send("ping");
          await sender.receive();
        }
        await Promise.all([socket.close(), sender.close()]);
        return network.time;
      }),
    ),
  );
  assert.deepEqual([one, other], [150, 3120]);
});

test("equal seeds give equal traces, and seeds() names the first that fails", async () => {
  const run = (seed: number) =>
    simulate({ seed }, async (network) => {
      const [server, client] = [network.host("server"), network.host("client")];
      network.link(server, client, {
        latency: "20ms",
        jitter: "10ms",
        loss: 0.1,
        duplicate: 0.1,
        reorder: 0.1,
      });
      await server.listen({ port: 80 }, { data: (connection, bytes) => connection.write(bytes) });
      const connection = await client.connect({ host: "server", port: 80 });
      let left = 100_000;
      const written = connection.write(Buffer.alloc(left));
      while (left > 0) left -= (await connection.read())?.length ?? left;
      await written;
      await connection.close();
      return [network.trace.digest, network.time];
    });
  assert.deepEqual(await run(1), await run(1));
  assert.notDeepEqual(await run(1), await run(2));
  const tried: unknown[] = [];
  await assert.rejects(
    simulate.seeds({ count: 10 }, async (network) => {
      tried.push(network.seed);
      assert.notEqual(network.seed, 4, "four");
    }),
    /four\n\(simulated with seed 4: simulate\(\{ seed: 4 \}, …\) repeats it\)/,
  );
  assert.deepEqual([...tried], [1, 2, 3, 4]);
  await simulate.seeds({ count: 3, first: 100 }, (network) => void tried.push(network.seed));
  assert.deepEqual(tried.slice(4), [100, 101, 102]);
  await assert.rejects(
    simulate.seeds({ count: 0 }, () => {}),
    TypeError,
  );
});

test("the machine's sockets work beside a simulation, and after it", async () => {
  await simulate({ seed: 1 }, async (network) => {
    two(network);
    const real = await udp({ host: "127.0.0.1" });
    assert.equal(real.socket.system, thisMachine);
    await real.close();
  });
  const real = await listen({ host: "127.0.0.1" });
  assert.equal(real.sockets[0]?.system, thisMachine);
  await real.close();
});
