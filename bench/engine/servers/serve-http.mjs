// HTTP/1.1 by node:http under serve().
import { createServer } from "node:http";
import { serve } from "../../../dist/index.js";
import { hello } from "./hello.mjs";
import { serving } from "./program.mjs";

const { port } = await serve(createServer(hello), { host: "127.0.0.1", backlog: 4096 });
serving(port);
