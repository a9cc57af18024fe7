import assert from "node:assert/strict";
import { createHash, randomBytes, randomInt } from "node:crypto";
import {
  asyncApiTest,
  endpointFor,
  readText,
  transports,
  withoutTransport,
} from "../../../test/engine/async-api.ts";
import { eventually, someTurns } from "../../../test/engine/engine-test.ts";
import { resetsHidden } from "../../../test/winsock-exceptions.ts";
import type { EngineName } from "../../engine/engine.ts";
import { getsockname } from "../../posix/getsockname.ts";
import { connect } from "../connection/connect.ts";
import type { Connection } from "../connection/connection.ts";
import type { HandledConnection } from "../connection/handled-connection.ts";
import type { ConnectionHandlers } from "../connection/handlers.ts";
import { listen } from "../listener/listen.ts";
import type { Server } from "../listener/server.ts";
import type { ListenOptions } from "../options/listen-options.ts";
import { parseProxyHeader } from "../proxy-protocol/parse-proxy-header.ts";
import { encodeV1 } from "../proxy-protocol/version-1.ts";
import { encodeV2 } from "../proxy-protocol/version-2.ts";
import type { Faults } from "./faults.ts";
import { proxy } from "./proxy.ts";
import type { ProxyOptions } from "./proxy-options.ts";
import type { ProxyServer } from "./proxy-server.ts";

const loopback = { host: "127.0.0.1" } as const;
const echo: ConnectionHandlers = {
  data: (connection, bytes) => connection.write(bytes),
  end: (connection) => connection.end(),
};
/** Sends its name on each connection, and ends. */
const named = (name: string): ConnectionHandlers => ({ open: (connection) => connection.end(name) });

/** Runs with servers and a proxy to them, and closes all at the end. */
async function proxying(
  engine: EngineName,
  servers: readonly ConnectionHandlers[],
  options: Partial<ProxyOptions>,
  run: (between: ProxyServer, servers: readonly Server[]) => Promise<void>,
  endpoint: () => ListenOptions = () => loopback,
): Promise<void> {
  const targets = await Promise.all(servers.map((handlers) => listen({ ...endpoint(), engine }, handlers)));
  const to = targets.map(({ address }) => ({ address }));
  const between = await proxy({ listen: { ...endpoint(), engine }, to, health: false, ...options });
  try {
    await run(between, targets);
  } finally {
    await between.close({ drain: 0 });
    await Promise.all(targets.map((target) => target.close({ drain: 0 })));
    assert.deepEqual(between.connections, []);
    for (const { connections } of between.targets) assert.equal(connections, 0);
  }
}

const client = (between: ProxyServer, engine: EngineName): Promise<Connection> =>
  connect({ address: between.address, engine });

async function ask(between: ProxyServer, engine: EngineName, question = ""): Promise<string> {
  const connection = await client(between, engine);
  try {
    await connection.end(question);
    return await readText(connection);
  } finally {
    connection.reset();
    await connection.closed;
  }
}

for (const transport of transports) {
  asyncApiTest(
    `proxy over ${transport}: every byte, both ways, and counts of them`,
    async (engine, fixture) => {
      const run = async (between: ProxyServer) => {
        const all = randomBytes(2_000_000);
        const connection = await client(between, engine);
        const sending = (async () => {
          for (let at = 0; at < all.length; ) {
            const end = at + randomInt(1, 100_000);
            await connection.write(all.subarray(at, end));
            at = end;
          }
          await connection.end();
        })();
        const hash = createHash("sha256");
        for await (const bytes of connection) hash.update(bytes);
        await sending;
        assert.equal(hash.digest("hex"), createHash("sha256").update(all).digest("hex"));
        await eventually(() => between.connections.length === 0 || undefined);
        const { accepted, failed, sent, received } = between.stats;
        assert.deepEqual([accepted, failed, sent, received], [1, 0, all.length, all.length]);
        const [target] = between.targets;
        assert.deepEqual([target?.total, target?.sent, target?.received], [1, all.length, all.length]);
        await connection.closed;
      };
      await proxying(engine, [echo], {}, run, () => endpointFor(fixture, transport));
    },
    withoutTransport[transport],
  );
}

