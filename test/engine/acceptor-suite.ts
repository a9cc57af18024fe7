import assert from "node:assert/strict";
import type { Acceptor, AcceptorHandlers, Engine } from "../../src/engine/engine.ts";
import { acceptQueue } from "../../src/posix/accept-queue.ts";
import { connect } from "../../src/posix/connect.ts";
import { SOCK } from "../../src/posix/constants.ts";
import { getsockname } from "../../src/posix/getsockname.ts";
import { Socket } from "../../src/posix/owned-socket.ts";
import { tryRecv } from "../../src/posix/recv.ts";
import { closesOnExec } from "../closes-on-exec.ts";
import { assertFails } from "../conformance.ts";
import type { Fixture } from "../fixture.ts";
import type { Exceptions } from "../platform.ts";
import { runWithDescriptors } from "../program.ts";
import { noDescriptorLimit } from "../winsock-exceptions.ts";
import { transports } from "./async-api.ts";
import { engineTest, eventually, someTurns } from "./engine-test.ts";
import { duplicate, noDuplicates, sharedListener } from "./shared-socket.ts";

/** An acceptor that records the calls of its handlers. */
class RecordedAcceptor implements AcceptorHandlers {
  readonly acceptor: Acceptor;
  readonly sockets: Socket[] = [];
  readonly errnos: number[] = [];
  readonly #fixture: Fixture;

  constructor(engine: Engine, fixture: Fixture, listener: Socket) {
    this.#fixture = fixture;
    this.acceptor = engine.acceptor(listener.detach(), this);
  }

