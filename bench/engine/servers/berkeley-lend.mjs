// An echo server on this package, with `for await` over views of the engine's memory.
import { listen } from "../../../dist/index.js";
import { serving } from "./program.mjs";

const listener = await listen({ host: "127.0.0.1", backlog: 4096 });
serving(listener.address.port);
for await (const connection of listener) echo(connection);

async function echo(connection) {
  try {
    for await (const bytes of connection.lend()) await connection.write(bytes);
    await connection.close();
  } catch {
    // The load ends with its connections open.
  }
}
