import http from "node:http";
import { Server } from "socket.io";
import { announce } from "./limits.mjs";

const server = http.createServer();
new Server(server).on("connection", (socket) => {
  socket.on("echo", (data, reply) => reply(data));
});
server.listen(0, "127.0.0.1");
announce(server);
