// HTTP by node:http, on a listener of our own: the accept queue is as long as we say, and a
// connection is only accepted once its request has come (TCP_DEFER_ACCEPT).
//
//   node examples/http.ts 8080
import { createServer } from "node:http";
import { listen } from "berkeley";
import { TCP } from "berkeley/posix";

const web = createServer((request, response) => {
  response.end(
    `hello, ${request.socket.remoteAddress}; ${listener.queue?.pending ?? "?"} connections wait\n`,
  );
});
const listener = await listen({
  host: "127.0.0.1",
  port: Number(process.argv[2] ?? 0),
  backlog: 1024,
  options: [[TCP.DEFER_ACCEPT, 5]],
});
process.once("SIGINT", () => listener.close());
console.log(listener.address, listener.backlog);
for await (const connection of listener) web.emit("connection", connection.toDuplex());
