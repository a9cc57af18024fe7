// listen({ proxyProtocol }), with proxies that are clients of the test.
import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { asyncApiTest, readText } from "../../../test/engine/async-api.ts";
import { someTurns } from "../../../test/engine/engine-test.ts";
import { noUnixStreams } from "../../../test/winsock-exceptions.ts";
import { channels, type RefuseMessage } from "../channels.ts";
import { connect } from "../connection/connect.ts";
import type { Connection } from "../connection/connection.ts";
import { listen } from "../listener/listen.ts";
import type { Listener } from "../listener/listener.ts";
import { parseProxyHeader } from "./parse-proxy-header.ts";
import type { ProxiedAddress } from "./proxy-header.ts";
import type { ProxyHeaderError } from "./proxy-header-error.ts";
import { proxyInfo } from "./proxy-info.ts";
import { encodeV1 } from "./version-1.ts";
import { encodeLocalV2, encodeV2 } from "./version-2.ts";

const host = "127.0.0.1";
const client: ProxiedAddress = { family: "ipv4", address: "192.0.2.7", port: 5000 };
const destination: ProxiedAddress = { family: "ipv4", address: "198.51.100.1", port: 443 };
const sixClient: ProxiedAddress = {
  family: "ipv6",
  address: "2001:db8::7",
  port: 5000,
  flowlabel: 0,
  scopeId: 0,
};

/** Connects and sends pieces separately. */
async function send(listener: Listener, ...pieces: readonly (string | Uint8Array)[]): Promise<Connection> {
  const connection = await connect({ address: listener.address });
  try {
    for (const piece of pieces) {
      await connection.write(piece);
      await someTurns();
    }
  } catch (error) {
    // It was refused before the last piece.
    assert.match(String(error), /EPIPE|ECONNRESET/);
  }
  return connection;
}

/** How a refused connection ends for the client: with an end, or a reset. */
async function untilRefused(connection: Connection): Promise<void> {
  try {
    assert.equal(await readText(connection), "");
  } catch (error) {
    assert.match(String(error), /reset/);
  }
  connection.reset();
  await connection.closed;
}

async function serves(listener: Listener, expected: ProxiedAddress, payload: string, proxy: Connection) {
  const connection = await listener.accept();
  assert.deepEqual(connection.remoteAddress, expected);
  assert.deepEqual(proxyInfo(connection)?.proxyAddress, proxy.localAddress);
  await proxy.end();
  assert.equal(await readText(connection), payload);
  await connection.close();
  assert.equal(await readText(proxy), "");
}

for (const [name, header, source] of [
  ["version 1", encodeV1(client, destination), client],
  ["version 1 over IPv6", encodeV1(sixClient, sixClient), sixClient],
  ["version 2", encodeV2(client, destination, [{ type: 1, value: Buffer.from("h2") }]), client],
  [
    "version 2 of a unix socket",
    encodeV2({ family: "unix", path: "/a" }, { family: "unix", path: "/b" }),
    { family: "unix", path: "/a" },
  ],
  [
    "version 2 of 4 KiB",
    encodeV2(client, destination, [{ type: 0xe0, value: new Uint8Array(4096) }]),
    client,
  ],
] as const) {
  asyncApiTest(`proxyProtocol: ${name}, with data behind it, at once and in pieces`, async (engine) => {
    const listener = await listen({ host, engine, proxyProtocol: true });
    const whole = Buffer.concat([header, Buffer.from("hello")]);
    await serves(listener, source, "hello", await send(listener, whole));
    for (const cut of [1, 6, 12, 13, header.length - 1, header.length, header.length + 2])
      await serves(
        listener,
        source,
        "hello",
        await send(listener, whole.subarray(0, cut), whole.subarray(cut)),
      );
    const { accepted, dropped } = listener.stats;
    assert.deepEqual([accepted, dropped], [8, 0]);
    await listener.close();
  });
}

