import assert from "node:assert/strict";
import type { Ipv4Address } from "../../src/address/address.ts";
import { decodeAddress, encodeAddress } from "../../src/address/sockaddr.ts";
import type { DatagramHandlers, Datagrams, Engine } from "../../src/engine/engine.ts";
import { SO } from "../../src/options/so.ts";
import { UDP } from "../../src/options/udp.ts";
import { bind } from "../../src/posix/bind.ts";
import { close } from "../../src/posix/close.ts";
import { connect } from "../../src/posix/connect.ts";
import { AF, SOCK } from "../../src/posix/constants.ts";
import { getsockname } from "../../src/posix/getsockname.ts";
import type { Socket } from "../../src/posix/owned-socket.ts";
import { tryRecvfrom } from "../../src/posix/recvfrom.ts";
import { send } from "../../src/posix/send.ts";
import { sendmsg } from "../../src/posix/sendmsg.ts";
import { sendto, trySendto } from "../../src/posix/sendto.ts";
import { setsockopt } from "../../src/posix/setsockopt.ts";
import { host } from "../../src/system/host.ts";
import type { ValueResult } from "../../src/system/value-result.ts";
import { type Fixture, loopback } from "../fixture.ts";
import { openDescriptors } from "../open-descriptors.ts";
import type { Exceptions } from "../platform.ts";
import { answersHidden, noUnixDatagrams } from "../winsock-exceptions.ts";
import { engineTest, eventually, someTurns } from "./engine-test.ts";

const { ECONNREFUSED = 0, ECONNRESET = 0, EMSGSIZE = 0 } = host.errnos;
const NOBODY_LISTENS = host.name === "windows" ? ECONNRESET : ECONNREFUSED;

/** A datagram socket that records the calls of its handlers. */
class RecordedDatagrams implements DatagramHandlers {
  readonly datagrams: Datagrams;
  readonly texts: string[] = [];
  readonly sizes: number[] = [];
  readonly ports: number[] = [];
  readonly sends: number[] = [];
  readonly errnos: number[] = [];
  onReceived: ((bytes: Uint8Array, from: ValueResult) => void) | undefined;

  constructor(engine: Engine, socket: Socket) {
    this.datagrams = engine.datagrams(socket.detach(), this);
  }

  onDatagram(bytes: Uint8Array, from: ValueResult, flags: number): void {
    assert.equal(flags & host.constants.MSG.TRUNC, 0);
    const address = decodeAddress(host, from);
    this.ports.push(address.family === "ipv4" ? address.port : -1);
    this.texts.push(Buffer.from(bytes.subarray(0, 20)).toString());
    this.sizes.push(bytes.length);
    this.onReceived?.(bytes, from);
  }

  onSent(errno: number): void {
    this.sends.push(errno);
  }

  onError(errno: number): void {
    this.errnos.push(errno);
  }

  /** Sends, and overwrites the buffers of the bytes and the address at once. */
  send(text: string | Uint8Array, to: Ipv4Address | null): void {
    const bytes = Buffer.from(text);
    const sockaddr = to === null ? null : encodeAddress(to, host, host.address);
    this.datagrams.send(bytes, sockaddr);
    bytes.fill(0);
    sockaddr?.bytes.fill(0);
  }

  count(count: number): Promise<true> {
    return eventually(() => (this.texts.length >= count ? true : undefined));
  }

  close(): Promise<number> {
    return new Promise((resolve) => this.datagrams.close(resolve));
  }
}

function bound(fixture: Fixture): { readonly socket: Socket; readonly address: Ipv4Address } {
  const socket = fixture.udp({ nonblocking: true });
  bind(socket, loopback);
  const address = getsockname(socket);
  assert.equal(address.family, "ipv4");
  return { socket, address };
}

