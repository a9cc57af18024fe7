import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { WebSocket } from "ws";

const { TEST_WS: url } = process.env;
const socket = new WebSocket(url);
const first = once(socket, "message");
await once(socket, "open");
assert.equal(String((await first)[0]), '"127.0.0.1"');
for (const size of [0, 1, 125, 126, 65_536, 3_000_000]) {
  const data = randomBytes(size);
  socket.send(data);
  const [answer] = await once(socket, "message");
  assert.deepEqual(answer, data);
}
socket.close(1000, "bye");
const [code, reason] = await once(socket, "close");
assert.deepEqual([code, String(reason)], [1000, "bye"]);

const refused = new WebSocket(`${url}/secret`);
const [, response] = await once(refused, "unexpected-response");
assert.equal(response.statusCode, 401);
refused.on("error", () => {});
refused.terminate();
console.log("done");