asyncApiTest("proxy: round robin, and the target with the fewest connections", async (engine) => {
  const servers = ["a", "b", "c"].map(named);
  await proxying(engine, servers, {}, async (between) => {
    const answers = [];
    for (let index = 0; index < 6; index++) answers.push(await ask(between, engine));
    assert.equal(answers.join(""), "abcabc");
  });
  await proxying(engine, [echo, echo], { balance: "least-connections" }, async (between) => {
    const open = () => between.targets.map(({ connections }) => connections).join();
    const first = await client(between, engine);
    await eventually(() => open() === "1,0" || undefined);
    const second = await client(between, engine);
    await eventually(() => open() === "1,1" || undefined);
    first.reset();
    await eventually(() => open() === "0,1" || undefined);
    const third = await client(between, engine);
    await eventually(() => open() === "1,1" || undefined);
    for (const each of [second, third]) each.reset();
    await Promise.all([first.closed, second.closed, third.closed]);
  });
});

asyncApiTest("proxy: tries the next target if one refuses, and marks that one as down", async (engine) => {
  await proxying(engine, [named("a"), named("b")], {}, async (between, [first]) => {
    await first?.close();
    assert.equal(await ask(between, engine), "b");
    assert.deepEqual(
      between.targets.map(({ up }) => up),
      [false, true],
    );
    assert.match(between.targets[0]?.error ?? "", /ECONNREFUSED/);
    assert.equal(between.stats.retried, 1);
    for (let index = 0; index < 3; index++) assert.equal(await ask(between, engine), "b");
    assert.equal(between.stats.retried, 1);
  });
});

asyncApiTest(
  "proxy: a client that no target accepts is reset",
  async (engine) => {
    await proxying(engine, [echo, echo], {}, async (between, servers) => {
      await Promise.all(servers.map((server) => server.close()));
      await assert.rejects(ask(between, engine, "x"), { code: /^(ECONNRESET|EPIPE)$/ });
      assert.equal(between.stats.failed, 1);
    });
  },
  resetsHidden,
);

asyncApiTest("proxy: checks find that a target is down, and up again", async (engine, fixture) => {
  const { port } = { ...{ port: 0 }, ...getsockname(fixture.boundTcp()) };
  const [own, other] = [port, await listen({ ...loopback, engine }, named("b"))];
  const between = await proxy({
    listen: { ...loopback, engine },
    to: [{ ...loopback, port: own }, { address: other.address }],
    health: 5,
  });
  const isUp = (wanted: boolean) => eventually(() => between.targets[1]?.up === wanted || undefined);
  await eventually(() => between.targets[0]?.up === false || undefined);
  assert.equal(await ask(between, engine), "b");
  const { address } = other;
  await other.close();
  await isUp(false);
  const again = await listen({ ...loopback, port: "port" in address ? address.port : 0, engine }, named("c"));
  await isUp(true);
  assert.equal(await ask(between, engine), "c");
  await between.close({ drain: 0 });
  await again.close({ drain: 0 });
});

/** A target that responds with the header it received, as JSON. */
const tellsHeader: ConnectionHandlers<{ bytes: Buffer }> = {
  open: () => ({ bytes: Buffer.alloc(0) }),
  data(connection, bytes) {
    connection.state.bytes = Buffer.concat([connection.state.bytes, bytes]);
  },
  end(connection) {
    const { bytes } = connection.state;
    const parsed = parseProxyHeader(bytes);
    assert.ok(parsed.kind === "header", JSON.stringify(parsed));
    const rest = bytes.subarray(parsed.length).toString();
    connection.end(JSON.stringify({ ...parsed.header, rest }));
  },
};

const isHeaderOf = (text: string): Record<string, unknown> => JSON.parse(text);

for (const version of [1, 2] as const) {
  asyncApiTest(`proxy: sends and accepts headers of version ${version}`, async (engine) => {
    const servers: ConnectionHandlers[] = [tellsHeader as ConnectionHandlers];
    await proxying(engine, servers, { proxyProtocol: { send: version } }, async (between) => {
      const connection = await client(between, engine);
      const { localAddress } = connection;
      await connection.end("question");
      const header = isHeaderOf(await readText(connection));
      assert.deepEqual([header.source, header.destination], [localAddress, between.address]);
      assert.deepEqual([header.version, header.rest], [version, "question"]);
      const options = { listen: { ...loopback, engine }, to: { address: between.address } };
      await using outer = await proxy({ ...options, proxyProtocol: { accept: true }, health: false });
      const told = { family: "ipv4", address: "192.0.2.7", port: 7 } as const;
      for (const bytes of [encodeV1(told, told), encodeV2(told, told)]) {
        const early = await client(outer, engine);
        for (const byte of bytes) {
          await early.write(Uint8Array.of(byte));
          await someTurns();
        }
        await eventually(() => outer.connections[0]?.target ?? undefined);
        assert.deepEqual(outer.connections[0]?.client, told);
        early.reset();
        await eventually(() => outer.connections.length === 0 || undefined);
        const whole = await client(outer, engine);
        await whole.write(Buffer.concat([bytes, Buffer.from("que")]));
        await whole.end("stion");
        assert.equal(isHeaderOf(await readText(whole)).rest, "question");
        await whole.closed;
      }
    });
  });
}

