// Options that contradict each other throw a TypeError instead of being ignored.
import assert from "node:assert/strict";
import { test } from "node:test";
import { asyncApiTest } from "../../test/engine/async-api.ts";
import { Fixture } from "../../test/fixture.ts";
import { except } from "../../test/platform.ts";
import { noUnixStreams } from "../../test/winsock-exceptions.ts";
import { bind } from "../posix/bind.ts";
import { AF, SOCK } from "../posix/constants.ts";
import { listen as listenOn } from "../posix/listen.ts";
import { connect } from "./connection/connect.ts";
import { listen } from "./listener/listen.ts";
import { reservePort } from "./listener/reserve-port.ts";
import {
  INTO_OF_READ,
  NOT_OF_CLOSE,
  NOT_OF_CONNECT,
  NOT_OF_LISTEN,
  NOT_OF_LISTENER_CLOSE,
  NOT_OF_PROXY,
  NOT_OF_RESERVE_PORT,
  NOT_OF_SEND_FILE,
  NOT_OF_TARGET,
  NOT_OF_UDP,
} from "./options/options-of-others.ts";
import { proxy } from "./proxy/proxy.ts";
import { udp } from "./udp/udp.ts";

const address = { family: "ipv4", address: "127.0.0.1", port: 9 };

/** Each of them together with valid options. */
const ofOthers = (
  call: (options: never) => Promise<unknown>,
  right: object,
  names: object,
): [typeof call, object][] => Object.keys(names).map((name) => [call, { ...right, [name]: 1 }]);

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
  [udp, { remote: { address: "127.0.0.1", port: 9 } }],
  [udp, { ipv6Only: true, remote: address }],
  [udp, { host: "127.0.0.1", remote: { host: "::1", port: 9 } }],
  ...Object.entries({ host: "::1", port: 0, reusePort: true, reuseAddress: true, ipv6Only: true }).map(
    ([name, value]): [typeof udp, object] => [udp, { remote: { path: "/nowhere" }, [name]: value }],
  ),
  // Options of other calls, which would be ignored.
  ...ofOthers(listen, { host: "127.0.0.1" }, NOT_OF_LISTEN),
  ...ofOthers(connect, { host: "127.0.0.1", port: 9 }, NOT_OF_CONNECT),
  ...ofOthers(udp, { host: "127.0.0.1" }, NOT_OF_UDP),
  ...ofOthers(reservePort, { host: "127.0.0.1" }, NOT_OF_RESERVE_PORT),
  ...ofOthers(proxy, { listen: { host: "127.0.0.1" }, to: { port: 9 } }, NOT_OF_PROXY),
  ...Object.keys(NOT_OF_TARGET).map((name): [typeof proxy, object] => [
    proxy,
    { listen: { host: "127.0.0.1" }, to: { port: 9, [name]: 1 } },
  ]),
  [
    proxy,
    { listen: { host: "127.0.0.1", proxyProtocol: true }, to: { port: 9 }, proxyProtocol: { accept: true } },
  ],
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

asyncApiTest("methods reject options of other methods, and do nothing", async (engine) => {
  await using listener = await listen({ host: "127.0.0.1", engine });
  await using client = await connect({ address: listener.address, engine });
  await using connection = await listener.accept();
  await using datagrams = await udp({ host: "127.0.0.1", engine });
  const file = new URL(import.meta.url);
  const methods: readonly [names: object, call: (options: object) => Promise<unknown>][] = [
    [INTO_OF_READ, (options) => client.peek(options)],
    [INTO_OF_READ, (options) => client.receiveDescriptors(options)],
    [NOT_OF_CLOSE, (options) => client.close(options)],
    [NOT_OF_CLOSE, (options) => datagrams.close(options)],
    [NOT_OF_LISTENER_CLOSE, (options) => listener.close(options)],
    [NOT_OF_SEND_FILE, (options) => client.sendFile(file, options)],
  ];
  for (const [names, call] of methods)
    for (const name of Object.keys(names))
      await assert.rejects(call({ [name]: 1 }), { name: "TypeError", code: "ERR_INVALID_ARG_VALUE" }, name);
  assert.ok(!listener.closed && !datagrams.closed);
  await client.end("still open");
  assert.equal(`${Buffer.from((await connection.read()) ?? [])}`, "still open");
});
