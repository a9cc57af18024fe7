import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, listen } from "../index.ts";
import { type Host, type SimulatedNetwork, simulate } from "./index.ts";

// Links that carry only small packets.

const BYTES = 3_000;

/** Sends bytes to a server and takes them back. */
async function echoed(network: SimulatedNetwork, server: Host, client: Host, host: string): Promise<number> {
  await server.run(() => listen({ port: 80 }, { data: (connection, bytes) => void connection.write(bytes) }));
  return client.run(async () => {
    const connection = await connect({ host, port: 80, timeout: 5_000 });
    await connection.write("x".repeat(BYTES));
    let length = 0;
    while (length < BYTES) length += (await connection.read())?.length ?? BYTES;
    await connection.close();
    return network.time < 60_000 ? length : -1;
  });
}

test("TCP over IPv4 works on a link with the least MTU, in fragments", async () => {
  await simulate({ seed: 1 }, async (network) => {
    const [server, client] = [network.host("server"), network.host("client")];
    network.link(server, client, { mtu: 68 });
    assert.equal(await echoed(network, server, client, "10.0.0.1"), BYTES);
  });
});

test("TCP over IPv4 works if a link between routers carries less than min_pmtu", async () => {
  await simulate({ seed: 1 }, async (network) => {
    const [server, client] = [network.host("server"), network.host("client")];
    const [near, far] = ["near", "far"].map((name) => network.host(name, { forwards: true }));
    assert.ok(near !== undefined && far !== undefined);
    network.link(client, near);
    network.link(near, far, { mtu: 300 });
    network.link(far, server);
    assert.equal(await echoed(network, server, client, "10.0.0.1"), BYTES);
  });
});

test("a link with an MTU below 1280 carries no IPv6", async () => {
  await simulate({ seed: 1 }, async (network) => {
    const [server, client] = [network.host("server"), network.host("client")];
    const router = network.host("router", { forwards: true });
    network.link(server, client, { mtu: 1_279 });
    network.link(server, router, { mtu: 1_280 });
    await client.run(() => assert.rejects(connect({ host: "fd00::1", port: 80 }), { code: "ENETUNREACH" }));
    assert.equal(await echoed(network, server, router, "fd00::1"), BYTES);
    const viaIpv4 = await client.run(() => connect({ host: "server", port: 80 }));
    assert.equal(viaIpv4.remoteAddress?.family, "ipv4");
    await viaIpv4.close();
  });
});

test("a router has no route for IPv6 over a link with an MTU below 1280", async () => {
  await simulate({ seed: 1 }, async (network) => {
    const [server, client] = [network.host("server"), network.host("client")];
    const router = network.host("router", { forwards: true });
    network.link(client, router);
    network.link(router, server, { mtu: 1_000 });
    await client.run(() => assert.rejects(connect({ host: "fd00::1", port: 80 }), { code: "EHOSTUNREACH" }));
  });
});
