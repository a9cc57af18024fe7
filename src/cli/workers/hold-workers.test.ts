// `berkeley hold --workers` with unchanged programs.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { promisify } from "node:util";
import { berkeley, plainEnvironment, runBerkeley } from "../../../test/command.ts";
import { HeldProcess } from "../../../test/held-process.ts";
import { except } from "../../../test/platform.ts";

const execute = promisify(execFile);

const inherited = except({ windows: "it refuses there: Windows hands no descriptors on by their numbers" });

/** A server as anyone writes it, which ends by SIGTERM at once; it answers with its process id. */
const server = `
const held = [];
require("node:http").createServer((request, response) => {
  if (request.url === "/grow") held.push(Buffer.alloc(300 << 20, 1));
  // Half of the answers take a moment.
  if (Math.random() < 0.5) response.end(String(process.pid));
  else setTimeout(() => response.end(String(process.pid)), 5);
}).listen(process.env.PORT, () => console.log("serves as " + process.env.BERKELEY_WORKER));
`;

/** A port that nothing uses at the moment. */
function freePort(): number {
  const { stderr } = runBerkeley(["hold", "0", "--", "true"]);
  return Number(/127\.0\.0\.1:(\d+)/.exec(stderr)?.[1]);
}

interface WorkerShown {
  readonly pid: number;
  readonly restarts: number;
  readonly state: string;
}

/** A `hold --workers` of a program in a folder of its own. */
class Held {
  readonly port = freePort();
  readonly process: HeldProcess;
  readonly file: string;
  readonly #env: NodeJS.ProcessEnv;

  constructor(
    context: TestContext,
    program: string,
    words: readonly string[],
    extra: NodeJS.ProcessEnv = {},
  ) {
    const cwd = mkdtempSync(join(tmpdir(), "workers "));
    this.file = join(cwd, "server.cjs");
    writeFileSync(this.file, program);
    this.#env = { ...plainEnvironment, PORT: String(this.port), XDG_RUNTIME_DIR: cwd, ...extra };
    const all = [String(this.port), ...words, "--", process.execPath, "server.cjs"];
    this.process = new HeldProcess(context, all, { cwd, env: this.#env });
    context.after(() => rmSync(cwd, { recursive: true, force: true }));
  }

  /** None as long as hold itself starts. */
  async workers(): Promise<WorkerShown[]> {
    const words = ["-c", `"$@" || true`, "sh", process.execPath, berkeley];
    const status = ["hold", "--status", "--json", String(this.port)];
    const { stdout } = await execute("sh", [...words, ...status], { env: this.#env });
    return JSON.parse(stdout).flatMap(({ workers }: { workers: WorkerShown[] }) => workers);
  }

  /** Waits until each worker is ready and was started this often again. */
  async untilRestarted(times: number): Promise<void> {
    for (;;) {
      const workers = await this.workers();
      const isDone = workers.every(({ state, restarts }) => state === "ready" && restarts >= times);
      if (isDone && workers.length > 0) return;
    }
  }

  async stop(): Promise<void> {
    const pids = (await this.workers()).map(({ pid }) => pid);
    this.process.child.kill("SIGTERM");
    assert.deepEqual(await this.process.ended, [0, null]);
    for (const pid of pids) assert.throws(() => process.kill(pid, 0), { code: "ESRCH" });
  }
}

/** A GET; the body, or the code of the error. */
function ask(port: number, agent: http.Agent | false, path = "/"): Promise<string> {
  return new Promise((resolve) => {
    const failed = (error: NodeJS.ErrnoException) => resolve(`${error.code}`);
    const request = http.get({ host: "127.0.0.1", port, path, agent }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text) => {
        body += text;
      });
      response.once("end", () => resolve(body)).once("error", failed);
    });
    request.once("error", failed);
  });
}

/** Asks all the time, on kept connections and new ones, until it is stopped. */
function load(port: number) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
  const answers: string[] = [];
  let isStopped = false;
  const client = async (of: http.Agent | false) => {
    while (!isStopped) answers.push(await ask(port, of));
  };
  const clients = [agent, agent, agent, agent, false, false].map((of) =>
    client(of === false ? false : agent),
  );
  return {
    answers,
    async stop() {
      isStopped = true;
      await Promise.all(clients);
      agent.destroy();
    },
  };
}

