import http from "node:http";
import { serve } from "@hono/node-server";
import { getConnInfo } from "@hono/node-server/conninfo";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { announce, limits, SMALL } from "./limits.mjs";

const app = new Hono();
app.get("/hello", (context) => context.text("hello"));
app.get("/ip", (context) => context.text(JSON.stringify(getConnInfo(context).remote.address)));
app.post("/echo", (context) => context.body(context.req.raw.body));
app.post("/small", bodyLimit({ maxSize: SMALL }), async (context) =>
  context.text(String((await context.req.arrayBuffer()).byteLength)),
);
announce(
  serve({
    fetch: app.fetch,
    hostname: "127.0.0.1",
    port: 0,
    createServer: http.createServer,
    serverOptions: limits,
  }),
);
