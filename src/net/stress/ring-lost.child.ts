// Run under strace, which makes io_uring's calls fail: prints what happens to a listener, its
// connections and a datagram socket.
import { becomeUnprivileged } from "../../../test/unprivileged.ts";
import { engineChoice } from "../../engine/choice.ts";
import { connect } from "../connection/connect.ts";
import { listen } from "../listener/listen.ts";
import { udp } from "../udp/udp.ts";

const codeOf = (error: unknown) =>
  error instanceof Error && "code" in error ? String(error.code) : String(error);
if (process.argv[2] === "unprivileged") becomeUnprivileged();
const { name, reason } = engineChoice();
console.log(`${name}: ${reason}`);
const told: string[] = [];
const messages: string[] = [];
const keep = (error: unknown) => messages.push(error instanceof Error ? error.message : String(error));
// A Server has no handler for its end, so that is an uncaught exception.
process.on("uncaughtException", (error) => {
  keep(error);
  told.push(`server ${codeOf(error)}`);
});
let closing = false;
const server = await listen(
  { host: "127.0.0.1" },
  {
    data: (connection, bytes) => connection.write(bytes),
    error: (_, error) => {
      keep(error);
      told.push(`error ${codeOf(error)}`);
    },
  },
);
const listener = await listen({ host: "127.0.0.1" });
const accepting = listener.accept().catch((error) => {
  if (closing) return;
  keep(error);
  told.push(`accept ${codeOf(error)}`);
});
const socket = await udp({ host: "127.0.0.1" });
const receiving = socket.receive().catch((error) => {
  if (closing) return;
  keep(error);
  told.push(`receive ${codeOf(error)}`);
});
try {
  const client = await connect({ address: server.address });
  for (let round = 0; round < 40; round++) {
    await client.write("x");
    if ((await client.read())?.length !== 1) throw new Error("no echo");
  }
  await client.close();
  told.push("echoed");
} catch (error) {
  keep(error);
  told.push(`client ${codeOf(error)}`);
}
if (told.includes("echoed")) {
  closing = true;
  await Promise.all([listener.close(), socket.close()]);
}
await Promise.all([accepting, receiving, server.close({ drain: 0 })]);
// The program continues, whatever happened to the ring.
const later = await listen({ host: "127.0.0.1" }, { open: (connection) => connection.end("bye") });
const last = await connect({ address: later.address });
if ((await last.read())?.length === 3) told.push("served");
await Promise.all([last.close(), later.close({ drain: 0 })]);
console.log(told.join(", "));
console.log(`${engineChoice().name}: ${engineChoice().reason}`);
for (const message of messages) console.log(message);
