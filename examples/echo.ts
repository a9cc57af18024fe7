// An echo server. Data goes back from the engine's memory without being copied.
//
//   node examples/echo.ts 7000
import { listen } from "berkeley";

const port = Number(process.argv[2] ?? 0);
const server = await listen({ port }, { data: (connection, bytes) => void connection.write(bytes) });
process.once("SIGINT", () => server.close());
console.log(server.address);
