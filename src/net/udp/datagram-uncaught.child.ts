// A handler that throws, without error(); then a socket that does not keep the process running.
import { udp } from "./udp.ts";

const engine = process.argv[2] === "uring" ? "uring" : "readiness";
process.on("uncaughtException", (error: unknown) => {
  console.log(`uncaught: ${error}`);
  void client.send("2");
});
let received = 0;
const server = await udp(
  { host: "127.0.0.1", engine },
  {
    message(socket) {
      received += 1;
      if (received === 1) throw "thrown";
      console.log(`received ${received}`);
      socket.unref();
    },
  },
);
const client = await udp({ remote: server.address, engine });
client.unref();
await client.send("1");
