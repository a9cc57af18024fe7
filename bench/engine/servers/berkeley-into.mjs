// An echo server on this package that reads into a buffer for each connection.
import { listen } from "../../../dist/index.js";
import { serving } from "./program.mjs";

const listener = await listen({ host: "127.0.0.1", backlog: 4096 });
serving(listener.address.port);
for await (const connection of listener) echo(connection);

async function echo(connection) {
  const into = new Uint8Array(16_384);
  try {
    for (;;) {
      const count = await connection.read({ into });
      if (count === null) break;
      await connection.write(into.subarray(0, count));
    }
    await connection.close();
  } catch {
    // The load ends with its connections open.
  }
}
