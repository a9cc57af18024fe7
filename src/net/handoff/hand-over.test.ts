import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { asyncApiTest } from "../../../test/engine/async-api.ts";
import { eventually } from "../../../test/engine/engine-test.ts";
import { type Exceptions, except } from "../../../test/platform.ts";
import { unwrap } from "../../errors/socket-error.ts";
import { connect } from "../../posix/connect.ts";
import { AF, MSG, SOCK } from "../../posix/constants.ts";
import { Socket } from "../../posix/owned-socket.ts";
import { recv, tryRecv } from "../../posix/recv.ts";
import { socketpair } from "../../posix/socketpair.ts";
import { connect as connectTo } from "../connection/connect.ts";
import { listen } from "../listener/listen.ts";
import { handOver } from "./hand-over.ts";
import { takeOver } from "./take-over.ts";

const noMessages: Exceptions = { windows: "Windows cannot pass sockets between processes in messages" };

asyncApiTest(
  "handOver: connections accepted ahead are still delivered, and continue; the channel's other end is the program's own",
  async (engine, fixture) => {
    const [ours, theirs] = fixture.pair(SOCK.STREAM);
    const old = await listen({ host: "127.0.0.1", engine });
    const first = await connectTo({ address: old.address, engine });
    const loop = old[Symbol.asyncIterator]();
    const given = await loop.next();
    // It is called again, so some are accepted ahead.
    const second = loop.next();
    const clients = await Promise.all(
      Array.from({ length: 4 }, () => connectTo({ address: old.address, engine })),
    );
    await second;
    const handed = handOver(old, ours);
    const taken = await takeOver({ channel: theirs });
    assert.deepEqual(taken.addresses, old.addresses);
    const renewed = await listen({ socket: taken, engine });
    taken.ready();
    await handed;
    assert.ok(old.closed && !renewed.closed);
    const late = await connectTo({ address: renewed.address, engine });
    let accepted = 2;
    for await (const connection of { [Symbol.asyncIterator]: () => loop }) {
      accepted += 1;
      await connection.close();
    }
    for (; accepted < 6; accepted++) await (await renewed.accept()).close();
    assert.equal(old.stats.dropped, 0);
    if (!given.done) await given.value.close();
    for (const each of [first, late, ...clients]) each.reset();
    const waiting = await second;
    if (!waiting.done) waiting.value.reset();
    await renewed.close({ drain: 0 });
    await old.close({ drain: 0 });
  },
  noMessages,
);

asyncApiTest(
  "handOver: connections that the engine has accepted when the old process stops are delivered",
  async (engine, fixture) => {
    const old = await listen(
      { host: "127.0.0.1", engine },
      { open: (connection) => void connection.end("old") },
    );
    const [ours, theirs] = fixture.pair(SOCK.STREAM);
    const handed = handOver(old, ours);
    const taken = await takeOver({ channel: theirs });
    const aside = await listen({ host: "127.0.0.1", engine }, {});
    const clients = Array.from({ length: 8 }, () => fixture.tcp());
    for (const client of clients) connect(client, old.address);
    // The kernel accepts them when something else enters the ring. The engine is stopped before it
    // has seen that, in a later turn.
    const other = connectTo({ address: aside.address, engine });
    for (let tick = 0; tick < 5; tick++) await new Promise<void>((resolve) => process.nextTick(resolve));
    const retired = old.retire(undefined);
    const renewed = await listen(
      { socket: taken, engine },
      { open: (connection) => void connection.end("new") },
    );
    taken.ready();
    await Promise.all([retired, handed]);
    assert.equal(old.stats.dropped, 0);
    const answer = Buffer.alloc(8);
    for (const client of clients) {
      const length = await eventually(() => {
        const received = tryRecv(client, answer, MSG.DONTWAIT);
        if (received.ok || received.error.name !== "WouldBlock") return unwrap(received, recv);
        return undefined;
      });
      assert.match(answer.toString("latin1", 0, length), /^(old|new)$/);
    }
    assert.equal(old.stats.accepted + renewed.stats.accepted, clients.length);
    (await other).reset();
    await aside.close({ drain: 0 });
    await renewed.close({ drain: 0 });
    await old.close({ drain: 0 });
  },
  noMessages,
);

asyncApiTest(
  "handOver: a new process that ends, or is too slow, leaves the listener unchanged",
  async (engine, fixture) => {
    const listener = await listen({ host: "127.0.0.1", engine });
    const [ours, theirs] = fixture.pair(SOCK.STREAM);
    theirs[Symbol.dispose]();
    await assert.rejects(handOver(listener, ours), { name: "BrokenPipe" });
    const [slow, silent] = fixture.pair(SOCK.STREAM);
    await assert.rejects(handOver(listener, slow, { timeout: 20 }), { name: "TimeoutError" });
    // It had arrived, and is reported when the process says that it is ready.
    const taken = await takeOver({ channel: silent });
    assert.throws(() => taken.ready(), { name: "BrokenPipe" });
    taken[Symbol.dispose]();
    const client = await connectTo({ address: listener.address, engine });
    await (await listener.accept()).close();
    await client.close();
    await listener.close();
    const [late] = fixture.pair(SOCK.STREAM);
    await assert.rejects(handOver(listener, late), { name: "SocketClosed" });
  },
  noMessages,
);

test("takeOver: fails if nothing arrives", except(noMessages), async () => {
  const [ours, theirs] = socketpair(AF.UNIX, SOCK.STREAM);
  await assert.rejects(takeOver({ channel: theirs, timeout: 10 }), { name: "TimeoutError" });
  assert.ok(theirs.closed);
  ours[Symbol.dispose]();
  const [left, right] = socketpair(AF.UNIX, SOCK.STREAM);
  left[Symbol.dispose]();
  await assert.rejects(takeOver({ channel: right }), { name: "BrokenPipe" });
});

test("handOver: rejects malformed options", except(noMessages), async () => {
  await using listener = await listen({ host: "127.0.0.1" });
  // @ts-expect-error
  await assert.rejects(handOver({}, Socket), TypeError);
  const child = spawn(process.execPath, ["--version"], { stdio: "ignore" });
  const ended = once(child, "close");
  await assert.rejects(handOver(listener, child), /descriptor 3 of the new process is not a pipe/);
  await ended;
});

asyncApiTest(
  "handOver: does not remove a path that another program has replaced by the time of takeOver()",
  async (engine, fixture) => {
    const path = join(fixture.folder(), "socket");
    const [ours, theirs] = fixture.pair(SOCK.STREAM);
    const old = await listen({ path, engine });
    const handed = handOver(old, ours);
    const taken = await takeOver({ channel: theirs });
    unlinkSync(path);
    writeFileSync(path, "another program's");
    const renewed = await listen({ socket: taken, engine });
    taken.ready();
    await handed;
    await renewed.close();
    assert.ok(existsSync(path));
  },
  noMessages,
);
