// HTTP/1.1 on Bun.serve.
import { serving } from "./program.mjs";

const headers = { "Content-Type": "text/plain" };
const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  fetch: () => new Response("Hello, world\n", { headers }),
});
serving(server.port);
