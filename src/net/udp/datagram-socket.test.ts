import assert from "node:assert/strict";
import { asyncApiTest, portOf } from "../../../test/engine/async-api.ts";
import {
  carriers,
  datagramEndpoint,
  nobodyThere,
  withoutCarrier,
} from "../../../test/engine/datagram-endpoints.ts";
import { eventually, someTurns } from "../../../test/engine/engine-test.ts";
import { answersHidden, noUnixDatagrams } from "../../../test/winsock-exceptions.ts";
import type { EngineName } from "../../engine/engine.ts";
import { SO } from "../../options/so.ts";
import { UDP } from "../../options/udp.ts";
import { AF, SOCK } from "../../posix/constants.ts";
import { getsockname } from "../../posix/getsockname.ts";
import { getsockopt } from "../../posix/getsockopt.ts";
import { sendto } from "../../posix/sendto.ts";
import { setsockopt } from "../../posix/setsockopt.ts";
import { socketpair } from "../../posix/socketpair.ts";
import { host } from "../../system/host.ts";
import type { DatagramOptions } from "../options/datagram-options.ts";
import type { DatagramSocket } from "./datagram-socket.ts";
import { udp } from "./udp.ts";

const loopback = { host: "127.0.0.1" } as const;

const textOf = ({ data }: { readonly data: Uint8Array }) => Buffer.from(data).toString();

/** Runs with two sockets, and closes them at the end. */
async function withTwo(
  engine: EngineName,
  endpoints: readonly [DatagramOptions, DatagramOptions],
  run: (here: DatagramSocket, there: DatagramSocket) => Promise<void>,
): Promise<void> {
  const here = await udp({ ...endpoints[0], engine });
  const there = await udp({ ...endpoints[1], engine });
  try {
    await run(here, there);
  } finally {
    await Promise.all([here.close(), there.close()]);
  }
}

for (const carrier of carriers) {
  asyncApiTest(
    `datagrams over ${carrier}: each, of any length, with its sender`,
    async (engine, fixture) => {
      const endpoints = [datagramEndpoint(fixture, carrier), datagramEndpoint(fixture, carrier)] as const;
      await withTwo(engine, endpoints, async (here, there) => {
        for (const length of [5, 0, 1, 20_000, 65_487]) {
          const bytes = new Uint8Array(length).fill(length);
          await here.send(bytes, there.address);
          bytes.fill(0);
          const { data, address, truncated } = await there.receive();
          assert.deepEqual(data, new Uint8Array(length).fill(length));
          assert.deepEqual([address, truncated], [here.address, false]);
          await there.send("answer", address);
          assert.equal(textOf(await here.receive()), "answer");
        }
      });
    },
    withoutCarrier[carrier],
  );

  asyncApiTest(
    `datagrams over ${carrier}: many that arrive before anyone waits, in order`,
    async (engine, fixture) => {
      const endpoints = [datagramEndpoint(fixture, carrier), datagramEndpoint(fixture, carrier)] as const;
      await withTwo(engine, endpoints, async (here, there) => {
        await there.connect(here.address);
        assert.deepEqual(there.remoteAddress, here.address);
        const got: string[] = [];
        const reading = (async () => {
          for await (const datagram of here) {
            got.push(textOf(datagram));
            if (got.length === 150) return;
          }
        })();
        const numbers = Array.from({ length: 150 }, (_, number) => `number ${number}`);
        await Promise.all(numbers.map((text) => there.send(text)));
        assert.equal(there.pendingBytes, 0);
        await reading;
        assert.deepEqual(got, numbers);
        assert.ok(!here.closed);
      });
    },
    withoutCarrier[carrier],
  );
}

/** The program's option for UDP_GRO, and whether the system then merges datagrams. */
const merging: readonly [what: string, options: DatagramOptions, merges: boolean][] = [
  ["by default", loopback, true],
  ["if the program wants them merged", { ...loopback, options: [[UDP.GRO, true]] }, true],
  ["if it does not", { ...loopback, options: [[UDP.GRO, false]] }, false],
];

