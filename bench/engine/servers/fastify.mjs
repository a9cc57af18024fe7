// Fastify on node:http.
import { fastify } from "./fastify-hello.mjs";
import { serving } from "./program.mjs";

await fastify.listen({ host: "127.0.0.1", port: 0, backlog: 4096 });
serving(fastify.server.address().port);
