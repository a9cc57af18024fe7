import http from "node:http";
import Koa from "koa";
import { announce, limits, SMALL } from "./limits.mjs";

const app = new Koa();
app.use(async (context) => {
  if (context.path === "/hello") context.body = "hello";
  else if (context.path === "/ip") context.body = JSON.stringify(context.ip);
  else if (context.path === "/echo") {
    context.type = "application/octet-stream";
    context.body = context.req;
  } else if (context.path === "/small") {
    let size = 0;
    for await (const bytes of context.req) {
      size += bytes.length;
      if (size > SMALL) {
        context.set("connection", "close");
        context.throw(413, "too large");
      }
    }
    context.body = String(size);
  }
});
const server = http.createServer(limits, app.callback());
server.listen(0, "127.0.0.1");
announce(server);
