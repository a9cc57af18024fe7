import http from "node:http";
import { WebSocketServer } from "ws";
import { announce } from "./limits.mjs";

const server = http.createServer((_request, response) => response.writeHead(426).end());
const sockets = new WebSocketServer({ noServer: true });
sockets.on("connection", (socket, request) => {
  socket.send(JSON.stringify(request.socket.remoteAddress));
  socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
});
server.on("upgrade", (request, socket, head) => {
  if (request.url === "/secret") {
    socket.write("HTTP/1.1 401 Unauthorized\r\n\r\n");
    socket.destroy();
    return;
  }
  sockets.handleUpgrade(request, socket, head, (client) => sockets.emit("connection", client, request));
});
server.listen(0, "127.0.0.1");
announce(server);
