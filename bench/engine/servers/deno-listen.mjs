// An echo server on Deno.listen.
import { serving } from "./program.mjs";

const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
serving(listener.addr.port);
for await (const connection of listener) echo(connection);

async function echo(connection) {
  connection.setNoDelay(true);
  const buffer = new Uint8Array(64 * 1024);
  try {
    for (;;) {
      const received = await connection.read(buffer);
      if (received === null) break;
      for (let sent = 0; sent < received; ) sent += await connection.write(buffer.subarray(sent, received));
    }
  } catch {
    // The load ends with its connections open.
  } finally {
    connection.close();
  }
}
