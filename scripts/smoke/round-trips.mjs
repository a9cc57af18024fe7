// Connections of ours and of node:net's, which must keep working under fake timers.
import { once } from "node:events";
import net from "node:net";
import { connect, listen } from "berkeley";

/** Resolves to what the peers of both have echoed, after a time-out that runs on real time. */
export async function roundTrips() {
  const server = await listen(
    { host: "127.0.0.1" },
    { data: (connection, bytes) => connection.write(bytes) },
  );
  const client = await connect({ address: server.address, timeout: 20_000 });
  const timedOut = await client.read({ timeout: 5 }).catch((error) => error.name);
  await client.write("ours");
  const ours = Buffer.from((await client.read({ timeout: 20_000 })) ?? []).toString();
  await client.close();
  await server.close();

  const nodes = net.createServer((socket) => socket.pipe(socket)).listen(0, "127.0.0.1");
  await once(nodes, "listening");
  const socket = net.connect(nodes.address().port, "127.0.0.1");
  socket.write("node's");
  const [echo] = await once(socket, "data");
  socket.destroy();
  nodes.close();
  return [timedOut, ours, `${echo}`];
}