if (host.options.UDP_GRO !== undefined)
  for (const [what, options, merges] of merging)
    asyncApiTest(`datagrams: those sent with one call arrive one by one ${what}`, async (engine, fixture) => {
      await using here = await udp({ ...options, engine });
      assert.equal(getsockopt(here.socket, UDP.GRO), merges);
      setsockopt(here.socket, SO.RCVBUF, 4 << 20);
      const sender = fixture.udp();
      setsockopt(sender, UDP.SEGMENT, 1000);
      // More than are received ahead: the rest wait in the engine.
      const bytes = Buffer.from(Array.from({ length: 20_500 }, (_, at) => Math.floor(at / 1000)));
      for (let call = 0; call < 4; call++) sendto(sender, bytes, 0, here.address);
      let count = 0;
      for await (const { data, address } of here) {
        const number = count % 21;
        assert.deepEqual(data, new Uint8Array(number === 20 ? 500 : 1000).fill(number));
        assert.equal(data.buffer.byteLength, data.length, "its memory is the program's own");
        assert.equal(portOf(address), portOf(getsockname(sender)));
        if (++count === 4 * 21) break;
        if (count % 50 === 0) await someTurns();
      }
    });

asyncApiTest("datagrams: awaited and not, they arrive in order, and failures are told", async (engine) => {
  await withTwo(engine, [loopback, loopback], async (here, there) => {
    const to = there.address;
    const sent: Promise<void>[] = [];
    for (let number = 0; number < 60; number++) {
      const sending = here.send(`${number}`, to);
      sent.push(sending);
      if (number % 7 < 3) await sending;
      // Within the call, or later.
      if (number % 20 === 0)
        await assert.rejects(here.send(new Uint8Array(65_508), to), { code: "EMSGSIZE" });
    }
    for (let number = 0; number < 60; number++) assert.equal(textOf(await there.receive()), `${number}`);
    await Promise.all(sent);
    assert.equal(here.pendingBytes, 0);
  });
});

asyncApiTest("datagrams: one that cannot be sent fails alone", async (engine) => {
  await withTwo(engine, [loopback, loopback], async (here, there) => {
    const to = there.address;
    const results = await Promise.allSettled([
      here.send("before", to),
      here.send(new Uint8Array(65_508), to),
      here.send("after", to),
    ]);
    assert.deepEqual(
      results.map(({ status }) => status),
      ["fulfilled", "rejected", "fulfilled"],
    );
    await assert.rejects(here.send(new Uint8Array(65_508), to), {
      name: "MessageTooBig",
      code: "EMSGSIZE",
      syscall: "sendto",
      address: "127.0.0.1",
      port: portOf(to),
    });
    assert.equal(textOf(await there.receive()), "before");
    assert.equal(textOf(await there.receive()), "after");
  });
});

asyncApiTest(
  "datagrams: aborting a send() only ends its wait, and later ones keep their results",
  async (engine) => {
    await withTwo(engine, [loopback, loopback], async (here, there) => {
      const to = there.address;
      const controller = new AbortController();
      const sent = Promise.allSettled([
        here.send("aborted", to, { signal: controller.signal }),
        here.send(new Uint8Array(65_508), to),
        here.send("after", to),
      ]);
      controller.abort("enough");
      const [first, second, third] = await sent;
      assert.ok(first.status === "rejected" && first.reason === "enough");
      assert.ok(second.status === "rejected" && second.reason.name === "MessageTooBig");
      assert.equal(third.status, "fulfilled");
      assert.equal(textOf(await there.receive()), "aborted");
      assert.equal(textOf(await there.receive()), "after");
    });
  },
);

asyncApiTest(
  "datagrams: rejects one without a destination or a peer",
  async (engine) => {
    await using here = await udp({ ...loopback, engine });
    await assert.rejects(here.send("to nobody"), { name: "DestinationAddressRequired" });
  },
  { windows: "Windows reports WSAENOTCONN, Wine WSAEINVAL (send, WSAENOTCONN)" },
);

asyncApiTest(
  "datagrams: reports that nobody received an earlier one, and keeps receiving",
  async (engine) => {
    const endpoint = await udp({ ...loopback, engine });
    const { address } = endpoint;
    await endpoint.close();
    const here = await udp({ remote: address, engine });
    const receiving = here.receive();
    await here.send("to nobody");
    await assert.rejects(receiving, {
      name: nobodyThere,
      syscall: "recvfrom",
      address: "127.0.0.1",
      port: portOf(address),
    });
    const later = await udp({ host: "127.0.0.1", port: portOf(address), engine });
    await later.send("here I am", here.address);
    assert.equal(textOf(await here.receive()), "here I am");
    await Promise.all([here.close(), later.close()]);
  },
  answersHidden,
);

