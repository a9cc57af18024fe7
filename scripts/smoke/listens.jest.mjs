// Jest runs two copies of this file in one process, each with a copy of the package in its own
// context.
import { connect, listen } from "berkeley";

test("it listens", async () => {
  const server = await listen({ host: "127.0.0.1" }, { open: (connection) => void connection.end("hello") });
  const client = await connect({ address: server.address });
  let received = "";
  for await (const bytes of client) received += Buffer.from(bytes);
  await server.close();
  expect(received).toBe("hello");
});
