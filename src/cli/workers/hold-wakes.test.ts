// Connections whose wake-up went to a worker that no longer accepts.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { readAll } from "../../../test/command.ts";
import { inherited } from "../../../test/held-process.ts";
import { ask, HeldWorkers } from "../../../test/held-workers.ts";

const env = { BERKELEY: new URL("../../index.js", import.meta.url).href };

/** Answers every request with its process id. */
const program = `
  import(process.env.BERKELEY).then(async ({ listen, listenersFromEnvironment }) => {
    const head = "HTTP/1.1 200 OK\\r\\nConnection: close\\r\\n\\r\\n";
    const data = (connection) => { connection.write(head + process.pid); connection.end(); };
    await listen({ socket: listenersFromEnvironment()[0] }, { data, error() {} });
    console.log("serves as " + process.pid);
  });`;

/** Like npm: the server is a child of the worker's process. The first of these children stays. */
const behindAnother = `
  const { spawn } = require("node:child_process");
  spawn(process.execPath, ["-e", process.env.SERVER], { stdio: ["ignore", 1, 2, 3] });
  console.log("started by " + process.pid);
  process.on("SIGTERM", () => process.env.BERKELEY_WORKER_RUN === "1.1" || process.exit());
  setInterval(() => {}, 1e6);`;

for (const [how, text, starts] of [
  ["the worker", program, false],
  ["a process that the worker started", behindAnother, true],
] as const) {
  test(
    `hold --workers: a connection that woke ${how} before it was killed is served by the next`,
    inherited,
    async (context) => {
      const held = new HeldWorkers(context, text, ["--workers", "1"], { ...env, SERVER: program });
      const [, starter] = starts ? await held.process.says(/started by (\d+)/) : [];
      const [, old] = await held.process.says(/serves as (\d+)/);
      const stopped = Number(old);
      assert.equal(await ask(held.port, false), old);
      process.kill(stopped, "SIGSTOP");
      held.process.child.kill("SIGUSR2");
      const [, next] = await held.process.says(/serves as (\d+)/, 2);
      // With io_uring, the kernel wakes only the longest waiter, which is stopped.
      const client = connect(held.port, "127.0.0.1");
      await once(client, "connect");
      client.write("GET / HTTP/1.1\r\n\r\n");
      process.kill(stopped, "SIGKILL");
      assert.ok((await readAll(client)).endsWith(`\r\n\r\n${next}`));
      if (starter !== undefined) process.kill(Number(starter), "SIGKILL");
      await held.stop();
    },
  );
}
