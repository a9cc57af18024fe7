// A program, or a thread of one, that ends with connections under load: its peers notice, and
// nothing else is affected.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { asyncApiTest } from "../../../test/engine/async-api.ts";
import { someTurns } from "../../../test/engine/engine-test.ts";
import { haveWorkers, workersEnd } from "../../../test/engine/workers-end.ts";
import { runProgram, runSource } from "../../../test/program.ts";
import type { EngineName } from "../../engine/engine.ts";
import { host } from "../../system/host.ts";
import { connect } from "../connection/connect.ts";
import { listen } from "../listener/listen.ts";

const program = new URL("./ends.child.js", import.meta.url);
const PEERS = 16;

/** Loads the server until it is gone: each peer gets an end or a failure. */
async function load(engine: EngineName, port: number): Promise<number> {
  const told = await Promise.all(
    Array.from({ length: PEERS }, async () => {
      const peer = await connect({ host: "127.0.0.1", port, engine });
      let echoes = 0;
      try {
        for (;;) {
          await peer.write("ping");
          if ((await peer.read()) === null) break;
          echoes++;
        }
        peer.reset();
      } catch {
        // It was reset.
      }
      await peer.closed;
      return echoes;
    }),
  );
  return told.reduce((sum, echoes) => sum + echoes, 0);
}

/**
 * The port is free again: with a ring, once the kernel has cancelled the thread's operations
 * (io_ring_exit_work in io_uring.c).
 */
async function listensAgain(engine: EngineName, port: number): Promise<void> {
  for (;;) {
    try {
      const listener = await listen({ host: "127.0.0.1", port, engine });
      return await listener.close();
    } catch (error) {
      assert.equal(error instanceof Error && error.name, "AddressInUse");
    }
  }
}

/** Windows has no signals: the caller of TerminateProcess() sets the exit status. */
const KILLED = host.name === "windows" ? [1, null] : [null, "SIGKILL"];

for (const how of ["exits", "exits soon", "throws", "is killed"]) {
  asyncApiTest(`ends: a program that ${how} with connections under load`, async (engine) => {
    const child = spawn(process.execPath, [fileURLToPath(program), how, engine], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const exit = once(child, "close");
    let complaint = "";
    child.stderr.on("data", (text) => {
      complaint += text;
    });
    const [port] = await once(child.stdout, "data");
    assert.ok((await load(engine, Number(port))) > 0);
    const [status, signal] = await exit;
    if (how.startsWith("exits")) assert.deepEqual([status, signal, complaint], [7, null, ""]);
    else if (how === "is killed") assert.deepEqual([status, signal], KILLED);
    else assert.match(complaint, /error: on purpose/i);
    await listensAgain(engine, Number(port));
  });
}

for (const how of ["exits", "exits soon", "throws", "is terminated", "is terminated in a handler"]) {
  asyncApiTest(
    `ends: a thread that ${how} with connections under load`,
    async (engine, fixture) => {
      if (!haveWorkers(engine, fixture)) return;
      const workers = Array.from({ length: 3 }, () => new Worker(program, { workerData: [how, engine] }));
      await Promise.all(
        workers.map(async (worker) => {
          const exit = new Promise((resolve) => worker.once("exit", resolve));
          let thrown: unknown;
          worker.once("error", (error) => {
            thrown = error;
          });
          const [port] = await once(worker, "message");
          worker.on("message", () => worker.terminate());
          assert.ok((await load(engine, port)) > 0);
          const status = await exit;
          if (how.startsWith("exits")) assert.equal(status, 7);
          if (how === "throws") assert.equal(String(thrown), "Error: on purpose");
          await listensAgain(engine, port);
        }),
      );
      await someTurns();
    },
    workersEnd,
  );
}

// koffi.view(), load() and func() abort the process if a thread is terminated while one of them
// runs (koffi 3.3.4, Error::ThrowAsJavaScriptException in its node-addon-api). They are too short
// to hit on purpose.
asyncApiTest(
  "ends: a serving thread calls nothing of koffi's during which it must not be terminated",
  async (engine, fixture) => {
    if (!haveWorkers(engine, fixture)) return;
    const { status, stdout, stderr } = runSource(countingProgram(engine));
    assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: "none\n", stderr: "" });
  },
  { ...workersEnd, windows: "there each connection has a uv_poll_t, whose memory is mapped by 64 KiB" },
);