  onAccept(fd: number): void {
    this.sockets.push(this.#fixture.own(Socket.from(fd)));
  }

  onError(errno: number): void {
    this.errnos.push(errno);
  }

  count(count: number): Promise<true> {
    return eventually(() => (this.sockets.length === count ? true : undefined));
  }

  pause(): Promise<void> {
    return new Promise((resolve) => this.acceptor.pause(resolve));
  }

  close(): Promise<number> {
    return new Promise((resolve) => this.acceptor.close(resolve));
  }
}

/** Checks that this many wait in the system's queue, if the system reports that. */
function assertPending(fd: number, count: number): void {
  const queue = acceptQueue(fd);
  if (queue !== undefined) assert.equal(queue.pending, count);
}

export function acceptorSuite(engine: Engine): void {
  const acceptorTest = (what: string, run: (fixture: Fixture) => Promise<void>, exceptions?: Exceptions) =>
    engineTest(engine, `acceptor: ${what}`, run, exceptions);

  function recorded(fixture: Fixture, backlog = 64) {
    const listener = fixture.listener(backlog, { nonblocking: true });
    const address = getsockname(listener);
    // The acceptor owns its descriptor; this one refers to the same socket.
    const fd = listener.fd;
    const acceptor = new RecordedAcceptor(engine, fixture, listener);
    const clients = (count: number) => {
      for (let client = 0; client < count; client++) connect(fixture.tcp(), address);
    };
    return { acceptor, fd, address, clients };
  }

  acceptorTest("accepts none until told to, then everything that arrives", async (fixture) => {
    const { acceptor, fd, clients } = recorded(fixture);
    clients(3);
    await someTurns();
    assert.equal(acceptor.sockets.length, 0);
    assertPending(fd, 3);
    acceptor.acceptor.accept(Number.POSITIVE_INFINITY);
    await acceptor.count(3);
    clients(20);
    await acceptor.count(23);
    assert.equal(await acceptor.close(), 0);
  });

  acceptorTest("accepts as many as requested, and the system keeps the others", async (fixture) => {
    const { acceptor, fd, clients } = recorded(fixture);
    acceptor.acceptor.accept(1);
    acceptor.acceptor.accept(1);
    clients(5);
    await acceptor.count(2);
    await someTurns();
    assert.equal(acceptor.sockets.length, 2);
    assertPending(fd, 3);
    acceptor.acceptor.accept(2);
    await acceptor.count(4);
    acceptor.acceptor.accept(40);
    await acceptor.count(5);
    clients(39);
    await acceptor.count(44);
    clients(1);
    await someTurns();
    assert.equal(acceptor.sockets.length, 44);
    assertPending(fd, 1);
    await acceptor.close();
  });

  for (const asked of [Number.POSITIVE_INFINITY, 30]) {
    acceptorTest(`pause() after accept(${asked}) loses no connection`, async (fixture) => {
      const { acceptor, fd, clients } = recorded(fixture);
      acceptor.acceptor.accept(asked);
      await someTurns();
      clients(7);
      await acceptor.pause();
      const before = acceptor.sockets.length;
      clients(2);
      await someTurns();
      assert.equal(acceptor.sockets.length, before);
      assertPending(fd, 9 - before);
      // It takes effect after the pause.
      const paused = acceptor.pause();
      acceptor.acceptor.accept(9 - before);
      await paused;
      await acceptor.count(9);
      clients(1);
      await someTurns();
      assert.equal(acceptor.sockets.length, 9);
      await acceptor.close();
    });

    acceptorTest(`close() after accept(${asked}) refuses later connections`, async (fixture) => {
      const { acceptor, address, clients } = recorded(fixture);
      acceptor.acceptor.accept(asked);
      clients(3);
      await Promise.all([acceptor.close(), acceptor.close()]);
      const { length } = acceptor.sockets;
      await someTurns();
      assert.equal(acceptor.sockets.length, length);
      assert.throws(() => connect(fixture.tcp(), address), /ConnectionRefused/);
      acceptor.acceptor.accept(1);
      acceptor.acceptor.pause(() => assert.fail("called after close()"));
      await acceptor.close();
    });
  }

  for (const transport of transports) {
    for (const asked of [Number.POSITIVE_INFINITY, 1, 30]) {
      for (const ends of ["pause", "close"] as const) {
        acceptorTest(
          `${ends}() after accept(${asked}) leaves a connection to other acceptors of the ${transport} socket`,
          async (fixture) => {
            const listener = sharedListener(fixture, transport);
            const address = getsockname(listener);
            const stays = new RecordedAcceptor(engine, fixture, duplicate(listener));
            for (let round = 1; round <= 20; round++) {
              // Waiters are woken in order.
              const leaves = new RecordedAcceptor(engine, fixture, duplicate(listener));
              leaves.acceptor.accept(asked);
              await someTurns();
              stays.acceptor.accept(asked);
              await someTurns();
              connect(fixture.socket(listener.domain, SOCK.STREAM), address);
              await leaves[ends]();
              assert.equal(leaves.sockets.length, 0);
              await stays.count(round);
              await leaves.close();
              await stays.pause();
            }
            await stays.close();
          },
          noDuplicates,
        );
      }
    }
  }

  acceptorTest("delivers non-blocking, close-on-exec descriptors", async (fixture) => {
    const { acceptor, clients } = recorded(fixture);
    acceptor.acceptor.accept(1);
    clients(1);
    await acceptor.count(1);
    const [accepted] = acceptor.sockets;
    assert.ok(accepted !== undefined);
    assertFails(tryRecv(accepted, new Uint8Array(1)), "WouldBlock");
    assert.equal(closesOnExec(accepted.fd), true);
    await acceptor.close();
  });

  acceptorTest("rejects a count below 1", async (fixture) => {
    const { acceptor } = recorded(fixture);
    for (const count of [0, -1, Number.NaN])
      assert.throws(() => acceptor.acceptor.accept(count), RangeError, String(count));
    await acceptor.close();
  });

  acceptorTest(
    "reports that the process has no descriptor left, and waits",
    async () => {
      const module = new URL("./accept-without-descriptors.child.js", import.meta.url);
      assert.equal(runWithDescriptors(300, module, [engine.name]), "failed EMFILE\naccepted 4\n");
    },
    noDescriptorLimit,
  );
}
