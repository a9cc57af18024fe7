// Runs the rows that hold for Node's net.Socket on the Sockets that berkeley/net accepts.
import assert from "node:assert/strict";
import { once } from "node:events";
import { checkDuplex, duplexRows } from "../../../test/duplex-events.ts";
import { netTest } from "../../../test/engine/net-test.ts";
import { resetsHidden } from "../../../test/winsock-exceptions.ts";
import { createServer } from "./index.ts";

for (const row of duplexRows) {
  netTest(
    `berkeley/net: ${row.what}`,
    async (fixture) => {
      const server = createServer({ allowHalfOpen: row.allowHalfOpen === true }).listen(0, "127.0.0.1");
      await once(server, "listening");
      const address = server.address();
      assert.ok(typeof address === "object" && address !== null);
      await checkDuplex(row, address.port, fixture.tcp(), async () => {
        const [socket] = await once(server, "connection");
        return socket;
      });
      server.close();
      await once(server, "close");
    },
    resetsHidden,
  );
}