asyncApiTest("proxyProtocol: handlers see the client in open(), and the data", async (engine) => {
  const seen: unknown[] = [];
  const server = await listen(
    { host, engine, proxyProtocol: true },
    {
      open: (connection) => void seen.push(connection.remoteAddress, proxyInfo(connection)?.destination),
      data: (connection, bytes) => void connection.end(bytes),
    },
  );
  const proxy = await connect({ address: server.address, engine });
  await proxy.end(Buffer.concat([encodeV1(client, destination), Buffer.from("echo")]));
  assert.equal(await readText(proxy), "echo");
  assert.deepEqual(seen, [client, destination]);
  await server.close({ drain: 0 });
});

asyncApiTest(
  "proxyProtocol: the proxy's own connections, and unknown clients, have the peer's address",
  async (engine) => {
    const listener = await listen({ host, engine, proxyProtocol: true });
    for (const header of [
      encodeLocalV2(),
      Buffer.from("PROXY UNKNOWN\r\n"),
      encodeV2(undefined, undefined),
    ]) {
      const proxy = await send(listener, header);
      const connection = await listener.accept();
      assert.deepEqual(connection.remoteAddress, proxy.localAddress);
      assert.equal(proxyInfo(connection)?.source, undefined);
      connection.reset();
      proxy.reset();
    }
    await listener.close();
  },
);

asyncApiTest(
  "proxyProtocol: a Duplex and a detached socket report the client",
  async (engine) => {
    const listener = await listen({ host, engine, proxyProtocol: true });
    const proxy = await send(listener, encodeV1(client, destination));
    const duplex = (await listener.accept()).toDuplex();
    assert.deepEqual([duplex.remoteAddress, duplex.remotePort], ["192.0.2.7", 5000]);
    assert.equal(proxyInfo(duplex)?.proxyAddress.family, "ipv4");
    duplex.destroy();
    proxy.reset();
    await listener.close({ drain: 0 });
  },
  { bun: "its Duplex is not a socket of berkeley/net", deno: "its Duplex is not a socket of berkeley/net" },
);

asyncApiTest("proxyProtocol: missing and malformed headers are refused, and reported", async (engine) => {
  const refused: ProxyHeaderError[] = [];
  const published: string[] = [];
  const subscriber = ({ listener: from, error }: RefuseMessage) => {
    if (from === listener) published.push(error.name);
  };
  channels.refuse.subscribe(subscriber);
  const onRefused = (error: ProxyHeaderError) => void refused.push(error);
  const listener = await listen({ host, engine, proxyProtocol: { onRefused } });
  const waiting = listener.accept();
  for (const bytes of ["GET / HTTP/1.1\r\n\r\n", "PROXY TCP4 here there 1 2\r\n", "X"]) {
    const peer = await send(listener, bytes);
    await untilRefused(peer);
  }
  const early = await connect({ address: listener.address, engine });
  await early.end("PROXY TCP4 ");
  await untilRefused(early);
  // Refused connections do not count against the others.
  const proxy = await send(listener, encodeV1(client, destination));
  assert.deepEqual((await waiting).remoteAddress, client);
  const names = ["ProxyHeaderMissing", "ProxyHeaderMalformed", "ProxyHeaderMissing", "ProxyHeaderMissing"];
  assert.deepEqual(
    refused.map(({ name }) => name),
    names,
  );
  assert.deepEqual(published, names);
  assert.match(refused[0]?.message ?? "", /^the peer 127\.0\.0\.1:\d+ sent no PROXY header: /);
  assert.deepEqual(listener.stats, {
    accepted: 1,
    dropped: 4,
    retried: 0,
    causes: { ProxyHeaderMissing: 3, ProxyHeaderMalformed: 1 },
  });
  channels.refuse.unsubscribe(subscriber);
  proxy.reset();
  await listener.close({ drain: 0 });
});

asyncApiTest(
  "proxyProtocol: a peer that sends nothing delays no others, and is refused in the end",
  async (engine) => {
    const names: string[] = [];
    let tell = () => {};
    const told = new Promise<void>((resolve) => {
      tell = resolve;
    });
    const onRefused = ({ name }: ProxyHeaderError) => {
      if (names.push(name) === 3) tell();
    };
    const listener = await listen({ host, engine, proxyProtocol: { timeout: 50, onRefused } });
    const waiting = listener.accept();
    const silent = await Promise.all([send(listener), send(listener, "PROXY"), send(listener, "\r\n\r\n")]);
    const proxy = await send(listener, encodeV1(client, destination));
    assert.deepEqual((await waiting).remoteAddress, client);
    await told;
    assert.deepEqual(names, Array(3).fill("ProxyHeaderTimedOut"));
    await Promise.all(silent.map(untilRefused));
    proxy.reset();
    await listener.close({ drain: 0 });
  },
);

