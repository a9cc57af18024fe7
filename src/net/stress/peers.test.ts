// Peers that misbehave, towards a server with handlers, and towards a program that reads on demand.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { asyncApiTest, readText } from "../../../test/engine/async-api.ts";
import { eventually, someTurns } from "../../../test/engine/engine-test.ts";
import type { Fixture } from "../../../test/fixture.ts";
import { noAbstractNames } from "../../../test/winsock-exceptions.ts";
import type { EngineName } from "../../engine/engine.ts";
import { SO } from "../../options/so.ts";
import { TCP } from "../../options/tcp.ts";
import { connect as connectSocket } from "../../posix/connect.ts";
import { AF, SHUT, SOCK } from "../../posix/constants.ts";
import { close, socket, tryConnect } from "../../posix/index.ts";
import type { Socket } from "../../posix/owned-socket.ts";
import { tryRecv } from "../../posix/recv.ts";
import { send, trySend } from "../../posix/send.ts";
import { setsockopt } from "../../posix/setsockopt.ts";
import { shutdown } from "../../posix/shutdown.ts";
import { connect } from "../connection/connect.ts";
import type { Connection } from "../connection/connection.ts";
import type { HandledConnection } from "../connection/handled-connection.ts";
import { listen } from "../listener/listen.ts";
import type { ListenerBase } from "../listener/listener-base.ts";
import type { ListenOptions } from "../options/listen-options.ts";

/** An echo server of either kind. */
type Start = (options: ListenOptions) => Promise<ListenerBase>;

const echoServers: Readonly<Record<string, Start>> = {
  handlers: (options) => listen(options, { data: (connection, bytes) => connection.write(bytes) }),
  "for await": async (options) => {
    const listener = await listen(options);
    serveAll(listener);
    return listener;
  },
};

async function serveAll(connections: AsyncIterable<Connection>): Promise<void> {
  for await (const connection of connections) echo(connection);
}

/** As a program would write it: a peer's behaviour only ends its own connection. */
async function echo(connection: Connection): Promise<void> {
  try {
    for await (const bytes of connection) await connection.write(bytes);
    await connection.close();
  } catch {
    connection.reset();
  }
}

/** A well-behaved peer. */
async function servesWell(engine: EngineName, server: ListenerBase): Promise<void> {
  const client = await connect({ address: server.address, engine });
  await client.end("well");
  assert.equal(await readText(client), "well");
  await client.close();
}

/** Ends a peer with the kernel's own socket by a reset. */
function reset(peer: Socket): void {
  setsockopt(peer, SO.LINGER, { on: true, seconds: 0 });
  close(peer);
}

const word = Buffer.from("word");
const STORM = 2000;
const AT_ONCE = 100;

