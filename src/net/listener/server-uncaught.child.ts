// A handler throws without an error handler: the exception is uncaught, and the server continues.
import { connect } from "../connection/connect.ts";
import { listen } from "./listen.ts";

const engine = process.argv[2] === "uring" ? "uring" : "readiness";
process.on("uncaughtException", (error) => console.log(`uncaught: ${error.message}`));
let first = true;
const server = await listen(
  { host: "127.0.0.1", engine },
  {
    data(connection) {
      if (first) throw new Error("a mistake");
      connection.end("served");
    },
    close() {
      if (first) {
        first = false;
        throw new Error("in close()");
      }
    },
  },
);
const unlucky = await connect({ address: server.address, engine });
await unlucky.write("x");
await unlucky.read().catch(() => {});
await unlucky.close();
const client = await connect({ address: server.address, engine });
await client.write("x");
console.log(String(Buffer.from((await client.read()) ?? [])));
await client.close();
await server.close();
