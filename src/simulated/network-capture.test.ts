import assert from "node:assert/strict";
import { test } from "node:test";
import { simulate } from "./index.ts";

test("network.capture(): records what follows, as a file, as text and as a diagram", () =>
  simulate({ seed: 1 }, async (network) => {
    const server = network.host("server");
    const client = network.host("client");
    const capture = network.capture();
    await server.listen({ port: 80 }, { data: (connection, bytes) => connection.write(bytes) });
    const connection = await client.connect({ host: "server", port: 80 });
    await connection.write("hello");
    assert.equal(`${Buffer.from((await connection.read()) ?? [])}`, "hello");
    assert.match(capture.text(), /\[S\]|SYN|Flags|S /);
    assert.match(capture.svg(), /^<svg/);
    // The magic number of pcapng's section header.
    assert.deepEqual([...capture.pcapng().subarray(0, 4)], [0x0a, 0x0d, 0x0d, 0x0a]);
  }));

test("the error of a failed simulation ends with the last packets", async () => {
  await assert.rejects(
    simulate({ seed: 7 }, async (network) => {
      const server = network.host("server");
      const client = network.host("client");
      await server.listen({ port: 80 }, {});
      await client.connect({ host: "server", port: 80 });
      throw new Error("it failed");
    }),
    /^Error: it failed\n\(simulated with seed 7: .*\)\nThe last packets:\n(.*\n)*.*:80.*/,
  );
});
