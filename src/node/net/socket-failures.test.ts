// If the peer has answered and closed, its answer is read before the Socket fails.
import assert from "node:assert/strict";
import { once } from "node:events";
import type net from "node:net";
import { eventually, someTurns } from "../../../test/engine/engine-test.ts";
import { netTest } from "../../../test/engine/net-test.ts";
import type { Fixture } from "../../../test/fixture.ts";
import { SO } from "../../options/so.ts";
import { close } from "../../posix/close.ts";
import { connect } from "../../posix/connect.ts";
import { send } from "../../posix/send.ts";
import { setsockopt } from "../../posix/setsockopt.ts";
import { createServer } from "./index.ts";

/** More than a paused Socket receives, and less than the system buffers. */
const ANSWER = Buffer.alloc(100_000, 1);

/**
 * Returns an accepted, paused Socket with an unread answer, whose peer answers writes with a reset.
 */
async function answeredAndGone(fixture: Fixture): Promise<net.Socket> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  const peer = fixture.tcp();
  setsockopt(peer, SO.SNDBUF, 1 << 20);
  connect(peer, { family: "ipv4", address: "127.0.0.1", port: address.port });
  const [socket]: net.Socket[] = await once(server, "connection");
  assert.ok(socket !== undefined);
  server.close();
  // Let it flow once, since a Socket without a reader fails immediately.
  socket.resume().pause();
  send(peer, ANSWER);
  close(peer);
  await eventually(() => (socket.readableLength > 0 ? true : undefined));
  return socket;
}

async function writeUntilItFails(socket: net.Socket): Promise<void> {
  for (let count = 0; count < 10; count++) {
    socket.write("request");
    await someTurns();
  }
}

netTest("berkeley/net: after a failed write the answer is read, and then the failure", async (fixture) => {
  const socket = await answeredAndGone(fixture);
  const events: unknown[] = [];
  socket.on("error", (error) => events.push(error.name));
  await writeUntilItFails(socket);
  assert.deepEqual([events, socket.destroyed], [[], false]);
  let received = 0;
  socket.on("data", (bytes) => {
    received += bytes.length;
  });
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.resume();
  await closed;
  assert.equal(received, ANSWER.length);
  assert.equal(events.length, 1);
});

for (const order of ["after", "before"] as const)
  netTest(`berkeley/net: destroySoon() ${order} a failed write, with the answer unread`, async (fixture) => {
    const socket = await answeredAndGone(fixture);
    socket.on("error", () => {});
    const closed = new Promise((resolve) => socket.once("close", resolve));
    if (order === "after") await writeUntilItFails(socket);
    else socket.write("request");
    socket.destroySoon();
    await closed;
  });
