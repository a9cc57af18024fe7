// The Fastify server of bench/engine: the same response as hello.mjs, from an asynchronous handler.
import { createRequire } from "node:module";

const require = createRequire(new URL("../../../.cache/bench/package.json", import.meta.url));

export const fastify = require("fastify")();
fastify.get("/", async (_request, reply) => {
  reply.type("text/plain");
  return "Hello, world\n";
});