asyncApiTest(
  "datagrams: a failure between two receive() calls is the second's, in the order of arrival",
  async (engine) => {
    await withTwo(engine, [loopback, loopback], async (here, peer) => {
      await here.connect(peer.address);
      await peer.send("first", here.address);
      assert.equal(textOf(await here.receive()), "first");
      await peer.send("second", here.address);
      await peer.close();
      await here.send("to nobody");
      await someTurns();
      assert.equal(textOf(await here.receive()), "second");
      await assert.rejects(here.receive(), { name: nobodyThere, syscall: "recvfrom" });
    });
  },
  answersHidden,
);

asyncApiTest(
  "datagrams: a connected socket only receives from its peer, until it is disconnected",
  async (engine) => {
    await withTwo(engine, [loopback, loopback], async (here, peer) => {
      const stranger = await udp({ ...loopback, engine });
      await here.connect(peer.address);
      const { address } = here;
      await stranger.send("unheard", address);
      await peer.send("heard", address);
      assert.equal(textOf(await here.receive()), "heard");
      assert.equal(here.disconnect().remoteAddress.family, "unspecified");
      await here.connect({ host: "127.0.0.1", port: portOf(stranger.address) });
      await stranger.send("heard now", here.address);
      assert.equal(textOf(await here.receive()), "heard now");
      await stranger.close();
    });
  },
);

asyncApiTest("datagrams: a signal or timeout ends receive(), and nothing is lost", async (engine) => {
  await withTwo(engine, [loopback, loopback], async (here, there) => {
    await assert.rejects(here.receive({ timeout: 1 }), { name: "TimeoutError", message: /^receive\(\)/ });
    const controller = new AbortController();
    const given = here.receive({ signal: controller.signal });
    controller.abort("enough");
    await assert.rejects(given, (reason) => reason === "enough");
    const signal = AbortSignal.abort("before");
    await assert.rejects(here.receive({ signal }), (reason) => reason === "before");
    await assert.rejects(here.send("", there.address, { signal }), (reason) => reason === "before");
    await there.send("still here", here.address, { timeout: 10_000 });
    assert.equal(textOf(await here.receive({ timeout: 10_000 })), "still here");
  });
});

asyncApiTest("datagrams: the system buffers for a slow reader, then drops", async (engine) => {
  const options = [[SO.RCVBUF, 65_536]] as const;
  const here = await udp({ ...loopback, options, engine });
  const there = await udp({ ...loopback, engine });
  const first = here.receive();
  await there.send("0", here.address);
  await first;
  const bytes = new Uint8Array(1000);
  for (let round = 0; round < 20; round++) {
    await Promise.all(Array.from({ length: 100 }, () => there.send(bytes, here.address)));
    await someTurns();
  }
  // All datagrams still there arrive at once, far fewer than were sent.
  let count = 0;
  for (let waits = false; !waits; ) {
    const next = here.receive({ timeout: 200 });
    await next.then(
      () => count++,
      () => {
        waits = true;
      },
    );
  }
  assert.ok(count >= 64 && count < 500, `${count} of 2000 were received`);
  await there.send("last", here.address);
  assert.equal(textOf(await here.receive()), "last");
  await Promise.all([here.close(), there.close()]);
});

asyncApiTest(
  "datagrams: receives nothing before the first receive(), or while paused",
  async (engine, fixture) => {
    const here = await udp({ ...loopback, engine });
    const sender = fixture.udp();
    sendto(sender, Buffer.from("1"), 0, here.address);
    await someTurns();
    if (host.name === "linux")
      assert.ok(getsockopt(here.socket, SO.MEMINFO).rmem_alloc > 0, "it waits in the system's buffer");
    here.pause();
    let received = false;
    const receiving = here.receive().finally(() => {
      received = true;
    });
    await someTurns();
    assert.equal(received, false);
    here.resume();
    assert.equal(textOf(await receiving), "1");
    await here.close();
  },
);

asyncApiTest("datagrams: close() sends waiting datagrams, and ends every wait", async (engine) => {
  const here = await udp({ ...loopback, engine });
  const there = await udp({ ...loopback, engine });
  const sent = [here.send("one", there.address), here.send("two", there.address)];
  const receiving = here.receive();
  const iterating = here[Symbol.asyncIterator]().next();
  const closing = here.close();
  assert.ok(here.closed && here.socket.closed);
  await assert.rejects(receiving, { name: "SocketClosed", syscall: "recvfrom" });
  assert.deepEqual(await iterating, { done: true, value: undefined });
  await Promise.all([...sent, closing, here.close()]);
  assert.equal(textOf(await there.receive()), "one");
  assert.equal(textOf(await there.receive()), "two");
  await assert.rejects(here.send("late", there.address), { name: "SocketClosed", syscall: "sendto" });
  await assert.rejects(here.receive(), { name: "SocketClosed" });
  await assert.rejects(here.connect(there.address), { name: "SocketClosed", syscall: "connect" });
  here.pause().resume().ref().unref();
  await there.close();
});