for (const [how, start] of Object.entries(echoServers)) {
  asyncApiTest(`peers: ${STORM} that reset at any moment (${how})`, async (engine) => {
    const server = await start({ host: "127.0.0.1", engine, backlog: AT_ONCE });
    for (let made = 0; made < STORM; made += AT_ONCE) {
      const peers = Array.from({ length: AT_ONCE }, () => socket(AF.INET, SOCK.STREAM));
      for (const [index, peer] of peers.entries()) {
        connectSocket(peer, server.address);
        if (index % 4 === 0) reset(peer);
        else send(peer, word);
        if (index % 4 === 1) reset(peer);
      }
      // One kind has an echo that it never reads; the other has ended as well.
      await someTurns();
      for (const [index, peer] of peers.entries()) {
        if (index % 4 === 3) shutdown(peer, SHUT.WR);
        if (index % 4 >= 2) reset(peer);
      }
      await eventually(() =>
        server.stats.accepted + server.stats.dropped >= made + AT_ONCE ? true : undefined,
      );
    }
    await eventually(() => (server.connections === 0 ? true : undefined));
    assert.equal(server.stats.accepted + server.stats.dropped, STORM);
    await servesWell(engine, server);
    await server.close({ drain: 0 });
  });

  asyncApiTest(`peers: one that sends a byte at a time (${how})`, async (engine, fixture) => {
    const server = await start({ host: "127.0.0.1", engine });
    const peer = fixture.tcp();
    connectSocket(peer, server.address);
    setsockopt(peer, TCP.NODELAY, true);
    peer.system.setNonblocking(peer.fd, true);
    const buffer = new Uint8Array(2);
    for (let sent = 0; sent < 500; sent++) {
      send(peer, Uint8Array.of(sent & 0xff));
      const received = await eventually(() => {
        const result = tryRecv(peer, buffer);
        return result.ok ? buffer.subarray(0, result.value) : undefined;
      });
      assert.deepEqual([...received], [sent & 0xff]);
    }
    for (let sent = 0; sent < 500; sent++) {
      send(peer, Uint8Array.of(sent & 0xff));
      await new Promise(setImmediate);
    }
    shutdown(peer, SHUT.WR);
    const echoed: number[] = [];
    const ended = () => {
      const result = tryRecv(peer, buffer);
      if (result.ok) echoed.push(...buffer.subarray(0, result.value));
      return result.ok && result.value === 0 ? true : undefined;
    };
    await eventually(ended);
    assert.deepEqual(
      echoed,
      Array.from({ length: 500 }, (_, index) => index & 0xff),
    );
    await server.close({ drain: Number.POSITIVE_INFINITY });
  });

  asyncApiTest(
    `peers: many that never read use bounded memory, and do not stop others (${how})`,
    async (engine, fixture) => {
      const server = await start({ path: `\0berkeley-never-read-${process.pid}`, engine, backlog: 512 });
      const before = process.memoryUsage().rss;
      const peers = Array.from({ length: SLOW }, () => new SlowPeer(fixture, server));
      // They send until the system's buffers are full.
      for (let idle = 0; idle < 20; ) {
        const sent = peers.map((peer) => peer.send()).reduce((sum, bytes) => sum + bytes, 0);
        idle = sent === 0 ? idle + 1 : 0;
        await new Promise(setImmediate);
      }
      for (const { sent } of peers) assert.ok(sent > 0 && sent < MOST, `${sent} bytes were taken from one`);
      const grown = process.memoryUsage().rss - before;
      assert.ok(grown < SLOW * 256 * 1024 + 64 * 2 ** 20, `${grown} bytes more`);
      await servesWell(engine, server);
      // The data kept for them is intact, even that in shared memory that others have used
      // meanwhile.
      await eventually(() => (peers.map((peer) => peer.receive()).includes(false) ? undefined : true));
      for (const peer of peers) assert.equal(peer.digest("received"), peer.digest("sent"));
      await server.close({ drain: 0 });
    },
    noAbstractNames,
  );
}

/** More than fit into half of the ring's receive buffers. */
const SLOW = 200;
/** How much one peer can send, including the system's buffers on either side. */
const MOST = 1 << 20;

/** A peer that sends, but reads nothing until asked to. */
class SlowPeer {
  readonly #socket: Socket;
  readonly #hashes = { sent: createHash("sha256"), received: createHash("sha256") };
  readonly #block = new Uint8Array(16_384);
  readonly #buffer = new Uint8Array(65_536);
  #seed: number;
  sent = 0;
  #received = 0;

  constructor(fixture: Fixture, server: ListenerBase) {
    this.#socket = fixture.socket(AF.UNIX, SOCK.STREAM, 0, { nonblocking: true });
    this.#seed = this.#socket.fd;
    const connected = tryConnect(this.#socket, server.address);
    assert.ok(connected.ok);
  }

  /** Sends what the system accepts immediately, and returns the number of bytes. */
  send(): number {
    let sent = 0;
    while (this.sent + sent < MOST) {
      for (let at = 0; at < this.#block.length; at += 64)
        this.#block[at] = this.#seed = (this.#seed * 31 + 7) & 0xff;
      const result = trySend(this.#socket, this.#block);
      if (!result.ok) break;
      this.#hashes.sent.update(this.#block.subarray(0, result.value));
      sent += result.value;
    }
    this.sent += sent;
    return sent;
  }

  /** Whether everything has come back. */
  receive(): boolean {
    for (;;) {
      const result = tryRecv(this.#socket, this.#buffer);
      if (!result.ok) break;
      this.#hashes.received.update(this.#buffer.subarray(0, result.value));
      this.#received += result.value;
      if (result.value === 0) assert.fail("the connection ended");
    }
    return this.#received === this.sent;
  }

  digest(of: "sent" | "received"): string {
    return this.#hashes[of].digest("hex");
  }
}

asyncApiTest(
  "peers: data written to one that never reads is counted, and dropped with it",
  async (engine) => {
    const told: HandledConnection[] = [];
    const server = await listen(
      { host: "127.0.0.1", engine },
      {
        open(connection) {
          told.push(connection);
          const block = Buffer.alloc(65_536);
          while (connection.write(block));
          // The last block may exceed the mark.
          assert.ok(connection.pendingBytes > 65_536 && connection.pendingBytes <= 2 * 65_536);
        },
      },
    );
    const peer = await connect({ address: server.address, engine });
    const [connection] = await eventually(() => (told.length > 0 ? told : undefined));
    await someTurns();
    peer.reset();
    await eventually(() => (server.connections === 0 ? true : undefined));
    assert.equal(connection?.pendingBytes, 0);
    await server.close();
  },
);