asyncApiTest("proxy: passes on the addresses of the header that it accepted", async (engine) => {
  const options: Partial<ProxyOptions> = { proxyProtocol: { accept: true, send: 2 } };
  await proxying(engine, [tellsHeader as ConnectionHandlers], options, async (between) => {
    const source = { family: "ipv4", address: "192.0.2.7", port: 7 } as const;
    const destination = { family: "ipv4", address: "192.0.2.8", port: 8 } as const;
    const text = await ask(between, engine, `${Buffer.from(encodeV1(source, destination))}rest`);
    const header = isHeaderOf(text);
    assert.deepEqual([header.source, header.destination, header.rest], [source, destination, "rest"]);
  });
});

asyncApiTest(
  "proxy: a connection without the header is reset, or after the timeout",
  async (engine) => {
    const options: Partial<ProxyOptions> = { proxyProtocol: { accept: true }, connectTimeout: 20 };
    await proxying(engine, [echo], options, async (between) => {
      await assert.rejects(ask(between, engine, "GET / HTTP/1.1\r\n\r\n"), { code: "ECONNRESET" });
      const silent = await client(between, engine);
      await assert.rejects(silent.read(), { code: "ECONNRESET" });
      assert.equal(between.stats.failed, 2);
    });
  },
  resetsHidden,
);

asyncApiTest(
  "proxy: with a connection limit, further clients wait for a connection to end",
  async (engine) => {
    await proxying(engine, [echo], { maxConnections: 2 }, async (between) => {
      const clients = await Promise.all(Array.from({ length: 5 }, () => client(between, engine)));
      const reads = clients.map(async (each) => {
        await each.write("x");
        await each.read();
        await someTurns();
        assert.ok(between.connections.length <= 2);
        each.reset();
        await each.closed;
      });
      await Promise.all(reads);
    });
  },
);

asyncApiTest(
  "proxy: an idle connection is reset, and one with bytes is not",
  async (engine) => {
    await proxying(engine, [echo], { idleTimeout: 200 }, async (between) => {
      const idle = await client(between, engine);
      const busy = await client(between, engine);
      let isOver = false;
      const echoing = (async () => {
        while (!isOver) {
          await busy.write("x");
          await busy.read();
        }
      })();
      await assert.rejects(idle.read(), { code: "ECONNRESET" });
      isOver = true;
      await echoing;
      assert.deepEqual([between.stats.timedOut, between.connections.length], [1, 1]);
      busy.reset();
      await busy.closed;
    });
  },
  resetsHidden,
);

asyncApiTest("proxy: targets are changed while it runs", async (engine) => {
  await proxying(engine, [named("a"), named("b")], {}, async (between, [, second]) => {
    assert.equal(await ask(between, engine), "a");
    assert.ok(second !== undefined);
    between.setTargets({ address: second.address });
    for (let index = 0; index < 3; index++) assert.equal(await ask(between, engine), "b");
    assert.equal(between.targets.length, 1);
    assert.throws(() => between.setTargets([]), { name: "TypeError" });
  });
});

/** Faults that may change while bytes are forwarded. */
const harmless: Readonly<Record<string, Faults>> = {
  "latency and jitter": { latency: 3, jitter: 3 },
  rate: { rate: 20_000_000 },
  slice: { slice: 7000 },
  everything: { latency: 1, jitter: 1, rate: 50_000_000, slice: 20_000, resetAfter: 1e9 },
};

for (const [what, faults] of Object.entries(harmless)) {
  asyncApiTest(`proxy: turning ${what} on, off and on again loses no byte`, async (engine) => {
    await proxying(engine, [echo], { faults }, async (between) => {
      const all = randomBytes(600_000);
      const connection = await client(between, engine);
      const sending = connection.end(all);
      const hash = createHash("sha256");
      let received = 0;
      for await (const bytes of connection) {
        hash.update(bytes);
        received += bytes.length;
        if (randomInt(8) === 0) between.setFaults(randomInt(2) === 0 ? {} : faults);
      }
      await sending;
      assert.equal(received, all.length);
      assert.equal(hash.digest("hex"), createHash("sha256").update(all).digest("hex"));
      await connection.closed;
    });
  });
}

