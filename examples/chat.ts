// A chat server: each connection receives what the others send. A slow reader delays the writers,
// so memory stays bounded.
//
//   node examples/chat.ts 7001    then, in several terminals: nc 127.0.0.1 7001
import { type Connection, listen } from "berkeley";

const connections = new Set<Connection>();
const listener = await listen({ host: "127.0.0.1", port: Number(process.argv[2] ?? 0), backlog: 16 });
process.once("SIGINT", async () => {
  await listener.close();
  for (const connection of connections) connection.reset();
});
console.log(listener.address);

for await (const connection of listener) void talk(connection);

async function talk(connection: Connection) {
  connections.add(connection);
  try {
    for await (const bytes of connection) await sendToOthers(connection, bytes);
    await connection.end();
  } catch (error) {
    console.error("connection lost:", error instanceof Error ? error.message : error);
  } finally {
    connections.delete(connection);
  }
}

function sendToOthers(from: Connection, bytes: Uint8Array) {
  const others = [...connections].filter((connection) => connection !== from);
  return Promise.allSettled(others.map((connection) => connection.write(bytes)));
}
