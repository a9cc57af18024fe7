// HTTP/1.1 by node:http, on connections of this package.
import { createServer } from "node:http";
import { listen } from "../../../dist/index.js";
import { hello } from "./hello.mjs";
import { serving } from "./program.mjs";

const http = createServer(hello);
const listener = await listen({ host: "127.0.0.1", backlog: 4096 });
serving(listener.address.port);
for await (const connection of listener) http.emit("connection", connection.toDuplex());
