// A TLS echo server on node:tls.
import { serving } from "./program.mjs";
import { server } from "./tls-echo.mjs";

server.listen({ host: "127.0.0.1", port: 0, backlog: 4096 }, () => serving(server.address().port));