asyncApiTest("proxyProtocol: close() closes those that have not sent their header", async (engine) => {
  const listener = await listen({ host, engine, proxyProtocol: { timeout: Number.POSITIVE_INFINITY } });
  const waiting = assert.rejects(listener.accept(), { name: "SocketClosed" });
  const silent = await send(listener, "PROXY ");
  await listener.close({ drain: Number.POSITIVE_INFINITY });
  await waiting;
  await untilRefused(silent);
  const { accepted, dropped, causes } = listener.stats;
  // It may not have been accepted yet; then the system closes it.
  assert.deepEqual([accepted, causes], [0, dropped === 0 ? {} : { SocketClosed: 1 }]);
});

asyncApiTest('proxyProtocol: "optional" serves what has no header, every byte of it', async (engine) => {
  const listener = await listen({ host, engine, proxyProtocol: { optional: true, timeout: 50 } });
  await serves(listener, client, "x", await send(listener, encodeV2(client, destination), "x"));
  for (const pieces of [["GET /"], ["P", "OST /"], ["PROX", "IMITY"], ["\r\n\r\n", "x"], ["PROX"], [""]]) {
    const peer = await send(listener, ...pieces);
    const connection = await listener.accept();
    assert.deepEqual(connection.remoteAddress, peer.localAddress);
    assert.equal(proxyInfo(connection), undefined);
    await peer.end();
    assert.equal(await readText(connection), pieces.join(""));
    await connection.close();
    assert.equal(await readText(peer), "");
  }
  // Bytes that begin as a header must be one.
  const waiting = assert.rejects(listener.accept(), { name: "SocketClosed" });
  await untilRefused(await send(listener, "PROXY me\r\n"));
  await listener.close();
  await waiting;
});

asyncApiTest(
  'proxyProtocol: "optional" decides when the peer has ended, without the time-out',
  async (engine) => {
    const timeout = Number.POSITIVE_INFINITY;
    const listener = await listen({ host, engine, proxyProtocol: { optional: true, timeout } });
    const peer = await send(listener, "PRO");
    await peer.end();
    const connection = await listener.accept();
    assert.equal(await readText(connection), "PRO");
    await connection.close();
    await peer.close();
    await listener.close({ drain: timeout });
  },
);

asyncApiTest("proxyProtocol: accepts headers only from trusted proxies", async (engine) => {
  const trusted = ["10.0.0.0/8", "::1"];
  const strict = await listen({ host, engine, proxyProtocol: { trusted } });
  const header = encodeV1(client, destination);
  const waiting = assert.rejects(strict.accept(), { name: "SocketClosed" });
  await untilRefused(await send(strict, header));
  await untilRefused(await send(strict, header));
  assert.deepEqual(strict.stats.causes, { ProxyNotTrusted: 2 });
  await strict.close();
  await waiting;
  const lenient = await listen({ host, engine, proxyProtocol: { trusted, optional: true } });
  const peer = await send(lenient, header);
  const connection = await lenient.accept();
  assert.deepEqual(connection.remoteAddress, peer.localAddress);
  assert.equal(`${Buffer.from((await connection.read()) ?? [])}`, `${Buffer.from(header)}`);
  connection.reset();
  peer.reset();
  await lenient.close();
  const open = await listen({ host, engine, proxyProtocol: { trusted: ["127.0.0.0/8"] } });
  await serves(open, client, "", await send(open, header));
  await open.close();
  const asked: unknown[] = [];
  const check = (...args: unknown[]) => asked.push(args) > 0;
  const listed = await listen({ host, engine, proxyProtocol: { trusted: { check } } });
  await serves(listed, client, "", await send(listed, header));
  assert.deepEqual(asked, [[host, "ipv4"]]);
  await listed.close();
});

