// `berkeley hold --workers` with unchanged programs.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { runBerkeley } from "../../../test/command.ts";
import { load } from "../../../test/held-load.ts";
import { inherited } from "../../../test/held-process.ts";
import { ask, HeldWorkers, server } from "../../../test/held-workers.ts";

for (const [how, words] of [
  ["one socket", []],
  ["a socket each", ["--reuseport"]],
] as const) {
  test(`hold --workers, ${how}: rolling restarts under load lose nothing`, inherited, async (context) => {
    const held = new HeldWorkers(context, server, ["--workers", "2", ...words]);
    await held.process.says(/\[1\] serves as 1/);
    await held.process.says(/\[2\] serves as 2/);
    const clients = load(held.port);
    for (let restart = 1; restart <= 3; restart++) {
      held.process.child.kill("SIGUSR2");
      await held.untilRestarted(restart);
    }
    await clients.stop();
    const lost = clients.answers.filter((answer) => !/^\d+$/.test(answer));
    assert.deepEqual(lost, []);
    assert.ok(new Set(clients.answers).size >= 6, "old and new workers answered");
    await held.stop();
  });
}

test(
  "hold --workers: a worker that is killed loses its own connections, and is replaced",
  inherited,
  async (context) => {
    const held = new HeldWorkers(context, server, ["--workers", "2"]);
    await held.untilRestarted(0);
    const [first, second] = await held.workers();
    assert.ok(first !== undefined && second !== undefined);
    const clients = load(held.port);
    process.kill(first.pid, "SIGKILL");
    await held.process.says(/Worker 1 ended by SIGKILL/);
    await held.process.says(/\[1\] serves as 1/, 2);
    await clients.stop();
    const lost = clients.answers.filter((answer) => !/^\d+$/.test(answer));
    // Each client had at most one request in flight.
    assert.ok(lost.length <= 6 && lost.every((code) => code === "ECONNRESET"), `${lost}`);
    assert.equal((await held.workers())[1]?.pid, second.pid);
    await held.stop();
  },
);

test(
  "hold --workers: a new version that crashes at its start never takes the old one down",
  inherited,
  async (context) => {
    const held = new HeldWorkers(context, server, ["--workers", "2"]);
    await held.untilRestarted(0);
    const before = (await held.workers()).map(({ pid }) => pid);
    const cancelled = /Worker 1 did not become ready, so the restart is cancelled and the old workers stay/;
    const clients = load(held.port);
    for (const [index, broken] of [
      "throw new Error('broken')",
      "process.exit(0)",
      "process.kill(process.pid)",
    ].entries()) {
      writeFileSync(held.file, broken);
      held.process.child.kill("SIGUSR2");
      await held.process.says(cancelled, index + 1);
    }
    await clients.stop();
    assert.deepEqual(
      clients.answers.filter((answer) => !before.includes(Number(answer))),
      [],
    );
    writeFileSync(held.file, server);
    held.process.child.kill("SIGUSR2");
    await held.process.says(/\[2\] serves as 2/, 2);
    await held.stop();
  },
);

test(
  "hold --workers: a new version that crashes once it serves takes one worker down, not all",
  inherited,
  async (context) => {
    const held = new HeldWorkers(context, server, ["--workers", "2"]);
    await held.untilRestarted(0);
    const [, second] = await held.workers();
    // The new second worker listens when the first one has ended, and hold knows it.
    const broken = `
      const { readFileSync, writeFileSync } = require("node:fs");
      if (process.env.BERKELEY_WORKER === "1") writeFileSync("pid", String(process.pid));
      else try { for (;;) process.kill(Number(readFileSync("pid")), "SIGKILL"); } catch {}
      ${server}`;
    writeFileSync(held.file, broken);
    held.process.child.kill("SIGUSR2");
    await held.process.says(
      /Worker 1 ended after its restart, so the restart is cancelled and the old workers stay/,
    );
    assert.equal((await held.workers())[1]?.pid, second?.pid);
    await held.process.says(/\[1\] serves as 1/, 3);
    await held.stop();
  },
);

