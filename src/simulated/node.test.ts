import assert from "node:assert/strict";
import { lookup } from "node:dns";
import { lookup as lookUp, lookupService } from "node:dns/promises";
import { once } from "node:events";
import http from "node:http";
import https from "node:https";
import net from "node:net";
import { hostname, networkInterfaces } from "node:os";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import tls from "node:tls";
import { promisify } from "node:util";
import { except } from "../../test/platform.ts";
import "../node/register.cts";
import { type ServedServer, serve } from "../index.ts";
import { type Host, type SimulatedNetwork, simulate } from "./index.ts";

// Node's own modules on simulated hosts, as `berkeley/register` makes them.

const onNode = except({ bun: "berkeley/net needs Node", deno: "berkeley/net needs Node" });

function hosts(network: SimulatedNetwork): readonly [server: Host, client: Host] {
  const [server, client] = [network.host("server"), network.host("client")];
  network.link(server, client, { latency: "10ms" });
  return [server, client];
}

async function listening(server: net.Server, port: number): Promise<net.Server> {
  server.listen(port);
  await once(server, "listening");
  return server;
}

test("a server of node:http answers node:http and fetch in virtual time", onNode, async () => {
  const answers = await simulate({ seed: 1 }, async (network) => {
    const [server, client] = hosts(network);
    const web = http.createServer((request, response) => {
      setTimeout(() => response.end(`${request.url} for ${request.socket.remoteAddress}`), 60_000);
    });
    await server.run(() => listening(web, 80));
    assert.deepEqual(web.address(), { address: "::", family: "IPv6", port: 80 });
    return client.run(async () => {
      const [response] = await once(http.get("http://server/one"), "response");
      let text = "";
      for await (const chunk of response) text += chunk;
      const fetched = await (await fetch("http://server/two")).text();
      return [text, fetched, network.time > 120_000 && network.time < 121_000];
    });
  });
  assert.deepEqual(answers, ["/one for ::ffff:10.0.0.2", "/two for ::ffff:10.0.0.2", true]);
});

test("the Date of an answer is virtual, unless the program gives its own", onNode, async () => {
  const given = "Sun, 06 Nov 1994 08:49:37 GMT";
  const ways: Readonly<Record<string, (response: http.ServerResponse) => unknown>> = {
    "/none": () => {},
    "/set": (response) => response.setHeader("date", given),
    "/object": (response) => response.writeHead(200, { DATE: given }),
    "/list": (response) => response.writeHead(200, ["x-name", "date", "Date", given]),
    "/other": (response) => response.writeHead(200, ["x-name", "date"]),
    "/without": (response) => {
      response.sendDate = false;
    },
  };
  const dates = await simulate({ seed: 1 }, async (network) => {
    const [server, client] = hosts(network);
    const web = http.createServer((request, response) => {
      ways[request.url ?? ""]?.(response);
      response.end();
    });
    await server.run(() => listening(web, 80));
    return client.run(async () => {
      await delay(86_400_000);
      const found: Record<string, string | undefined> = {};
      for (const way of Object.keys(ways)) {
        const [response] = await once(http.get(`http://server${way}`), "response");
        found[way] = response.headers.date;
        response.resume();
      }
      return found;
    });
  });
  const now = "Sun, 02 Jan 2000 00:00:00 GMT";
  assert.deepEqual(dates, {
    "/none": now,
    "/set": given,
    "/object": given,
    "/list": given,
    "/other": now,
    "/without": undefined,
  });
});

test("timeouts of Sockets are virtual, and so is keep-alive's", onNode, async () => {
  await simulate({ seed: 1 }, async (network) => {
    const [server, client] = hosts(network);
    await server.run(() => listening(net.createServer(), 7));
    const web = http.createServer((_, response) => response.end("x"));
    web.keepAliveTimeout = 60_000;
    await server.run(() => listening(web, 80));
    await client.run(async () => {
      const idle = net.connect({ host: "server", port: 7, timeout: 86_400_000 });
      await once(idle, "timeout");
      assert.equal(network.time, 86_400_020);
      idle.destroy();
      const agent = new http.Agent({ keepAlive: true });
      const port = async () => {
        const [response] = await once(http.get({ host: "server", agent }), "response");
        const { localPort } = response.socket;
        response.resume();
        await once(response, "end");
        return localPort;
      };
      const first = await port();
      assert.equal(await port(), first);
      await delay(70_000);
      assert.notEqual(await port(), first);
      agent.destroy();
    });
  });
});

