// Echo: what comes goes back from where it lies in the engine's memory, and no byte of it passes
// through JavaScript.
//
//   node examples/echo.ts 7000
import { listen } from "berkeley";

const port = Number(process.argv[2] ?? 0);
const server = await listen({ port }, { data: (connection, bytes) => void connection.write(bytes) });
process.once("SIGINT", () => server.close());
console.log(server.address);
