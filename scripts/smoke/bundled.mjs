// A program to be bundled: it listens, and connects to itself. It has no top-level await, which a
// CommonJS bundle cannot have.
import { connect, listen } from "berkeley";

async function main() {
  const server = await listen(
    { host: "127.0.0.1" },
    { data: (connection, bytes) => void connection.write(bytes) },
  );
  const client = await connect({ address: server.address });
  await client.end("hello");
  let echoed = "";
  for await (const bytes of client) echoed += Buffer.from(bytes);
  await server.close();
  if (echoed !== "hello") throw new Error(`it answered ${JSON.stringify(echoed)}`);
}
main();
