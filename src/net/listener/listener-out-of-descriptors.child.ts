// More connections than descriptors: accepting pauses while there are none, and all are served
// eventually.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { connect } from "../connection/connect.ts";
import { listen } from "./listen.ts";

const engine = process.argv[2] === "uring" ? "uring" : "readiness";
const COUNT = 20;

if (process.argv[3] === "client") await client(Number(process.argv[4]));
else await server();

async function server() {
  const told = new Set<string>();
  const waits: number[] = [];
  let served = 0;
  const options = {
    host: "127.0.0.1",
    engine,
    onRetry(error: Error, milliseconds: number) {
      told.add(error.name);
      waits.push(milliseconds);
    },
  } as const;
  const isPull = process.argv[3] === "pull";
  const listener = isPull
    ? await listen(options)
    : await listen(options, {
        data: (connection, bytes) => connection.write(bytes),
        close: () => {
          served += 1;
        },
      });
  const port = "port" in listener.address ? listener.address.port : 0;
  // Another process, with its own descriptor limit, opens all connections at once, and then uses
  // them one by one.
  const child = spawn(process.execPath, [process.argv[1] ?? "", engine, "client", `${port}`], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const fillers: number[] = [];
  try {
    while (true) fillers.push(openSync("/dev/null", "r"));
  } catch {
    // Five are left for connections.
    for (const fd of fillers.splice(0, 5)) closeSync(fd);
  }
  if ("accept" in listener) {
    const all: Promise<void>[] = [];
    while (all.length < COUNT) {
      const connection = await listener.accept();
      all.push(
        (async () => {
          for await (const bytes of connection) await connection.write(bytes);
          await connection.close();
          served += 1;
        })(),
      );
    }
    await Promise.all(all);
  }
  await once(child, "exit");
  const { accepted, retried, causes, dropped } = listener.stats;
  for (const fd of fillers) closeSync(fd);
  await listener.close({ drain: Number.POSITIVE_INFINITY });
  assert.deepEqual([served, accepted, dropped], [COUNT, COUNT, 0]);
  assert.ok(retried > 0 && causes.ProcessFdQuotaExceeded === retried && waits.length === retried);
  // It does not spin: the delays grow up to a limit.
  assert.ok(waits.every((wait) => wait >= 5 && wait <= 1000));
  console.log(`told ${[...told].join()}, counted, and served all`);
}

async function client(port: number) {
  const connections = await Promise.all(
    Array.from({ length: COUNT }, () => connect({ host: "127.0.0.1", port, engine })),
  );
  for (const connection of connections) {
    await connection.write("x");
    await connection.read();
    await connection.close();
  }
}