asyncApiTest("proxy: a stalled connection continues when the fault ends", async (engine) => {
  await proxying(engine, [echo], {}, async (between) => {
    const connection = await client(between, engine);
    await connection.write("one");
    assert.equal(Buffer.from((await connection.read()) ?? []).toString(), "one");
    between.setFaults({ stall: true });
    await connection.end("two");
    const answer = readText(connection);
    await someTurns();
    assert.equal(between.connections[0]?.received, 3);
    between.setFaults({});
    assert.equal(await answer, "two");
    await connection.closed;
  });
});

asyncApiTest("proxy: a stalled connection receives a limited amount", async (engine) => {
  await proxying(engine, [echo], { faults: { stall: true } }, async (between) => {
    const connection = await client(between, engine);
    let written = 0;
    const block = new Uint8Array(65_536);
    for (let quiet = 0; quiet < 10; quiet++) {
      if (connection.pendingBytes === 0) {
        void connection.write(block).catch(() => {});
        written += block.length;
        quiet = 0;
      }
      await someTurns();
    }
    assert.ok(written < 64 << 20, `${written} bytes were taken`);
    connection.reset();
    await connection.closed;
  });
});

asyncApiTest(
  "proxy: faults reset a connection after a number of bytes, and new connections",
  async (engine) => {
    await proxying(engine, [echo], { faults: { resetAfter: 5 } }, async (between) => {
      const connection = await client(between, engine);
      await connection.write("abc");
      let text = "";
      await assert.rejects(
        async () => {
          for await (const bytes of connection) text += Buffer.from(bytes);
        },
        { code: "ECONNRESET" },
      );
      assert.equal(text, "ab");
      between.setFaults({ refuse: true });
      await assert.rejects(ask(between, engine, "x"), { code: /^(ECONNRESET|EPIPE)$/ });
      between.setFaults({});
      assert.equal(await ask(between, engine, "y"), "y");
    });
  },
  resetsHidden,
);

asyncApiTest("proxy: malformed options are errors, before it listens", async (engine) => {
  const to = { port: 1 };
  const listening = { ...loopback, engine };
  const rejects = (options: object, message: RegExp) =>
    assert.rejects(proxy({ listen: listening, to, ...options }), (error: unknown) => {
      assert.ok(error instanceof TypeError || error instanceof RangeError);
      assert.match(error.message, message);
      return true;
    });
  await rejects({ to: [] }, /at least one target/);
  await rejects({ to: { port: 0 } }, /port must be/);
  await rejects({ to: "localhost" }, /a target must be/);
  await rejects({ to: { socket: 3 } }, /./);
  await rejects({ balance: "random" }, /balance must be/);
  await rejects({ health: 0 }, /health must be/);
  await rejects({ proxyProtocol: { send: 3 } }, /proxyProtocol.send/);
  await rejects({ maxConnections: 0 }, /maxConnections/);
  await rejects({ idleTimeout: -1 }, /idleTimeout/);
  await rejects({ faults: { rate: 0 } }, /rate/);
  await rejects({ faults: { stall: 1 } }, /stall/);
  await rejects({ listen: 1 }, /listen must be/);
});

asyncApiTest("proxy: clients and targets that end in any order", async (engine) => {
  const opened: HandledConnection[] = [];
  const handlers: ConnectionHandlers = { ...echo, open: (connection) => void opened.push(connection) };
  await proxying(engine, [handlers], {}, async (between) => {
    for (let round = 0; round < 60; round++) {
      const connection = await client(between, engine);
      const bytes = randomBytes(randomInt(0, 200_000));
      void connection.write(bytes).catch(() => {});
      if (randomInt(2) === 0) await someTurns();
      const ends = [
        () => connection.reset(),
        () => void connection.close().catch(() => {}),
        () => opened.at(-1)?.reset(),
        () => opened.at(-1)?.close(),
        () => void connection.end().catch(() => {}),
      ];
      for (let count = randomInt(1, 3); count > 0; count--) ends[randomInt(ends.length)]?.();
      await someTurns();
      connection.reset();
      for (const each of opened.splice(0)) each.reset();
      await connection.closed;
    }
    await eventually(() => between.connections.length === 0 || undefined);
  });
});
