import assert from "node:assert/strict";
import { test } from "node:test";
import { simulate } from "../index.ts";
import type { BridgeDevice } from "./bridge.ts";

type Packets = Uint8Array<ArrayBuffer>[];

/** One end of a cable: what is written to one arrives at the other. */
const end = (arriving: Packets, leaving: Packets): BridgeDevice => ({
  read: () => arriving.shift(),
  write: (packet) => void leaving.push(Uint8Array.from(packet)),
});

test("two simulations talk to each other over devices, in real time", async () => {
  const [there, back]: [Packets, Packets] = [[], []];
  let answered = (_text: string): void => {};
  const answer = new Promise<string>((resolve) => {
    answered = resolve;
  });
  const server = simulate({ seed: 1 }, async (network) => {
    const host = network.host("server", { addresses: ["10.0.0.1/8"] });
    network.bridge(end(there, back));
    await host.listen({ port: 80 }, { data: (connection, bytes) => void connection.write(bytes) });
    await answer;
  });
  const client = simulate({ seed: 2 }, async (network) => {
    const host = network.host("client", { addresses: ["10.0.0.2/8"] });
    network.bridge(host, end(back, there), { latency: "2ms" });
    const connection = await host.connect({ host: "10.0.0.1", port: 80 });
    await connection.write("hello");
    answered(`${Buffer.from((await connection.read()) ?? [])}`);
    assert.ok(network.time >= 8, `four trips take 8 ms, not ${network.time}`);
    connection.reset();
  });
  await Promise.all([server, client]);
  assert.equal(await answer, "hello");
});

test("a bridged simulation may be idle longer than others, since it waits for the real network", async () => {
  await simulate({ seed: 1, idleTimers: 10 }, async (network) => {
    network.host("one");
    network.bridge(end([], []));
    await network.advance("20ms");
  });
});

test("a bridge needs a device, and there is one only", async () => {
  await simulate({ seed: 1 }, async (network) => {
    // @ts-expect-error: no device
    assert.throws(() => network.bridge(network.host("one")), { code: "ERR_INVALID_ARG_TYPE" });
    network.bridge(end([], []), { name: "lan", owns: (address) => address.startsWith("192.168.") });
    assert.throws(() => network.bridge(end([], [])), /has a bridge already/);
  });
});