/** Datagrams that the system delivers as one message (UDP_GRO): 10 of 100 bytes, and one of 50. */
function mergedSuite(engine: Engine): void {
  const sizes = [...Array<number>(10).fill(100), 50];
  const texts = sizes.map((_, index) => `datagram ${index}`.padEnd(20));

  const mergedTest = (
    what: string,
    run: (here: RecordedDatagrams, from: Ipv4Address) => Promise<void>,
    then: (here: RecordedDatagrams) => void = () => {},
  ) =>
    engineTest(engine, `merged datagrams: ${what}`, async (fixture) => {
      const { socket, address } = bound(fixture);
      setsockopt(socket, UDP.GRO, true);
      // Asked for by the program: it comes before the size.
      setsockopt(socket, SO.TIMESTAMP, true);
      const peer = bound(fixture);
      setsockopt(peer.socket, UDP.SEGMENT, 100);
      const bytes = Buffer.concat(texts.map((text, index) => Buffer.from(text.padEnd(sizes[index] ?? 0))));
      const here = new RecordedDatagrams(engine, socket);
      then(here);
      here.datagrams.resume();
      sendto(peer.socket, bytes, 0, address);
      await run(here, peer.address);
      await here.close();
    });

  mergedTest("are delivered one by one", async (here, from) => {
    await here.count(11);
    assert.deepEqual([here.sizes, here.texts], [sizes, texts]);
    assert.deepEqual(new Set(here.ports), new Set([from.port]));
  });

  mergedTest(
    "pause() keeps the rest, in order",
    async (here) => {
      for (let count = 1; count <= 11; count++) {
        await here.count(count);
        await someTurns();
        assert.equal(here.texts.length, count);
        here.datagrams.resume();
      }
      assert.deepEqual([here.sizes, here.texts], [sizes, texts]);
    },
    (here) => {
      here.onReceived = () => here.datagrams.pause();
    },
  );

  mergedTest(
    "the rest arrives although a handler transfers the memory of the first",
    async (here) => {
      await here.count(11);
      assert.deepEqual([here.sizes, here.texts], [sizes, texts]);
    },
    (here) => {
      here.onReceived = (bytes) => {
        assert.ok(bytes.buffer instanceof ArrayBuffer);
        try {
          structuredClone(bytes, { transfer: [bytes.buffer] });
        } catch (error) {
          // Bun, and Node from some version on, transfer no memory that they did not allocate.
          assert.ok(error instanceof DOMException && error.name === "DataCloneError");
        }
      };
    },
  );

  mergedTest(
    "close() in a handler ends them",
    async (here) => {
      await eventually(() => (here.texts.length > 0 ? true : undefined));
      await someTurns();
      assert.equal(here.texts.length, 3);
    },
    (here) => {
      here.onReceived = () => {
        if (here.texts.length === 3) void here.close();
      };
    },
  );

  mergedTest(
    "each view can be sent back during its handler only",
    async (here, from) => {
      await eventually(() => (here.sends.length === 11 ? true : undefined));
      assert.deepEqual(here.sends, Array(11).fill(0));
      assert.notEqual(from.port, 0);
    },
    (here) => {
      let last: Uint8Array | undefined;
      here.onReceived = (bytes, from) => {
        const earlier = last;
        if (earlier !== undefined) assert.throws(() => here.datagrams.send(earlier, from), TypeError);
        here.datagrams.send(bytes, from);
        last = bytes;
      };
    },
  );
}

