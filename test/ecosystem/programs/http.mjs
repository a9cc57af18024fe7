import http from "node:http";
import { announce, limits, SMALL } from "./limits.mjs";

const server = http.createServer(limits, (request, response) => {
  const { url, method } = request;
  if (url === "/hello") response.end("hello");
  else if (url === "/ip") response.end(JSON.stringify(request.socket.remoteAddress));
  else if (url === "/echo" && method === "POST") request.pipe(response);
  else if (url === "/small") refuseLarge(request, response);
  else if (url === "/slow") request.resume();
  else response.writeHead(404).end();
});

server.on("upgrade", (_request, socket, head) => {
  socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
  socket.write(head);
  socket.pipe(socket);
});

server.listen(0, "127.0.0.1");
announce(server);

/** Answers 413 before the body has come, and closes the connection. */
function refuseLarge(request, response) {
  let size = 0;
  request.on("data", (bytes) => {
    size += bytes.length;
    if (size > SMALL && !response.headersSent) {
      response.writeHead(413, { connection: "close" }).end("too large");
      request.unpipe();
      request.resume();
    }
  });
  request.on("end", () => {
    if (!response.headersSent) response.end(String(size));
  });
}