/**
 * A server in a thread, which records those koffi calls from when it listens until it has echoed to
 * many.
 */
function countingProgram(engine: EngineName): string {
  const address = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);
  return `
    import { createRequire } from "node:module";
    import { isMainThread, parentPort, Worker } from "node:worker_threads";
    import { connect } from ${address("../connection/connect.js")};
    if (isMainThread) {
      const worker = new Worker(new URL(import.meta.url));
      worker.once("message", async (port) => {
        const peers = Array.from({ length: 200 }, async () => {
          const peer = await connect({ host: "127.0.0.1", port, engine: "${engine}" });
          for (let echoes = 0; echoes < 3; echoes++) {
            await peer.write(Buffer.alloc(3000));
            for (let got = 0; got < 3000; got += (await peer.read()).length);
          }
          await peer.close();
        });
        await Promise.all(peers);
        worker.once("message", (called) => {
          console.log(called.join() || "none");
          process.exit();
        });
        worker.postMessage("done");
      });
    } else {
      const koffi = createRequire(${address("../listener/listen.js")})("koffi");
      let called = [];
      const noted = (name, call) => (...values) => {
        called.push(name);
        return call(...values);
      };
      for (const name of ["view", "load", "register", "proto", "decode"]) koffi[name] = noted(name, koffi[name]);
      const { listen } = await import(${address("../listener/listen.js")});
      const data = (connection, bytes) => connection.write(Buffer.from(bytes));
      const server = await listen({ host: "127.0.0.1", engine: "${engine}" }, { data });
      if (called.length === 0) throw new Error("nothing was noted");
      called = [];
      parentPort.once("message", () => parentPort.postMessage(called));
      parentPort.postMessage(server.address.port);
    }`;
}

for (const kind of ["program", "thread"]) {
  asyncApiTest(
    `ends: a ${kind} that closes everything ends by itself, and its peers notice`,
    async (engine, fixture) => {
      if (kind === "thread" && !haveWorkers(engine, fixture)) return;
      if (kind === "program") {
        const child = spawn(process.execPath, [fileURLToPath(program), "returns", engine], {
          stdio: ["ignore", "pipe", "inherit"],
        });
        const exit = once(child, "close");
        const [port] = await once(child.stdout, "data");
        await idleUntilGone(engine, Number(port));
        assert.deepEqual(await exit, [0, null]);
      } else {
        const thread = new Worker(program, { workerData: ["returns", engine] });
        const exit = once(thread, "exit");
        const [port] = await once(thread, "message");
        await idleUntilGone(engine, port);
        assert.deepEqual(await exit, [0]);
      }
    },
    kind === "thread" ? workersEnd : {},
  );
}

/** Sends the number of echoes after which the server closes everything, then only listens. */
async function idleUntilGone(engine: EngineName, port: number): Promise<void> {
  const peer = await connect({ host: "127.0.0.1", port, engine });
  try {
    for (let echoes = 0; echoes < 300; echoes++) {
      await peer.write("ping");
      await peer.read();
    }
    assert.equal(await peer.read(), null);
  } catch (error) {
    assert.ok(error instanceof Error && error.name === "ConnectionResetByPeer", String(error));
  }
  peer.reset();
  await peer.closed;
}

asyncApiTest(
  "ends: child processes inherit nothing",
  (engine) => {
    const inherits = new URL("./inherits.child.js", import.meta.url);
    assert.equal(runProgram(inherits, { args: [engine] }), "");
    return Promise.resolve();
  },
  { windows: "Windows does not list handles; accepted sockets are checked one by one" },
);
