// Options that contradict each other are TypeErrors rather than ignored.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Fixture } from "../../test/fixture.ts";
import { except } from "../../test/platform.ts";
import { noUnixStreams } from "../../test/winsock-exceptions.ts";
import { bind } from "../posix/bind.ts";
import { AF, SOCK } from "../posix/constants.ts";
import { listen as listenOn } from "../posix/listen.ts";
import { connect } from "./connection/connect.ts";
import { listen } from "./listener/listen.ts";
import { udp } from "./udp/udp.ts";

const address = { family: "ipv4", address: "127.0.0.1", port: 9 };

const wrong: readonly [call: (options: never) => Promise<unknown>, options: object][] = [
  ...["path", "address"].flatMap((endpoint): [typeof connect, object][] =>
    Object.entries({ host: "127.0.0.1", port: 9, family: 4, localAddress: "127.0.0.1", localPort: 9 }).map(
      ([name, value]) => [connect, { [endpoint]: endpoint === "path" ? "/nowhere" : address, [name]: value }],
    ),
  ),
  [connect, { path: "/nowhere", address }],
  ...["path", "socket"].flatMap((endpoint): [typeof listen, object][] =>
    Object.entries({ host: "::1", port: 0, reusePort: true, ipv6Only: true, exclusive: true }).map(
      ([name, value]) => [listen, { [endpoint]: endpoint === "path" ? "/nowhere" : 99_999, [name]: value }],
    ),
  ),
  [listen, { path: "/nowhere", socket: 99_999 }],
  [listen, { reusePort: true, exclusive: true }],
  [listen, { host: "127.0.0.1", ipv6Only: true }],
  ...["path", "socket"].flatMap((endpoint): [typeof udp, object][] =>
    Object.entries({ host: "::1", port: 0, reusePort: true, reuseAddress: true, ipv6Only: true }).map(
      ([name, value]) => [udp, { [endpoint]: endpoint === "path" ? "/nowhere" : 99_999, [name]: value }],
    ),
  ),
  [udp, { path: "/nowhere", socket: 99_999 }],
  [udp, { host: "127.0.0.1", ipv6Only: true }],
  [udp, { remote: { path: "/nowhere", port: 9 } }],
  [udp, { remote: { path: "/nowhere", host: "127.0.0.1" } }],
];

for (const [call, options] of wrong) {
  const shown = JSON.stringify(options);
  test(`${call.name}(${shown}) is a TypeError`, async () => {
    await assert.rejects(call(options as never), { name: "TypeError" });
  });
}

test(
  "listen({ socket }) rejects SOCK_SEQPACKET, and leaves it open",
  except(noUnixStreams),
  async (context) => {
    const fixture = new Fixture(context);
    try {
      const packets = fixture.socket(AF.UNIX, SOCK.SEQPACKET);
      bind(packets, fixture.abstractAddress());
      listenOn(packets, 1);
      const message = /SOCK_SEQPACKET/;
      for (const socket of [packets, packets.fd, { sockets: [packets] }])
        for (const handlers of [undefined, {}])
          await assert.rejects(handlers === undefined ? listen({ socket }) : listen({ socket }, handlers), {
            name: "TypeError",
            message,
          });
      await assert.rejects(udp({ socket: packets }), { name: "TypeError" });
      assert.equal(packets.closed, false);
    } finally {
      fixture.closeAll();
    }
  },
);

test(
  "listeners and servers have a port; that of a unix socket is 0",
  except(noUnixStreams),
  async (context) => {
    const fixture = new Fixture(context);
    const listener = await listen({ host: "127.0.0.1" });
    const server = await listen({ host: "localhost" }, {});
    const unix = await listen({ path: `${fixture.folder()}/s` });
    const ports: number[] = [listener, server, unix].map(({ port }) => port);
    const told = [listener, server].map((each) => ("port" in each.address ? each.address.port : -1));
    assert.deepEqual(ports, [...told, 0]);
    const client = await connect({ host: "127.0.0.1", port: listener.port });
    client.reset();
    await Promise.all([listener.close(), server.close(), unix.close()]);
    assert.equal(listener.port, ports[0]);
    fixture.closeAll();
  },
);

test("a signal of another realm is accepted", async () => {
  const signal = Object.assign(new EventTarget(), { aborted: false, reason: undefined });
  Object.defineProperty(signal, Symbol.toStringTag, { value: "AbortSignal" });
  const listener = await listen({ host: "127.0.0.1", signal: signal as unknown as AbortSignal });
  signal.dispatchEvent(new Event("abort"));
  assert.equal(listener.closed, true);
  await assert.rejects(listen({ host: "127.0.0.1", signal: {} as AbortSignal }), TypeError);
});
