// Runs under strace, which makes system calls fail, and prints what the async API reports.
import { connect } from "../connection/connect.ts";
import { listen } from "../listener/listen.ts";

const codeOf = (error: unknown) =>
  error instanceof Error && "code" in error ? String(error.code) : String(error);
const told: string[] = [];
const server = await listen(
  {
    host: "127.0.0.1",
    engine: "readiness",
    onRetry: (error, wait) => told.push(`retry ${codeOf(error)} ${wait}`),
  },
  {
    data: (connection, bytes) => connection.write(bytes),
    close: (_, error) => {
      if (error !== null) told.push(`close ${codeOf(error)}`);
    },
  },
);
try {
  const client = await connect({ address: server.address, engine: "readiness" });
  await client.write("x");
  told.push(`read ${(await client.read())?.length}`);
  await client.end();
  if ((await client.read()) !== null) told.push("more");
  await client.close();
} catch (error) {
  told.push(`failed ${codeOf(error)}`);
}
await server.close({ drain: 0 });
console.log(told.join(", "));
