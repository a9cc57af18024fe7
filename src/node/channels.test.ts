// The channels' messages about Node's servers and sockets.
import assert from "node:assert/strict";
import { once } from "node:events";
import https from "node:https";
import nodeNet from "node:net";
import { text } from "node:stream/consumers";
import { netTest } from "../../test/engine/net-test.ts";
import { pskClient, pskServer } from "../../test/psk.ts";
import { channels } from "../net/channels.ts";
import { connect, createServer, Server } from "./net/index.ts";
import { serve } from "./serve.ts";

const host = "127.0.0.1";

/**
 * Runs a function and returns the messages published meanwhile as lines, with objects named by
 * `names`.
 */
async function heard(names: Map<unknown, string>, run: () => Promise<void>): Promise<string[]> {
  const lines: string[] = [];
  const nameOf = (value: unknown) => names.get(value) ?? (value === undefined ? "" : "another");
  const codeOf = (error: unknown) => (error instanceof Error && "code" in error ? error.code : error);
  const onListen = ({ server }: { server?: unknown }) => lines.push(`listen ${nameOf(server)}`);
  const onAccept = ({ server, socket }: { server?: unknown; socket?: unknown }) => {
    names.set(socket, "accepted");
    lines.push(`accept ${nameOf(server)}`);
  };
  const onConnect = ({ socket, error }: { socket?: unknown; error: unknown }) =>
    lines.push(`connect ${nameOf(socket)} ${codeOf(error)}`);
  const onClose = ({ socket, server, error }: { socket?: unknown; server?: unknown; error: unknown }) =>
    lines.push(`close ${nameOf(socket ?? server)} ${codeOf(error)}`);
  channels.listen.subscribe(onListen);
  channels.accept.subscribe(onAccept);
  channels.connect.subscribe(onConnect);
  channels.close.subscribe(onClose);
  try {
    await run();
  } finally {
    channels.listen.unsubscribe(onListen);
    channels.accept.unsubscribe(onAccept);
    channels.connect.unsubscribe(onConnect);
    channels.close.unsubscribe(onClose);
  }
  return lines;
}

netTest("channels: a Server and a Socket of berkeley/net", async () => {
  const names = new Map<unknown, string>();
  const lines = await heard(names, async () => {
    const server = createServer((socket) => socket.end("hello"));
    names.set(server, "server");
    server.once("connection", (socket) => assert.equal(names.get(socket), "accepted"));
    server.listen(0, host);
    await once(server, "listening");
    const address = server.address();
    assert.ok(typeof address === "object" && address !== null);
    const client = connect(address.port, host);
    names.set(client, "client");
    const closed = once(client, "close");
    assert.equal(await text(client), "hello");
    await closed;
    server.close();
    await once(server, "close");
  });
  assert.deepEqual(lines.sort(), [
    "accept server",
    "close accepted null",
    "close client null",
    "close server null",
    "connect client null",
    "listen server",
  ]);
});

netTest("channels: a Socket that cannot connect, and one that fails", async () => {
  const names = new Map<unknown, string>();
  const lines = await heard(names, async () => {
    const server = new Server((socket) => socket.once("data", () => socket.resetAndDestroy()));
    server.listen(0, host);
    await once(server, "listening");
    const address = server.address();
    assert.ok(typeof address === "object" && address !== null);
    const reset = connect(address.port, host, () => reset.write("x"));
    names.set(reset, "reset");
    const error = await once(reset.resume(), "error");
    assert.equal(error[0].code, "ECONNRESET");
    if (!reset.closed) await once(reset, "close");
    server.close();
    await once(server, "close");
    const refused = connect(address.port, host);
    names.set(refused, "refused");
    refused.on("error", () => {});
    await new Promise((resolve) => refused.once("close", resolve));
  });
  assert.deepEqual(
    lines.filter((line) => /reset|refused/.test(line)),
    ["connect reset null", "close reset ECONNRESET", "connect refused ECONNREFUSED"],
  );
});

netTest("channels: serve(), of TLS", async () => {
  const names = new Map<unknown, string>();
  const lines = await heard(names, async () => {
    const server = https.createServer(pskServer, (_, response) => response.end("hello"));
    names.set(server, "server");
    const served = await serve(server, { host });
    const options = { ...pskClient, port: served.port, host, agent: false as const };
    const [response] = await once(https.get(options), "response");
    assert.equal(await text(response), "hello");
    const [socket] = [...names.keys()].filter((each) => each instanceof nodeNet.Socket);
    assert.ok(socket instanceof nodeNet.Socket);
    const closed = new Promise((resolve) => socket.once("close", resolve));
    await served.closeGracefully();
    await closed;
  });
  assert.deepEqual(lines, ["listen server", "accept server", "close server null", "close accepted null"]);
});

netTest("channels: no messages about a Socket with a handle of Node's", async () => {
  const lines = await heard(new Map(), async () => {
    const server = nodeNet.createServer((socket) => socket.end());
    server.listen(0, host);
    await once(server, "listening");
    const address = server.address();
    assert.ok(typeof address === "object" && address !== null);
    await text(nodeNet.connect(address.port, host));
    server.close();
    await once(server, "close");
  });
  assert.deepEqual(lines, []);
});
