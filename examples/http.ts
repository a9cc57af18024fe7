// HTTP with node:http on berkeley's listener, with a backlog of 1024 and TCP_DEFER_ACCEPT, which
// accepts a connection only when its request has arrived. Ctrl-C answers what is under way first.
//
//   node examples/http.ts 8080
import { createServer } from "node:http";
import { serve } from "berkeley";
import { TCP } from "berkeley/posix";

const web = createServer((request, response) => {
  response.end(`hello, ${request.socket.remoteAddress}; ${served.queue?.pending ?? "?"} connections wait\n`);
});
const served = await serve(web, {
  host: "127.0.0.1",
  port: Number(process.argv[2] ?? 0),
  backlog: 1024,
  options: [[TCP.DEFER_ACCEPT, 5]],
});
process.once("SIGINT", () => served.closeGracefully({ timeout: 5000 }));
console.log(served.address, served.backlog);
