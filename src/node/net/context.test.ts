// The AsyncLocalStorage contexts of a Socket's events, in node:net and in berkeley/net.
import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { once } from "node:events";
import { both, closed, listening } from "../../../test/both-nets.ts";

both("a connection sees neither the context of listen() nor that of another connection", async (net) => {
  const storage = new AsyncLocalStorage<string>();
  const told: (string | undefined)[] = [];
  const server = net.createServer((socket) => {
    told.push(storage.getStore());
    socket.on("data", (data) => {
      told.push(storage.getStore());
      storage.enterWith(`of ${data}`);
    });
  });
  const port = await storage.run("listen", () => listening(server));
  for (const name of ["first", "second"]) {
    const client = net.connect(port, "127.0.0.1").resume();
    client.end(name);
    await once(client, "close");
  }
  assert.deepEqual(told, ["listen", undefined, "listen", undefined]);
  await closed(server);
});