asyncApiTest(
  "proxyProtocol: over a unix socket",
  async (engine, fixture) => {
    for (const [trusted, served] of [
      [["unix"], true],
      [["127.0.0.1"], false],
    ] as const) {
      const path = join(fixture.folder(), "socket");
      const listener = await listen({ path, engine, proxyProtocol: { trusted } });
      const waiting = listener.accept().catch(() => undefined);
      const proxy = await send(listener, encodeV1(client, destination));
      if (served) assert.deepEqual((await waiting)?.remoteAddress, client);
      else await untilRefused(proxy);
      proxy.reset();
      await listener.close({ drain: 0 });
    }
  },
  noUnixStreams,
);

const anyBytes = fc
  .tuple(
    fc.constantFrom<Uint8Array>(
      new Uint8Array(),
      Buffer.from("PROXY "),
      Buffer.from("PROXY TCP4 "),
      Buffer.from("0d0a0d0a000d0a515549540a2111000c", "hex"),
      Buffer.from("0d0a0d0a000d0a515549540a", "hex"),
      encodeV1(client, destination),
      encodeV2(sixClient, sixClient, [{ type: 2, value: Buffer.from("name") }]),
    ),
    fc.uint8Array({ maxLength: 60 }),
  )
  .map((parts) => Buffer.concat(parts));

asyncApiTest(
  "proxyProtocol: random and split headers admit no client by mistake, and lose no byte",
  async (engine) => {
    await fc.assert(
      fc.asyncProperty(anyBytes, fc.array(fc.nat(80), { maxLength: 4 }), async (bytes, cuts) => {
        const at = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
        const pieces = at.slice(1).map((end, index) => bytes.subarray(at[index], end));
        const parsed = parseProxyHeader(bytes);
        for (const isOptional of [false, true]) {
          await using tried = await listen({ host, engine, proxyProtocol: { optional: isOptional } });
          const isHeaderless =
            parsed.kind !== "header" && !/^(PROXY |\r\n\r\n\0\r\nQUIT\n)/.test(bytes.toString("latin1"));
          const isServed = parsed.kind === "header" || (isOptional && isHeaderless);
          const waiting = tried.accept();
          const peer = await connect({ address: tried.address, engine });
          try {
            for (const piece of pieces) {
              await peer.write(piece);
              await someTurns();
            }
            await peer.end();
          } catch {
            // It was refused before the last piece.
          }
          if (!isServed) {
            await untilRefused(peer);
            const good = await send(tried, encodeV1(client, destination));
            const next = await waiting;
            assert.deepEqual(next.remoteAddress, client);
            next.reset();
            good.reset();
            continue;
          }
          const connection = await waiting;
          const rest = parsed.kind === "header" ? bytes.subarray(parsed.length) : bytes;
          const source = parsed.kind === "header" ? parsed.header.source : undefined;
          assert.deepEqual(connection.remoteAddress, source ?? peer.localAddress);
          const received: Uint8Array[] = [];
          for await (const piece of connection) received.push(piece);
          assert.deepEqual(Buffer.concat(received), rest);
          await connection.close();
          assert.equal(await readText(peer), "");
        }
      }),
      { numRuns: 60 },
    );
  },
);

asyncApiTest("proxyProtocol: options that are malformed", async () => {
  const refuses = (proxyProtocol: unknown, code: string) =>
    // @ts-expect-error any value
    assert.rejects(listen({ host, proxyProtocol }), { code });
  for (const given of [1, "yes", null, () => {}]) await refuses(given, "ERR_INVALID_ARG_TYPE");
  await refuses({ timeout: -1 }, "ERR_OUT_OF_RANGE");
  await refuses({ timeout: "1" }, "ERR_INVALID_ARG_TYPE");
  await refuses({ trusted: "10.0.0.0/8" }, "ERR_INVALID_ARG_TYPE");
  await refuses({ trusted: ["10.0.0.0/40"] }, "ERR_INVALID_ARG_VALUE");
  await refuses({ optional: 1 }, "ERR_INVALID_ARG_TYPE");
  await refuses({ onRefused: true }, "ERR_INVALID_ARG_TYPE");
  await refuses({ trustd: ["10.0.0.1"] }, "ERR_INVALID_ARG_VALUE");
});
