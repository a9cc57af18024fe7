// An echo server on node:net.
import { createServer } from "node:net";
import { serving } from "./program.mjs";

const server = createServer({ noDelay: true }, (socket) => {
  socket.on("data", (bytes) => socket.write(bytes));
  // The load ends with its connections open.
  socket.on("error", () => socket.destroy());
});
server.listen({ host: "127.0.0.1", port: 0, backlog: 4096 }, () => serving(server.address().port));
