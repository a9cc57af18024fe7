// The events and callbacks of the Duplex of toDuplex(), their order, and what its peer reads. On
// Node, the rows also run on net.Socket.
import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { test } from "node:test";
import { checkDuplex, duplexRows } from "../../../test/duplex-events.ts";
import { asyncApiTest } from "../../../test/engine/async-api.ts";
import { except } from "../../../test/platform.ts";
import { resetsHidden } from "../../../test/winsock-exceptions.ts";
import { AF, SOCK } from "../../posix/constants.ts";
import { socket } from "../../posix/socket.ts";
import { listen } from "../listener/listen.ts";

const notNodes = { bun: "what Bun's own net.Socket does", deno: "what Deno's own net.Socket does" };

for (const row of duplexRows) {
  const { what, allowHalfOpen = false } = row;
  asyncApiTest(
    `duplex: ${what}`,
    async (engine, fixture) => {
      const listener = await listen({ host: "127.0.0.1", engine });
      const { address } = listener;
      assert.ok(address.family === "ipv4");
      const peer = fixture.tcp();
      await checkDuplex(row, address.port, peer, async () =>
        (await listener.accept()).toDuplex({ allowHalfOpen }),
      );
      await listener.close({ drain: 0 });
    },
    resetsHidden,
  );

  test(`duplex: ${what}: net.Socket`, except({ ...notNodes, ...resetsHidden }), async (context) => {
    const server = net.createServer({ allowHalfOpen }).listen(0, "127.0.0.1");
    context.after(() => server.close());
    await once(server, "listening");
    const address = server.address();
    assert.ok(typeof address === "object" && address !== null);
    using peer = socket(AF.INET, SOCK.STREAM);
    const isNode26 = Number.parseInt(process.versions.node, 10) >= 26;
    const expected = { ...row, told: (isNode26 && row.toldByNode26) || row.told };
    await checkDuplex(expected, address.port, peer, async () => (await once(server, "connection"))[0]);
  });
}
