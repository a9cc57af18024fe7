// The TLS server of bench/engine, which echoes. Sessions are not resumed.
import { readFileSync } from "node:fs";
import { createServer } from "node:tls";

const read = (name) => readFileSync(new URL(`../../../.cache/bench/${name}`, import.meta.url));

export const server = createServer(
  { key: read("key.pem"), cert: read("certificate.pem"), noDelay: true },
  (socket) => {
    socket.on("data", (bytes) => socket.write(bytes));
    // The load closes its connections.
    socket.on("error", () => socket.destroy());
  },
);
