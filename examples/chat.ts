// A chat: what one connection writes, all others read. A reader that is slow holds up those who
// write to it, and no memory fills.
//
//   node examples/chat.ts 7001, and in several terminals: nc 127.0.0.1 7001
import { type Connection, listen } from "berkeley";

const room = new Set<Connection>();
const listener = await listen({ host: "127.0.0.1", port: Number(process.argv[2] ?? 0), backlog: 16 });
process.once("SIGINT", async () => {
  await listener.close();
  for (const connection of room) connection.reset();
});
console.log(listener.address);

for await (const connection of listener) void talk(connection);

async function talk(connection: Connection) {
  room.add(connection);
  try {
    for await (const bytes of connection) await tellOthers(connection, bytes);
    await connection.end();
  } catch (error) {
    console.error("a connection was lost:", error instanceof Error ? error.message : error);
  } finally {
    room.delete(connection);
  }
}

function tellOthers(from: Connection, bytes: Uint8Array) {
  const others = [...room].filter((connection) => connection !== from);
  return Promise.allSettled(others.map((connection) => connection.write(bytes)));
}
