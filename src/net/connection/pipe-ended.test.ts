// pipe() to a connection whose end is waiting, which would drop further data.
import assert from "node:assert/strict";
import { asyncApiTest, withEnds } from "../../../test/engine/async-api.ts";

asyncApiTest("pipe(): not to a connection whose end() still waits", async (engine) => {
  await withEnds(engine, { host: "127.0.0.1" }, async ({ client, server }) => {
    await withEnds(engine, { host: "127.0.0.1" }, async (other) => {
      // More than the system accepts at once.
      const written = client.write(new Uint8Array(32 << 20));
      const ended = client.end();
      await assert.rejects(other.server.pipe(client), { code: "ERR_STREAM_WRITE_AFTER_END" });
      await other.client.end("still readable");
      assert.equal(`${Buffer.from((await other.server.read()) ?? [])}`, "still readable");
      for (let left = 32 << 20; left > 0; ) left -= (await server.read())?.length ?? left;
      await Promise.all([written, ended]);
    });
  });
});
