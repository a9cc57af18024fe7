// A program in which a library has added enumerable members to prototypes.
import assert from "node:assert/strict";

for (const { prototype } of [Object, Array, Function, Uint8Array])
  Reflect.set(prototype, "extend", () => assert.fail("it was called"));
assert.equal("extend" in {}, true);

const { connect, listen, posix } = await import("../index.ts");
await import("../diagnose/index.ts");
await import("../node/net/index.ts");
await import("../simulated/index.ts");
const server = await listen({ host: "127.0.0.1" }, { data: (connection, bytes) => connection.write(bytes) });
await assert.rejects(listen({ host: "127.0.0.1", port: server.port }), { code: "EADDRINUSE" });
const client = await connect({ address: server.address });
await client.write("text");
assert.equal(Buffer.from((await client.read()) ?? []).toString(), "text");
client.reset();
await Promise.all([client.closed, server.close({ drain: 0 })]);
const socket = posix.socket(posix.AF.INET, posix.SOCK.DGRAM);
assert.equal(posix.getsockopt(socket, posix.SO.TYPE), posix.SOCK.DGRAM);
posix.close(socket);
