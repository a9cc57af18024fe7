import assert from "node:assert/strict";
import { once } from "node:events";
import { io } from "socket.io-client";

for (const transports of [["websocket"], ["polling"], ["polling", "websocket"]]) {
  const socket = io(process.env.TEST_SOCKET_IO, { transports, forceNew: true });
  await once(socket, "connect");
  const data = { text: "ä".repeat(10_000), bytes: Buffer.alloc(100_000, 7) };
  const reply = await socket.timeout(10_000).emitWithAck("echo", data);
  assert.equal(reply.text, data.text);
  assert.ok(data.bytes.equals(Buffer.from(reply.bytes)));
  socket.disconnect();
}
console.log("done");