test("a connection through a partition fails like a real one, after 15 minutes or more", onNode, async () => {
  await simulate({ seed: 1 }, async (network) => {
    const [server, client] = hosts(network);
    const ended: string[] = [];
    const accepting = net.createServer((socket) => socket.on("error", ({ message }) => ended.push(message)));
    await server.run(() => listening(accepting, 7));
    await client.run(async () => {
      const socket = net.connect(7, "server");
      await once(socket, "connect");
      network.partition(server, client);
      socket.write("lost");
      const [error] = await once(socket, "error");
      assert.equal(error.code, "ETIMEDOUT");
      // tcp_retries2: about 15 minutes.
      assert.ok(network.time > 900_000 && network.time < 1_000_000, `${network.time}`);
    });
    assert.deepEqual(ended, []);
  });
});

test("names are those of the network, for dns.lookup() too", onNode, async () => {
  await simulate({ seed: 1 }, async (network) => {
    const [server, client] = hosts(network);
    await client.run(async () => {
      const [address] = server.addresses;
      assert.deepEqual(await lookUp("server", 4), { address, family: 4 });
      assert.deepEqual(await promisify(lookup)("server", { family: 4 }), { address, family: 4 });
      const all = await lookUp("server", { all: true });
      assert.deepEqual(all[0], { address, family: 4 });
      await assert.rejects(lookUp("nowhere"), {
        code: "ENOTFOUND",
        syscall: "getaddrinfo",
        hostname: "nowhere",
      });
    });
  });
});

test("dns.lookupService() and node:os know the host's name and addresses", onNode, async () => {
  const real = hostname();
  await simulate({ seed: 1 }, async (network) => {
    const [server, client] = hosts(network);
    assert.equal(hostname(), real);
    await client.run(async () => {
      const { address } = server;
      assert.deepEqual(await lookupService(address, 443), { hostname: "server", service: "https" });
      await assert.rejects(lookupService("203.0.113.1", 1), { code: "ENOTFOUND", syscall: "getnameinfo" });
      assert.equal(hostname(), "client");
      const { lo, eth0, ...others } = networkInterfaces();
      assert.deepEqual(others, {});
      assert.deepEqual(lo?.[0], {
        address: "127.0.0.1",
        netmask: "255.0.0.0",
        family: "IPv4",
        mac: "00:00:00:00:00:00",
        internal: true,
        cidr: "127.0.0.1/8",
      });
      assert.deepEqual(
        eth0?.filter(({ address: own }) => !own.startsWith("fe80:")).map(({ address: own }) => own),
        client.addresses.filter((own) => !own.startsWith("fe80:")),
      );
    });
  });
  assert.equal(hostname(), real);
});

test("serve() listens on the host, with its limits, and ends gracefully", onNode, async () => {
  await simulate({ seed: 1 }, async (network) => {
    const [server, client] = hosts(network);
    server.sysctl("net.core.somaxconn", 2);
    const web = http.createServer((_, response) => response.end("served"));
    const served: ServedServer = await server.run(() => serve(web, { port: 80, backlog: 511 }));
    assert.deepEqual(served.backlog, { requested: 511, effective: 2 });
    await client.run(async () => {
      assert.equal(await (await fetch("http://server/")).text(), "served");
    });
    assert.equal(await served.closeGracefully({ timeout: 60_000 }), 0);
    assert.ok(network.time < 60_000);
    await assert.rejects(client.run(() => fetch("http://server/")));
  });
});

test(
  "TLS runs over a Socket that is connected; a client of its own would leave the simulation",
  onNode,
  async () => {
    await simulate({ seed: 1 }, async (network) => {
      const [server, client] = hosts(network);
      await server.run(() =>
        listening(
          net.createServer((socket) => socket.end("not TLS")),
          443,
        ),
      );
      await client.run(async () => {
        await assert.rejects(once(https.get("https://server/"), "response"), {
          code: "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM",
        });
        const socket = net.connect(443, "server");
        await once(socket, "connect");
        const secure = tls.connect({ socket, rejectUnauthorized: false });
        const [error] = await once(secure, "error");
        assert.match(error.code, /ERR_SSL_|ECONNRESET|EPROTO/);
      });
    });
  },
);