test(
  "hold --workers: one that crashes at its start is started again, ever later",
  inherited,
  async (context) => {
    const held = new HeldWorkers(context, "console.log('starts'); process.exit(3)", ["--workers", "1"]);
    await held.process.says(/Worker 1 ended with status 3, and will be restarted/, 3);
    writeFileSync(held.file, server);
    await held.process.says(/\[1\] serves as 1/);
    await held.stop();
  },
);

test("hold --workers --max-memory: a worker that grows is replaced", inherited, async (context) => {
  const held = new HeldWorkers(context, server, ["--workers", "1", "--max-memory", "250M"]);
  await held.process.says(/serves as 1/);
  await ask(held.port, false, "/grow");
  await held.process.says(/Worker 1 uses \d+ MB: replacing it/);
  await held.process.says(/serves as 1/, 2);
  await held.stop();
});

test(
  "hold --workers --max-memory: one that is always too large is not replaced all the time",
  inherited,
  async (context) => {
    // The first worker is too large from the start, the second one on request.
    const program = `
      const grown = [];
      const grow = () => grown.push(Buffer.alloc(300 << 20, 1));
      if (process.env.BERKELEY_WORKER === "1") grow();
      process.on("SIGUSR1", grow);
      ${server}`;
    const held = new HeldWorkers(context, program, ["--workers", "2", "--max-memory", "250M"]);
    await held.process.says(/Worker 1 uses \d+ MB: replacing it/);
    await held.process.says(/\[1\] serves as 1/, 2);
    for (;;) {
      const [first, second] = await held.workers();
      assert.ok(first !== undefined && first.restarts <= 1);
      if (first.state !== "ready" || first.restarts < 1 || second?.state !== "ready") continue;
      process.kill(second.pid, "SIGUSR1");
      break;
    }
    // Its memory is checked after the first worker's.
    await held.process.says(/Worker 2 uses \d+ MB: replacing it/);
    assert.equal(held.process.said(/Worker 1 uses/), 1);
    await held.process.says(/\[2\] serves as 2/, 2);
    await held.stop();
  },
);

/** Programs that take the descriptor themselves. */
const byDescriptor = {
  "listen({ fd })": `
    const server = require("node:http").createServer((_, response) => response.end(String(process.pid)));
    server.listen({ fd: 3 }, () => console.log("serves"));`,
  "listenersFromEnvironment()": `
    import(process.env.BERKELEY).then(async ({ listen, listenersFromEnvironment }) => {
      const [socket] = listenersFromEnvironment();
      const head = "HTTP/1.1 200 OK\\r\\nConnection: close\\r\\n\\r\\n";
      const data = (c) => { c.write(head + process.pid); c.end(); };
      const server = await listen({ socket }, { data, error() {} });
      console.log("serves");
      // It answers the connections that it has accepted; process.exit() would reset them.
      process.once("SIGTERM", () => server.close());
    });`,
};
for (const [how, program] of Object.entries(byDescriptor)) {
  test(
    `hold --workers: a program that takes the socket by ${how} is restarted`,
    inherited,
    async (context) => {
      const env = { BERKELEY: new URL("../../index.js", import.meta.url).href };
      const held = new HeldWorkers(context, program, ["--workers", "1"], env);
      await held.untilRestarted(0);
      const first = await ask(held.port, false);
      held.process.child.kill("SIGUSR2");
      await held.untilRestarted(1);
      // The old worker may answer until it has acted on SIGTERM.
      let second = first;
      while (second === first) second = await ask(held.port, false);
      assert.match(second, /^\d+$/);
      await held.stop();
    },
  );
}

