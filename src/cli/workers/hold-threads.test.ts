// `berkeley hold` with programs that listen in a worker thread of node:worker_threads.
import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { load } from "../../../test/held-load.ts";
import { ask, HeldWorkers } from "../../../test/held-workers.ts";
import { except } from "../../../test/platform.ts";

const inherited = except({ windows: "it refuses there: Windows hands no descriptors on by their numbers" });

/** Its thread answers as `server` of held-workers.ts does. */
const threaded = `
const { isMainThread, Worker, parentPort } = require("node:worker_threads");
if (isMainThread) {
  new Worker(__filename).on("message", (text) => console.log(text));
} else {
  require("node:http").createServer((request, response) => {
    if (Math.random() < 0.5) response.end(String(process.pid));
    else setTimeout(() => response.end(String(process.pid)), 5);
  }).listen(process.env.PORT, () => parentPort.postMessage("serves as " + process.env.BERKELEY_WORKER));
}
`;

test(
  "hold: a worker thread gets the socket, and another finds the port in use",
  inherited,
  async (context) => {
    const program = `
    const { isMainThread, Worker } = require("node:worker_threads");
    if (isMainThread) {
      const start = (what) => new Worker(__filename).on("message", (text) => console.log(what, text));
      start("first").once("message", () => start("second"));
    } else {
      const { parentPort } = require("node:worker_threads");
      require("node:http").createServer((request, response) => response.end("thread"))
        .on("error", ({ code }) => parentPort.postMessage(code))
        .listen(process.env.PORT, () => parentPort.postMessage("listens"));
    }`;
    const held = new HeldWorkers(context, program, []);
    for (let start = 1; start <= 2; start++) {
      await held.process.says(/second EADDRINUSE/, start);
      assert.equal(held.process.said(/first listens/), start);
      assert.equal(await ask(held.port, false), "thread");
      if (start === 1) held.process.child.kill("SIGUSR2");
    }
  },
);

test(
  "hold --workers: restarts of programs that serve in a thread lose nothing",
  inherited,
  async (context) => {
    const held = new HeldWorkers(context, threaded, ["--workers", "2"]);
    await held.process.says(/\[1\] serves as 1/);
    await held.process.says(/\[2\] serves as 2/);
    const clients = load(held.port);
    for (let restart = 1; restart <= 2; restart++) {
      held.process.child.kill("SIGUSR2");
      await held.untilRestarted(restart);
    }
    await clients.stop();
    assert.deepEqual(
      clients.answers.filter((answer) => !/^\d+$/.test(answer)),
      [],
    );
    held.process.child.kill("SIGTERM");
    await once(held.process.child, "close");
  },
);
