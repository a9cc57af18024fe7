/**
 * In the real jsdom, whose realm has neither TextEncoder nor Node's Uint8Array.
 *
 * @jest-environment jsdom
 */
import { connect, listen } from "berkeley";

test("it listens, and sends bytes of jsdom's realm", async () => {
  expect(typeof window).toBe("object");
  const server = await listen(
    { host: "127.0.0.1" },
    { open: (connection) => void connection.end(new Uint8Array([104, 105])) },
  );
  const client = await connect({ address: server.address });
  await client.end("text");
  const received = [];
  for await (const bytes of client) received.push(...bytes);
  await server.close();
  expect(received).toEqual([104, 105]);
});