test(
  "hold --workers: a watcher's new process is the one that is shown, and drained",
  inherited,
  async (context) => {
    // Like node --watch: the worker starts the server, and restarts it.
    const program = `
    const { spawn } = require("node:child_process");
    const start = () => {
      const child = spawn(process.execPath, ["-e", process.env.SERVER], { stdio: ["ignore", 1, 2] });
      child.once("exit", start);
    };
    start();
    process.once("SIGTERM", () => process.exit());`;
    const held = new HeldWorkers(context, program, ["--workers", "1", "--grace", "30"], { SERVER: server });
    await held.process.says(/serves as 1/);
    await held.untilRestarted(0);
    const first = Number(await ask(held.port, false));
    process.kill(first, "SIGKILL");
    await held.process.says(/serves as 1/, 2);
    const second = Number(await ask(held.port, false));
    for (;;) {
      const [worker] = await held.workers();
      if (worker?.pid === second) break;
      assert.ok(worker !== undefined);
    }
    // Otherwise draining would wait 24 s for the first one.
    await held.stop();
  },
);

test("hold --workers --watch: a change restarts", inherited, async (context) => {
  const folder = mkdtempSync(join(tmpdir(), "watched "));
  context.after(() => rmSync(folder, { recursive: true }));
  const held = new HeldWorkers(context, server, ["--workers", "1", "--watch", folder]);
  await held.process.says(/serves as 1/);
  await held.process.says(/Holding/);
  writeFileSync(join(folder, "changed"), "");
  await held.process.says(/has changed: restarting/);
  await held.process.says(/serves as 1/, 2);
  await held.stop();
});

test("hold --workers --ready message: a worker reports that it is ready", inherited, async (context) => {
  const program = `${server}
    process.on("SIGUSR1", () => process.send("ready"));`;
  const held = new HeldWorkers(context, program, ["--workers", "1", "--ready", "message"]);
  await held.process.says(/serves as 1/);
  assert.equal((await held.workers())[0]?.state, "starting");
  held.process.child.kill("SIGUSR1");
  await held.untilRestarted(0);
  await held.stop();
});

test(
  "hold --workers --ready message: a worker started by npm reports that it is ready",
  inherited,
  async (context) => {
    // Like npm: its child has no channel to its parent.
    const program = `
    const { spawn } = require("node:child_process");
    spawn(process.execPath, ["-e", process.env.SERVER], { stdio: "inherit" });
    process.once("SIGTERM", () => process.exit());`;
    const SERVER = `${server}; process.on("SIGUSR1", () => process.send("ready"));`;
    const held = new HeldWorkers(context, program, ["--workers", "1", "--ready", "message"], { SERVER });
    await held.process.says(/serves as 1/);
    const [worker] = await held.workers();
    assert.equal(worker?.state, "starting");
    process.kill(worker.pid, "SIGUSR1");
    await held.untilRestarted(0);
    await held.stop();
  },
);

test("hold --workers --ready notify: as with systemd", inherited, async (context) => {
  const index = new URL("../../../../dist/index.js", import.meta.url).href;
  const program = `${server}
    process.on("SIGUSR1", async () => {
      const { udp } = await import(${JSON.stringify(index)});
      const socket = await udp({ remote: { path: process.env.NOTIFY_SOCKET } });
      await socket.send("STATUS=up\\nREADY=1\\n");
      await socket.close();
    });`;
  const held = new HeldWorkers(context, program, ["--workers", "1", "--ready", "notify"]);
  await held.process.says(/serves as 1/);
  assert.equal((await held.workers())[0]?.state, "starting");
  held.process.child.kill("SIGUSR1");
  await held.untilRestarted(0);
  await held.stop();
});

test("hold --workers: a command that cannot be run, and options that are malformed", inherited, () => {
  assert.equal(runBerkeley(["hold", "0", "--workers", "2", "--", "/does/not/exist"]).status, 127);
  for (const words of [
    ["--workers", "0"],
    ["--workers", "many"],
    ["--workers", "2", "--max-memory", "x"],
    ["--workers", "2", "--ready", "soon"],
    ["--reuseport"],
    ["--ready", "notify"],
  ]) {
    const { status, stderr } = runBerkeley(["hold", "0", ...words, "--", "true"]);
    assert.equal(status, 2, `${words}: ${stderr}`);
  }
});
