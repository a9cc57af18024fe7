// The connection fails after part of a send: a send in a ring, and sendfile(), then return the byte
// count and lose the error. It must be reported all the same, and no end that the peer never sent.
import assert from "node:assert/strict";
import { engineTest, eventually, someTurns } from "../../test/engine/engine-test.ts";
import { enginesHere } from "../../test/engine/engines-here.ts";
import { RecordedStream } from "../../test/engine/recorded-stream.ts";
import type { Fixture } from "../../test/fixture.ts";
import { type Exceptions, withoutResets } from "../../test/platform.ts";
import { SO } from "../options/so.ts";
import { TCP } from "../options/tcp.ts";
import { attachFilter } from "../posix/attachFilter.ts";
import { BPF } from "../posix/bpf.ts";
import { close } from "../posix/close.ts";
import { SHUT } from "../posix/constants.ts";
import { detachFilter } from "../posix/detachFilter.ts";
import { getsockopt } from "../posix/getsockopt.ts";
import type { Socket } from "../posix/owned-socket.ts";
import { send } from "../posix/send.ts";
import { setsockopt } from "../posix/setsockopt.ts";
import { shutdown } from "../posix/shutdown.ts";
import { host } from "../system/host.ts";
import type { Engine } from "./engine.ts";

const { ECONNRESET = 0, EPIPE = 0, ETIMEDOUT = 0 } = host.errnos;

const exceptions: Exceptions = { ...withoutResets, darwin: "a reset drops received data" };
const onLinux: Exceptions = {
  darwin: "it has no filters of sockets",
  freebsd: "it has no filters of sockets",
  windows: "it has no filters of sockets",
  simulated: "it has no filters of sockets",
};

/** Small enough that one send has several pieces, copied to one buffer. */
const PIECE = 4000;
const PIECES = 500;
const REPETITIONS = 20;

class Stream extends RecordedStream {
  readonly sendingFailures: number[] = [];
  sendingFailed(errno: number): void {
    this.sendingFailures.push(errno);
    this.changed();
  }
}

function start(engine: Engine, fixture: Fixture): { left: Stream; peer: Socket } {
  const { client, server } = fixture.connection();
  setsockopt(client, SO.RCVBUF, 4096);
  setsockopt(server, SO.SNDBUF, 4096);
  host.setNonblocking(server.fd, true);
  return { left: new Stream(engine, server), peer: client };
}

/** More than the system takes, in one send. */
function fill(left: Stream): void {
  for (let count = 0; count < PIECES; count++) left.stream.write(Buffer.alloc(PIECE));
}

function reset(peer: Socket): void {
  setsockopt(peer, SO.LINGER, { on: true, seconds: 0 });
  close(peer);
}

const states: Readonly<Record<string, (left: Stream) => Promise<void> | void>> = {
  "is paused": (left) => fill(left),
  receives: (left) => {
    left.stream.resume();
    fill(left);
  },
  "received before it sent": async (left) => {
    left.stream.resume();
    await someTurns();
    fill(left);
  },
  "sent before it received": async (left) => {
    fill(left);
    await someTurns();
    left.stream.resume();
  },
  "was paused again": async (left) => {
    left.stream.resume();
    fill(left);
    await someTurns();
    left.stream.pause();
  },
};

