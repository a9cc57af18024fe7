// A TLS echo server under serve().
import { serve } from "../../../dist/index.js";
import { serving } from "./program.mjs";
import { server } from "./tls-echo.mjs";

const { port } = await serve(server, { host: "127.0.0.1", backlog: 4096 });
serving(port);
