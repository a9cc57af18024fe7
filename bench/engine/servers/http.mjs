// HTTP/1.1 on node:http.
import { createServer } from "node:http";
import { hello } from "./hello.mjs";
import { serving } from "./program.mjs";

const server = createServer(hello);
server.listen({ host: "127.0.0.1", port: 0, backlog: 4096 }, () => serving(server.address().port));