for (const engine of enginesHere) {
  for (const [state, prepare] of Object.entries(states)) {
    engineTest(
      engine,
      `lost error: a reset after part of a send, of a stream that ${state}`,
      async (fixture) => {
        for (let count = 0; count < REPETITIONS; count++) {
          const { left, peer } = start(engine, fixture);
          await prepare(left);
          await someTurns();
          reset(peer);
          await left.until(() => left.errno !== 0);
          assert.deepEqual([left.errno, left.ended, left.text], [-ECONNRESET, false, ""]);
          assert.deepEqual([...new Set(left.sendingFailures)].join(), left.sendingFailures.join());
          assert.equal(await left.close(), -ECONNRESET);
        }
      },
      exceptions,
    );

    engineTest(
      engine,
      `lost error: bytes, the end and a reset after part of a send, of a stream that ${state}`,
      async (fixture) => {
        for (let count = 0; count < REPETITIONS; count++) {
          const { left, peer } = start(engine, fixture);
          await prepare(left);
          await someTurns();
          send(peer, Buffer.from("answer"));
          shutdown(peer, SHUT.WR);
          if (count % 2 === 0) await someTurns();
          reset(peer);
          await someTurns();
          left.stream.resume();
          await left.until(() => left.errno !== 0);
          // A reset after the peer's end is EPIPE (tcp_reset in net/ipv4/tcp_input.c).
          assert.deepEqual([left.text, left.ended, left.errno], ["answer", true, -EPIPE]);
          await left.close();
        }
      },
      {
        ...exceptions,
        freebsd: "such a reset is ECONNRESET there",
        simulated: "such a reset is ECONNRESET there",
      },
    );
  }

  engineTest(
    engine,
    "lost error: bytes and a reset after part of a send: the bytes come first, and no end",
    async (fixture) => {
      for (let count = 0; count < REPETITIONS; count++) {
        const { left, peer } = start(engine, fixture);
        fill(left);
        await someTurns();
        send(peer, Buffer.from("answer"));
        reset(peer);
        await someTurns();
        left.stream.resume();
        await left.until(() => left.errno !== 0);
        assert.deepEqual([left.text, left.ended, left.errno], ["answer", false, -ECONNRESET]);
        await left.close();
      }
    },
    exceptions,
  );

  for (const how of ["close", "shutdown"] as const) {
    engineTest(
      engine,
      `lost error: ${how}() reports a reset that came after part of a send`,
      async (fixture) => {
        for (let count = 0; count < REPETITIONS; count++) {
          const { left, peer } = start(engine, fixture);
          fill(left);
          await someTurns();
          const told = new Promise<number>((resolve) => left.stream[how](resolve));
          await someTurns();
          reset(peer);
          assert.equal(await told, -ECONNRESET);
          await left.close();
        }
      },
      exceptions,
    );
  }

  const drop = [BPF.return(0)];

  engineTest(
    engine,
    "lost error: a peer that stops answering after part of a send: the timeout",
    async (fixture) => {
      const { left, peer } = start(engine, fixture);
      setsockopt(left.stream.fd, TCP.USER_TIMEOUT, 300);
      attachFilter(peer, drop);
      fill(left);
      await left.until(() => left.errno !== 0);
      assert.deepEqual([left.errno, left.ended], [-ETIMEDOUT, false]);
      await left.close();
    },
    onLinux,
  );

  engineTest(
    engine,
    "lost error: a reset by a peer that had not answered for a while",
    async (fixture) => {
      const { left, peer } = start(engine, fixture);
      attachFilter(peer, drop);
      fill(left);
      await eventually(() => getsockopt(left.stream.fd, TCP.INFO).retransmits || undefined);
      detachFilter(peer);
      reset(peer);
      await left.until(() => left.errno !== 0);
      assert.deepEqual([left.errno, left.ended], [-ECONNRESET, false]);
      await left.close();
    },
    onLinux,
  );

  engineTest(
    engine,
    "lost error: a unix peer that closes with unread bytes after part of a send",
    async (fixture) => {
      const [here, peer] = fixture.pair();
      host.setNonblocking(here.fd, true);
      const left = new Stream(engine, here);
      fill(left);
      await someTurns();
      send(peer, Buffer.from("answer"));
      close(peer);
      // A receive would get ECONNRESET (unix_release_sock in net/unix/af_unix.c).
      await left.until(() => left.sendingFailures.length > 0);
      left.stream.resume();
      await left.until(() => left.errno !== 0);
      assert.deepEqual([left.text, left.errno], ["answer", -EPIPE]);
      await left.close();
    },
    { windows: "a pair is of TCP there" },
  );
}