export function datagramsSuite(engine: Engine): void {
  const datagramsTest = (what: string, run: (fixture: Fixture) => Promise<void>, exceptions?: Exceptions) =>
    engineTest(engine, `datagrams: ${what}`, run, exceptions);

  datagramsTest("delivers each datagram, of any length, with its sender", async (fixture) => {
    const { socket, address } = bound(fixture);
    const peer = bound(fixture);
    const here = new RecordedDatagrams(engine, socket);
    here.datagrams.resume();
    for (const length of [5, 0, 1, 20_000, 65_507]) {
      sendto(peer.socket, new Uint8Array(length), 0, address);
      await here.count(here.texts.length + 1);
      assert.deepEqual([here.sizes.at(-1), here.ports.at(-1)], [length, peer.address.port]);
    }
    assert.equal(await here.close(), 0);
  });

  datagramsTest("sends in order, and reports each", async (fixture) => {
    const { socket } = bound(fixture);
    const peer = bound(fixture);
    const there = new RecordedDatagrams(engine, peer.socket);
    there.datagrams.resume();
    const here = new RecordedDatagrams(engine, socket);
    for (let number = 0; number < 150; number++) here.send(`number ${number}`, peer.address);
    assert.ok(here.datagrams.pendingBytes >= 150 * 8);
    await eventually(() => (here.sends.length === 150 ? true : undefined));
    assert.equal(here.datagrams.pendingBytes, 0);
    assert.ok(here.sends.every((errno) => errno === 0));
    await there.count(150);
    assert.deepEqual(
      there.texts,
      Array.from({ length: 150 }, (_, number) => `number ${number}`),
    );
    await Promise.all([here.close(), there.close()]);
  });

  datagramsTest("reports a datagram that could not be sent, and sends the others", async (fixture) => {
    const { socket } = bound(fixture);
    const peer = bound(fixture);
    const there = new RecordedDatagrams(engine, peer.socket);
    there.datagrams.resume();
    const here = new RecordedDatagrams(engine, socket);
    here.send("before", peer.address);
    here.send(new Uint8Array(65_508), peer.address);
    here.send("after", peer.address);
    await there.count(2);
    await eventually(() => (here.sends.length === 3 ? true : undefined));
    assert.deepEqual(here.sends, [0, -EMSGSIZE, 0]);
    assert.deepEqual(there.texts, ["before", "after"]);
    await Promise.all([here.close(), there.close()]);
  });

  datagramsTest("echoes a view to its sender", async (fixture) => {
    const { socket, address } = bound(fixture);
    const peer = bound(fixture);
    const here = new RecordedDatagrams(engine, socket);
    let kept: Uint8Array | undefined;
    here.onReceived = (bytes, from) => {
      here.datagrams.send(bytes.subarray(1), from);
      kept = bytes;
    };
    here.datagrams.resume();
    sendto(peer.socket, Buffer.from("xecho"), 0, address);
    const buffer = new Uint8Array(100);
    const received = await eventually(() => {
      const result = tryRecvfrom(peer.socket, buffer);
      return result.ok ? result.value : undefined;
    });
    assert.equal(Buffer.from(buffer.subarray(0, received.bytes)).toString(), "echo");
    assert.deepEqual(received.address, address);
    assert.throws(() => here.datagrams.send(kept ?? new Uint8Array(0), null), TypeError);
    await here.close();
  });

  datagramsTest("starts paused, and keeps what had arrived when it is paused", async (fixture) => {
    const { socket, address } = bound(fixture);
    const peer = bound(fixture);
    const here = new RecordedDatagrams(engine, socket);
    sendto(peer.socket, Buffer.from("0"), 0, address);
    await someTurns();
    assert.equal(here.texts.length, 0);
    here.onReceived = () => here.datagrams.pause();
    here.datagrams.resume();
    for (let number = 1; number < 10; number++) sendto(peer.socket, Buffer.from(String(number)), 0, address);
    await here.count(1);
    await someTurns();
    assert.deepEqual(here.texts, ["0"]);
    here.onReceived = undefined;
    here.datagrams.resume();
    await here.count(10);
    assert.deepEqual(here.texts, [..."0123456789"]);
    assert.deepEqual(new Set(here.ports), new Set([peer.address.port]));
    await here.close();
  });

  datagramsTest("kept data is delivered before data that arrives after resume()", async (fixture) => {
    const { socket, address } = bound(fixture);
    const peer = bound(fixture);
    const here = new RecordedDatagrams(engine, socket);
    for (let number = 0; number < 4; number++) sendto(peer.socket, Buffer.from(`${number}`), 0, address);
    here.onReceived = () => here.datagrams.pause();
    here.datagrams.resume();
    await here.count(1);
    await someTurns();
    here.onReceived = undefined;
    here.datagrams.resume();
    for (let number = 4; number < 8; number++) sendto(peer.socket, Buffer.from(`${number}`), 0, address);
    await here.count(8);
    assert.deepEqual(here.texts, [..."01234567"]);
    await here.close();
  });

  datagramsTest(
    "a connected socket reports that nothing listens, and continues",
    async (fixture) => {
      const { socket, address } = bound(fixture);
      const peer = bound(fixture);
      connect(socket, peer.address);
      close(peer.socket);
      const here = new RecordedDatagrams(engine, socket);
      here.datagrams.resume();
      here.send("to nobody", null);
      await eventually(() => (here.errnos.length > 0 ? true : undefined));
      assert.deepEqual(here.errnos, [-NOBODY_LISTENS]);
      const later = fixture.udp();
      bind(later, peer.address);
      sendto(later, Buffer.from("here I am"), 0, address);
      await here.count(1);
      await here.close();
    },
    answersHidden,
  );

  datagramsTest("data kept for a paused socket is unaffected by what others receive", async (fixture) => {
    const one = bound(fixture);
    const two = bound(fixture);
    const peer = bound(fixture);
    const [here, there] = [
      new RecordedDatagrams(engine, one.socket),
      new RecordedDatagrams(engine, two.socket),
    ];
    const other = bound(fixture);
    // From two senders in turn: each datagram keeps its own.
    for (let number = 0; number < 10; number++) {
      const from = number % 2 === 0 ? peer : other;
      sendto(from.socket, Buffer.from(`${number}`), 0, one.address);
    }
    here.onReceived = () => here.datagrams.pause();
    here.datagrams.resume();
    await here.count(1);
    await someTurns();
    there.datagrams.resume();
    for (let number = 0; number < 20; number++) sendto(peer.socket, Buffer.from("x"), 0, two.address);
    await there.count(20);
    here.onReceived = undefined;
    here.datagrams.resume();
    await here.count(10);
    assert.deepEqual(here.texts, [..."0123456789"]);
    const ports = here.texts.map((_, number) => (number % 2 === 0 ? peer : other).address.port);
    assert.deepEqual(here.ports, ports);
    await Promise.all([here.close(), there.close()]);
  });

  // The system drops the others.
  for (const size of [0, 1])
    datagramsTest(`a paused socket keeps few datagrams of ${size} bytes`, async (fixture) => {
      const { socket, address } = bound(fixture);
      const peer = bound(fixture);
      const here = new RecordedDatagrams(engine, socket);
      here.onReceived = () => here.datagrams.pause();
      here.datagrams.resume();
      for (let number = 0; number < 10_000; number++) {
        sendto(peer.socket, new Uint8Array(size), 0, address);
        if (number % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      await here.count(1);
      here.onReceived = undefined;
      here.datagrams.resume();
      await someTurns();
      await someTurns();
      assert.ok(here.texts.length < 5000, `${here.texts.length} were kept`);
      await here.close();
    });

  if (host.options.UDP_GRO !== undefined) mergedSuite(engine);

  datagramsTest(
    "drops descriptors that a peer sends along",
    async (fixture) => {
      const address = fixture.abstractAddress();
      const socket = fixture.socket(AF.UNIX, SOCK.DGRAM, 0, { nonblocking: true });
      bind(socket, address);
      const here = new RecordedDatagrams(engine, socket);
      here.datagrams.resume();
      const sender = fixture.socket(AF.UNIX, SOCK.DGRAM, 0);
      const before = openDescriptors();
      const control = [{ type: "SCM_RIGHTS", descriptors: [sender, sender] }] as const;
      sendmsg(sender, { data: [Buffer.from("with two")], address, control });
      await here.count(1);
      assert.deepEqual(openDescriptors(), before);
      await here.close();
    },
    noUnixDatagrams,
  );

  /** A unix datagram socket whose queue is full, and how to empty it. */
  function full(fixture: Fixture) {
    const address = fixture.abstractAddress();
    const socket = fixture.socket(AF.UNIX, SOCK.DGRAM, 0, { nonblocking: true });
    bind(socket, address);
    const sender = fixture.socket(AF.UNIX, SOCK.DGRAM, 0, { nonblocking: true });
    while (trySendto(sender, Buffer.from("filler"), 0, address).ok);
    const drain = () => {
      while (tryRecvfrom(socket, new Uint8Array(10)).ok);
    };
    return { socket, address, drain };
  }

  datagramsTest(
    "a datagram waits behind one for which the peer has no space",
    async (fixture) => {
      const first = full(fixture);
      const second = fixture.socket(AF.UNIX, SOCK.DGRAM, 0, { nonblocking: true });
      const address = fixture.abstractAddress();
      bind(second, address);
      const here = new RecordedDatagrams(
        engine,
        fixture.socket(AF.UNIX, SOCK.DGRAM, 0, { nonblocking: true }),
      );
      here.datagrams.send(Buffer.from("1"), encodeAddress(first.address, host, host.address));
      here.datagrams.send(Buffer.from("2"), encodeAddress(address, host, host.address));
      await someTurns();
      assert.ok(!tryRecvfrom(second, new Uint8Array(10)).ok);
      first.drain();
      await eventually(() => (here.sends.length === 2 ? true : undefined));
      assert.ok(tryRecvfrom(second, new Uint8Array(10)).ok);
      await here.close();
    },
    noUnixDatagrams,
  );

  datagramsTest(
    "datagrams that wait for a full peer do not stop streams from receiving",
    async (fixture) => {
      const peer = full(fixture);
      const address = fixture.abstractAddress();
      const socket = fixture.socket(AF.UNIX, SOCK.DGRAM, 0, { nonblocking: true });
      bind(socket, address);
      const here = new RecordedDatagrams(engine, socket);
      here.onReceived = (bytes) => {
        here.datagrams.send(bytes, encodeAddress(peer.address, host, host.address));
        if (here.texts.length === 16) here.datagrams.pause();
      };
      here.datagrams.resume();
      const sender = fixture.socket(AF.UNIX, SOCK.DGRAM, 0, { nonblocking: true });
      for (let number = 1; number <= 16; number++) {
        sendto(sender, new Uint8Array(0), 0, address);
        await here.count(number);
      }
      // More than the initial number of buffers.
      let received = 0;
      const streams = Array.from({ length: 200 }, () => {
        const [near, far] = fixture.pair(SOCK.STREAM, { nonblocking: true });
        send(far, Buffer.from("hello"), 0);
        const ignore = () => {};
        return engine.stream(near.detach(), {
          onData: () => received++,
          onEnd: ignore,
          onError: ignore,
          onDrain: ignore,
        });
      });
      for (const stream of streams) stream.resume();
      await eventually(() => (received === 200 ? true : undefined));
      await Promise.all(streams.map((stream) => new Promise((resolve) => stream.close(resolve))));
      peer.drain();
      await eventually(() => {
        peer.drain();
        return here.sends.length === 16 ? true : undefined;
      });
      await here.close();
    },
    noUnixDatagrams,
  );

  datagramsTest("close() sends pending datagrams, and no handler is called", async (fixture) => {
    const { socket, address } = bound(fixture);
    const peer = bound(fixture);
    const here = new RecordedDatagrams(engine, socket);
    here.datagrams.resume();
    await someTurns();
    here.send("last", peer.address);
    sendto(peer.socket, Buffer.from("too late"), 0, address);
    assert.equal(await here.close(), 0);
    assert.deepEqual([here.sends, here.texts], [[], []]);
    const buffer = new Uint8Array(10);
    const result = tryRecvfrom(peer.socket, buffer);
    assert.ok(result.ok && result.value.bytes === 4);
    here.datagrams.resume();
    here.send("nothing", peer.address);
    await here.close();
  });
}
