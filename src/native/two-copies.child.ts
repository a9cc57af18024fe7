// Serves with two copies of the package in one process, each connecting to the other. The arguments
// are the index.js of each copy. With `--worker` as the first, both do so in the main thread and in
// a worker thread at the same time.
import assert from "node:assert/strict";
import { once } from "node:events";
import { fileURLToPath, pathToFileURL } from "node:url";
import { isMainThread, Worker, workerData } from "node:worker_threads";

type Berkeley = typeof import("../index.ts");

const inWorkersToo = process.argv[2] === "--worker";
const paths: readonly string[] = isMainThread ? process.argv.slice(inWorkersToo ? 3 : 2) : workerData;
const engines = process.platform === "linux" ? (["uring", "readiness"] as const) : (["readiness"] as const);

const worker =
  isMainThread && inWorkersToo
    ? new Worker(fileURLToPath(import.meta.url), { workerData: paths })
    : undefined;
const ended = worker === undefined ? undefined : once(worker, "exit");

const copies: Berkeley[] = [];
for (const path of paths) copies.push(await import(pathToFileURL(path).href));
const [one, two] = copies;
assert.ok(one !== undefined && two !== undefined);
assert.notEqual(one.posix.Socket, two.posix.Socket);

for (const engine of engines) {
  if (engine === "uring" && one.engineChoice().name !== "uring") continue;
  await Promise.all([echoes(one, two), echoes(two, one), echoes(one, one), echoes(two, two)]);

  async function echoes(serving: Berkeley, connecting: Berkeley) {
    const server = await serving.listen(
      { host: "127.0.0.1", engine },
      { data: (connection, bytes) => void connection.write(bytes) },
    );
    const client = await connecting.connect({ address: server.address, engine });
    await client.end("hello");
    const echoed: Uint8Array[] = [];
    for await (const bytes of client) echoed.push(bytes.slice());
    assert.equal(Buffer.concat(echoed).toString(), "hello");
    await server.close();

    const receiver = await serving.udp({ host: "127.0.0.1", engine });
    const sender = await connecting.udp({ host: "127.0.0.1", engine });
    assert.ok(receiver.address.family === "ipv4");
    await sender.send("datagram", receiver.address);
    assert.equal(Buffer.from((await receiver.receive()).data).toString(), "datagram");
    await Promise.all([receiver.close(), sender.close()]);
  }
}
if (ended !== undefined) assert.deepEqual(await ended, [0]);
