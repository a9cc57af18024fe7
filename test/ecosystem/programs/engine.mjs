import { connect, engineChoice, listen } from "berkeley";

const server = await listen({ host: "127.0.0.1" }, { open: (connection) => connection.end("served") });
const client = await connect({ address: server.address });
const { name, reason } = engineChoice();
console.log(`${name}: ${reason}: ${Buffer.from((await client.read()) ?? [])}`);
await client.close();
await server.close({ drain: 0 });
