// An echo server on this package, with handlers; an environment variable may set `busyPoll`.
import { listen } from "../../../dist/index.js";
import { serving } from "./program.mjs";

const server = await listen(
  { host: "127.0.0.1", backlog: 4096, busyPoll: Number(process.env.BUSY_POLL ?? 0) },
  { data: (connection, bytes) => connection.write(bytes) },
);
serving(server.address.port);
