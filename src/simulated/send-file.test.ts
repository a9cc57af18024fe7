import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { connect, listen } from "../index.ts";
import { simulate } from "./index.ts";

test("sendFile() of a simulated connection: a file of this machine, read and written", async () => {
  const folder = mkdtempSync(join(tmpdir(), "berkeley-"));
  const path = join(folder, "file");
  const data = Buffer.alloc(300_000, "0123456789");
  writeFileSync(path, data);
  try {
    await simulate({ seed: 1 }, async (network) => {
      const [server, client] = [network.host("server"), network.host("client")];
      network.link(server, client, { latency: "20ms" });
      const counts: number[] = [];
      await server.run(() =>
        listen(
          { port: 80 },
          {
            async open(connection) {
              connection.write("before,");
              const handle = await open(path);
              const sent = connection.sendFile(handle);
              connection.write(",between,");
              counts.push(await sent, await connection.sendFile(path, { offset: 299_990, length: 100 }));
              await handle.close();
              connection.end(",after");
            },
            end() {},
          },
        ),
      );
      await client.run(async () => {
        const connection = await connect({ host: "server", port: 80 });
        await connection.end();
        const pieces: Uint8Array[] = [];
        for await (const bytes of connection.lend()) pieces.push(Buffer.from(bytes));
        assert.equal(Buffer.concat(pieces).toString(), `before,${data},between,0123456789,after`);
      });
      assert.deepEqual(counts, [300_000, 10]);
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