for (const [how, words] of [
  ["one socket", []],
  ["a socket each", ["--reuseport"]],
] as const) {
  test(`hold --workers, ${how}: rolling restarts under load lose nothing`, inherited, async (context) => {
    const held = new Held(context, server, ["--workers", "2", ...words]);
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
    const held = new Held(context, server, ["--workers", "2"]);
    await held.untilRestarted(0);
    const [first, second] = await held.workers();
    assert.ok(first !== undefined && second !== undefined);
    const clients = load(held.port);
    process.kill(first.pid, "SIGKILL");
    await held.process.says(/Worker 1 ended by SIGKILL/);
    await held.process.says(/\[1\] serves as 1/, 2);
    await clients.stop();
    const lost = clients.answers.filter((answer) => !/^\d+$/.test(answer));
    // Each client had at most one request there.
    assert.ok(lost.length <= 6 && lost.every((code) => code === "ECONNRESET"), `${lost}`);
    assert.equal((await held.workers())[1]?.pid, second.pid);
    await held.stop();
  },
);

test(
  "hold --workers: a new version that crashes at its start never takes the old one down",
  inherited,
  async (context) => {
    const held = new Held(context, server, ["--workers", "2"]);
    await held.untilRestarted(0);
    const before = (await held.workers()).map(({ pid }) => pid);
    const clients = load(held.port);
    for (const [index, broken] of [
      "throw new Error('broken')",
      "process.exit(0)",
      "process.kill(process.pid)",
    ].entries()) {
      writeFileSync(held.file, broken);
      held.process.child.kill("SIGUSR2");
      await held.process.says(/Worker 1 did not become ready: the restart is off/, index + 1);
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
  "hold --workers: one that crashes at its start is started again, ever later",
  inherited,
  async (context) => {
    const held = new Held(context, "console.log('starts'); process.exit(3)", ["--workers", "1"]);
    await held.process.says(/Worker 1 ended with status 3\./, 3);
    writeFileSync(held.file, server);
    await held.process.says(/\[1\] serves as 1/);
    await held.stop();
  },
);

test("hold --workers --max-memory: a worker that grows is replaced", inherited, async (context) => {
  const held = new Held(context, server, ["--workers", "1", "--max-memory", "250M"]);
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
    const held = new Held(context, server, ["--workers", "1", "--max-memory", "1M"]);
    await held.process.says(/serves as 1/, 2);
    // Several looks later.
    const [begun] = await held.process.says(/Worker 1 uses \d+ MB: replacing it/);
    for (let look = 0; look < 3; look++) await held.workers();
    assert.ok(begun);
    assert.ok((await held.workers()).every(({ restarts }) => restarts <= 1));
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
      await listen({ socket }, { data: (c) => { c.write(head + process.pid); c.end(); }, error() {} });
      console.log("serves");
      process.once("SIGTERM", () => process.exit());
    });`,
};
for (const [how, program] of Object.entries(byDescriptor)) {
  test(
    `hold --workers: a program that takes the socket by ${how} is restarted`,
    inherited,
    async (context) => {
      const env = { BERKELEY: new URL("../../index.js", import.meta.url).href };
      const held = new Held(context, program, ["--workers", "1"], env);
      await held.untilRestarted(0);
      const first = await ask(held.port, false);
      held.process.child.kill("SIGUSR2");
      await held.untilRestarted(1);
      const second = await ask(held.port, false);
      assert.match(second, /^\d+$/);
      assert.notEqual(second, first);
      await held.stop();
    },
  );
}

test(
  "hold --workers: a watcher's new process is the one that is shown, and drained",
  inherited,
  async (context) => {
    // As node --watch: the worker starts the server, and starts it again.
    const program = `
    const { spawn } = require("node:child_process");
    const start = () => {
      const child = spawn(process.execPath, ["-e", process.env.SERVER], { stdio: ["ignore", 1, 2] });
      child.once("exit", start);
    };
    start();
    process.once("SIGTERM", () => process.exit());`;
    const held = new Held(context, program, ["--workers", "1", "--grace", "30"], { SERVER: server });
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
    // A drain would otherwise wait for the first for 24 s.
    await held.stop();
  },
);

test("hold --workers --watch: a change restarts", inherited, async (context) => {
  const folder = mkdtempSync(join(tmpdir(), "watched "));
  context.after(() => rmSync(folder, { recursive: true }));
  const held = new Held(context, server, ["--workers", "1", "--watch", folder]);
  await held.process.says(/serves as 1/);
  await held.process.says(/Holding/);
  writeFileSync(join(folder, "changed"), "");
  await held.process.says(/has changed: restarting/);
  await held.process.says(/serves as 1/, 2);
  await held.stop();
});

test("hold --workers --ready message: a worker says so itself", inherited, async (context) => {
  const program = `${server}
    process.on("SIGUSR1", () => process.send("ready"));`;
  const held = new Held(context, program, ["--workers", "1", "--ready", "message"]);
  await held.process.says(/serves as 1/);
  assert.equal((await held.workers())[0]?.state, "starting");
  held.process.child.kill("SIGUSR1");
  await held.untilRestarted(0);
  await held.stop();
});

test("hold --workers --ready notify: as with systemd", inherited, async (context) => {
  const index = new URL("../../../../dist/index.js", import.meta.url).href;
  const program = `${server}
    process.on("SIGUSR1", async () => {
      const { udp } = await import(${JSON.stringify(index)});
      const socket = await udp({ remote: { path: process.env.NOTIFY_SOCKET } });
      await socket.send("STATUS=up\\nREADY=1\\n");
      await socket.close();
    });`;
  const held = new Held(context, program, ["--workers", "1", "--ready", "notify"]);
  await held.process.says(/serves as 1/);
  assert.equal((await held.workers())[0]?.state, "starting");
  held.process.child.kill("SIGUSR1");
  await held.untilRestarted(0);
  await held.stop();
});

test("hold --workers: what it started ends when hold is killed", inherited, async (context) => {
  const held = new Held(context, server, ["--workers", "2"]);
  await held.untilRestarted(0);
  const pids = (await held.workers()).map(({ pid }) => pid);
  held.process.child.kill("SIGKILL");
  await held.process.ended;
  for (const pid of pids) while (isRunning(pid)) await new Promise((resolve) => setImmediate(resolve));
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

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
