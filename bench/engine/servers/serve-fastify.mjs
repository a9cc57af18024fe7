// Fastify under serve().
import { serve } from "../../../dist/index.js";
import { fastify } from "./fastify-hello.mjs";
import { serving } from "./program.mjs";

await fastify.ready();
const { port } = await serve(fastify.server, { host: "127.0.0.1", backlog: 4096 });
serving(port);
