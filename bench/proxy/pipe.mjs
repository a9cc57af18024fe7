// A proxy on node:net, with pipe(). pipe.mjs TARGET-PORT
import { connect, createServer } from "node:net";

const target = Number(process.argv[2]);
const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
  const other = connect({ host: "127.0.0.1", port: target, noDelay: true, allowHalfOpen: true });
  client.pipe(other).pipe(client);
  for (const [one, its] of [
    [client, other],
    [other, client],
  ])
    one.on("error", () => its.resetAndDestroy());
});
process.stdin.resume().once("end", () => process.exit());
server.listen({ host: "127.0.0.1", port: 0, backlog: 4096 }, () =>
  console.log(JSON.stringify({ port: server.address().port, pid: process.pid })),
);
