// TLS with node:tls, over berkeley's connections on both sides.
//
//   node examples/tls.ts key.pem cert.pem
import { readFileSync } from "node:fs";
import { createServer, connect as secure } from "node:tls";
import { connect, listen } from "berkeley";

const [keyFile = "key.pem", certFile = "cert.pem"] = process.argv.slice(2);
const [key, cert] = [readFileSync(keyFile), readFileSync(certFile)];

const echo = createServer({ key, cert }, (socket) => socket.pipe(socket));
await using listener = await listen({ host: "127.0.0.1" });
listener.accept().then((connection) => echo.emit("connection", connection.toDuplex()));

const connection = await connect({ address: listener.address });
const client = secure({ socket: connection.toDuplex(), ca: cert, servername: "localhost" });
client.end("hello");
for await (const bytes of client) console.log(`${client.getProtocol()}: ${bytes}`);
