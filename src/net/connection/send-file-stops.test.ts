// sendFile() when something comes between: another that must be read, a bad URL, an end, a reset.
import assert from "node:assert/strict";
import { asyncApiTest, readText, withEnds } from "../../../test/engine/async-api.ts";
import { close } from "../../posix/close.ts";
import { send } from "../../posix/send.ts";

const loopback = { host: "127.0.0.1" } as const;
const noSockets = { deno: "it reads only descriptors of its own", windows: "it has no such sockets" };

for (const ended of [false, true]) {
  asyncApiTest(
    `two files that must be read, one after the other${ended ? ", before the end" : ""}`,
    (engine, fixture) =>
      withEnds(engine, loopback, async ({ client, server }) => {
        const files = ["one", "two"].map((text) => {
          const [left, right] = fixture.pair();
          send(left, Buffer.from(text));
          close(left);
          return right;
        });
        const sent = files.map((file) => client.sendFile(file.fd));
        const end = ended ? client.end(",after") : undefined;
        assert.deepEqual(await Promise.all(sent), [3, 3]);
        await (end ?? client.end(",after"));
        assert.equal(await readText(server), "onetwo,after");
        for (const file of files) close(file);
      }),
    noSockets,
  );
}

asyncApiTest("a URL that is no file's: what is written goes on", (engine) =>
  withEnds(engine, loopback, async ({ client, server }) => {
    await assert.rejects(client.sendFile(new URL("http://x/y")), { code: "ERR_INVALID_URL_SCHEME" });
    await client.end("after");
    assert.equal(await readText(server), "after");
  }),
);
