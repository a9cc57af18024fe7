import http from "node:http";
import Fastify from "fastify";
import { announce, limits, SMALL } from "./limits.mjs";

const app = Fastify({
  serverFactory: (handler) => http.createServer(limits, handler),
  forceCloseConnections: true,
});
app.addContentTypeParser("*", (_request, payload, done) => done(null, payload));
app.get("/hello", () => "hello");
app.get("/ip", (request) => JSON.stringify(request.ip));
app.post("/echo", (request, reply) => reply.send(request.body));
app.register(async (scope) => {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser("*", { parseAs: "buffer", bodyLimit: SMALL }, (_request, body, done) =>
    done(null, body),
  );
  scope.post("/small", (request) => String(request.body.length));
});
await app.ready();
announce(app.server);
await app.listen({ port: 0, host: "127.0.0.1" });