asyncApiTest("datagrams: a signal aborts udp(), or closes the socket", async (engine) => {
  const signal = AbortSignal.abort("before");
  await assert.rejects(udp({ ...loopback, signal, engine }), (reason) => reason === "before");
  const controller = new AbortController();
  const here = await udp({ ...loopback, signal: controller.signal, engine });
  const receiving = here.receive();
  controller.abort("later");
  await assert.rejects(receiving, (reason) => reason === "later");
  await assert.rejects(here.receive(), (reason) => reason === "later");
  await assert.rejects(here.send(""), (reason) => reason === "later");
  assert.ok(here.closed);
  await here.close();
});

asyncApiTest(
  "datagrams over unix: one longer than the buffer is truncated, and says so",
  async (engine, fixture) => {
    const here = await udp({ ...datagramEndpoint(fixture, "unix"), engine });
    const sender = fixture.socket(AF.UNIX, SOCK.DGRAM);
    const receiving = here.receive();
    sendto(sender, new Uint8Array(100_000), 0, here.address);
    const { data, address, truncated } = await receiving;
    assert.ok(truncated && data.length >= 65_535 && data.length < 100_000);
    assert.deepEqual(address, { family: "unspecified" });
    await here.close();
  },
  noUnixDatagrams,
);

asyncApiTest(
  "datagrams over unix: a sender without a name, and a pair",
  async (engine, fixture) => {
    const here = await udp({ ...datagramEndpoint(fixture, "unix"), engine });
    const nameless = await udp({ remote: here.address, engine });
    await nameless.send("who?");
    const { address } = await here.receive();
    assert.deepEqual(address, { family: "unspecified" });
    await assert.rejects(here.send("you", address), { name: "DestinationAddressRequired" });
    await Promise.all([here.close(), nameless.close()]);
    const [left, right] = socketpair(AF.UNIX, SOCK.DGRAM);
    const [one, other] = [await udp({ socket: left, engine }), await udp({ socket: right.detach(), engine })];
    await one.send("ping");
    const ping = await other.receive();
    await other.send("pong", ping.address);
    assert.equal(textOf(await one.receive()), "pong");
    await Promise.all([one.close(), other.close()]);
  },
  noUnixDatagrams,
);

asyncApiTest(
  "datagrams over unix: close() can be aborted while it waits for a full peer",
  async (engine, fixture) => {
    const endpoint = datagramEndpoint(fixture, "unix");
    const receiver = await udp({ ...endpoint, engine });
    const here = await udp({ remote: receiver.address, engine });
    const sends = Array.from({ length: 2000 }, () => here.send("x"));
    const settled = Promise.allSettled(sends);
    let taken = 0;
    for (const send of sends) send.then(() => taken++).catch(() => {});
    await eventually(() => (taken > 0 ? true : undefined));
    await someTurns();
    assert.ok(here.pendingBytes > 0, "some wait");
    await assert.rejects(here.close({ timeout: 20 }), { name: "TimeoutError", message: /^close\(\)/ });
    const failures = (await settled).filter((result) => result.status === "rejected");
    assert.ok(failures.length > 0);
    for (const { reason } of failures) assert.equal(reason.name, "BrokenPipe");
    await here.close();
    await receiver.close();
  },
  noUnixDatagrams,
);

asyncApiTest(
  "datagrams over unix: they wait for room at their peer",
  async (engine, fixture) => {
    const endpoints = [datagramEndpoint(fixture, "unix"), datagramEndpoint(fixture, "unix")] as const;
    for (const connected of [true, false]) {
      await withTwo(engine, endpoints, async (here, there) => {
        if (connected) await here.connect(there.address);
        const sends = Array.from({ length: 500 }, (_, number) =>
          here.send(`${number}`, connected ? undefined : there.address),
        );
        const sent = Promise.all(sends);
        await someTurns();
        for (let number = 0; number < 500; number++) assert.equal(textOf(await there.receive()), `${number}`);
        await sent;
      });
    }
  },
  noUnixDatagrams,
);
