import Fastify from "fastify";
import { certificate } from "./certificate.mjs";
import { announce } from "./limits.mjs";

const app = Fastify({ http2: true, https: { allowHTTP1: true, ...certificate } });
app.addContentTypeParser("*", (_request, payload, done) => done(null, payload));
app.get("/hello", () => "hello");
app.get("/ip", (request) => JSON.stringify(request.ip));
app.post("/echo", (request, reply) => reply.send(request.body));
announce(app.server);
await app.listen({ port: 0, host: "127.0.0.1" });
