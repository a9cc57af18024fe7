// TLS with node:tls, over sockets that berkeley accepts and connects.
//
//   node examples/tls.ts key.pem cert.pem
import { readFileSync } from "node:fs";
import { createServer, connect as secure } from "node:tls";
import { connect, listen } from "berkeley";

const [keyFile = "key.pem", certFile = "cert.pem"] = process.argv.slice(2);
const [key, cert] = [readFileSync(keyFile), readFileSync(certFile)];

const echo = createServer({ key, cert }, (socket) => socket.pipe(socket));
const server = await listen(
  { host: "127.0.0.1" },
  {
    open: (connection) =>
      connection.detach().then((socket) => echo.emit("connection", socket), console.error),
  },
);

const connection = await connect({ address: server.address });
const client = secure({ socket: await connection.detach(), ca: cert, servername: "localhost" });
client.end(`hello from ${client.localAddress}`);
for await (const bytes of client) console.log(`${client.getProtocol()}: ${bytes}`);
await server.close({ drain: 1000 });
