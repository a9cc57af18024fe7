// Many workers of one user, who may lock little memory: each listens and serves one connection, and
// keeps its ring until all have. Prints how many served, on which engine, and why the others were
// on another.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { becomeUnprivileged } from "../../../test/unprivileged.ts";
import { engineChoice } from "../../engine/choice.ts";
import { connect } from "../connection/connect.ts";
import { listen } from "../listener/listen.ts";

if (!isMainThread) parentPort?.postMessage(await served());
else if (process.send !== undefined) process.send(await served());
else {
  becomeUnprivileged();
  const program = fileURLToPath(import.meta.url);
  const [kind, count] = process.argv.slice(2);
  const start = (): Worker | ChildProcess => (kind === "threads" ? new Worker(program) : fork(program));
  const workers = Array.from({ length: Number(count) }, start);
  const told = await Promise.all(workers.map((worker) => once(worker, "message")));
  for (const worker of workers) {
    if (worker instanceof Worker) await worker.terminate();
    else worker.kill();
  }
  const counts = new Map<string, number>();
  for (const [each] of told) counts.set(each, (counts.get(each) ?? 0) + 1);
  for (const [each, count] of [...counts].sort()) console.log(`${count} ${each}`);
}

/** Serves a connection, and another of an own making; says how. The listener stays open. */
async function served(): Promise<string> {
  const server = await listen(
    { host: "127.0.0.1" },
    { data: (connection, bytes) => connection.write(bytes) },
  );
  const client = await connect({ address: server.address });
  await client.write("echo");
  const answer = Buffer.from((await client.read()) ?? []).toString();
  const { name, reason } = engineChoice();
  return `${answer}, ${name}: ${reason}`;
}
