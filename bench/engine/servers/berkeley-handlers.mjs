// An echo server on this package, with handlers.
import { listen } from "../../../dist/index.js";
import { serving } from "./program.mjs";

const server = await listen(
  { host: "127.0.0.1", backlog: 4096 },
  { data: (connection, bytes) => connection.write(bytes) },
);
serving(server.address.port);
