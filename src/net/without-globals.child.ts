// A program that lacks some of Node's globals, like a test under Jest's jsdom.
import assert from "node:assert/strict";
// Bun creates it on first use, from the globals.
import "node:util";

for (const name of ["TextDecoder", "TextEncoder"]) Reflect.deleteProperty(globalThis, name);
assert.equal(typeof TextEncoder, "undefined");

const { connect, listen, posix } = await import("../index.ts").then(async (index) => ({
  ...index,
  posix: await import("../posix/index.ts"),
}));
const server = await listen({ host: "127.0.0.1" }, { data: (connection, bytes) => connection.write(bytes) });
const client = await connect({ address: server.address });
await client.write("text");
assert.equal(Buffer.from((await client.read()) ?? []).toString(), "text");
client.reset();
await Promise.all([client.closed, server.close({ drain: 0 })]);
const unix = posix.socket(posix.AF.UNIX, posix.SOCK.DGRAM);
posix.bind(unix, { family: "unix", path: `\0näme${process.pid}` });
assert.equal("path" in posix.getsockname(unix), true);
posix.close(unix);
