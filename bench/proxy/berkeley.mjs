// A proxy on this package. berkeley.mjs TARGET-PORT
import { proxy } from "../../dist/index.js";

const server = await proxy({
  listen: { host: "127.0.0.1", backlog: 4096 },
  to: { host: "127.0.0.1", port: Number(process.argv[2]) },
});
process.stdin.resume().once("end", () => process.exit());
console.log(JSON.stringify({ port: server.port, pid: process.pid }));
