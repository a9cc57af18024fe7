import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createConnection, createServer, type Server, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { berkeley, plainEnvironment, readAll, runBerkeley } from "../../test/command.ts";
import { except } from "../../test/platform.ts";

const passesSockets = except({ windows: "Windows cannot pass sockets between processes in messages" });

/** A running `berkeley proxy --json`, which ends with its test at the latest. */
class Running {
  readonly child: ChildProcess;
  readonly events: Record<string, unknown>[] = [];
  /** Resolves with its status. */
  readonly exited: Promise<unknown>;
  readonly #told = new Set<() => void>();

  constructor(context: TestContext, words: readonly string[]) {
    const [program = "", ...rest] = words;
    this.child = spawn(program, rest, { env: plainEnvironment, stdio: ["pipe", "pipe", "inherit"] });
    this.exited = once(this.child, "exit").then(([status]) => status);
    context.after(() => {
      this.child.kill("SIGKILL");
      for (const { pid } of this.events) if (typeof pid === "number" && pid !== this.child.pid) end(pid);
    });
    assert.ok(this.child.stdout !== null);
    createInterface({ input: this.child.stdout }).on("line", (line) => {
      this.events.push(JSON.parse(line));
      for (const told of this.#told) told();
    });
  }

  static proxy(context: TestContext, words: readonly string[]): Running {
    return new Running(context, [process.execPath, berkeley, "proxy", "--json", ...words]);
  }

  /** The event at an index among those with its name. */
  async event(name: string, index = 0): Promise<Record<string, unknown>> {
    for (;;) {
      const found = this.events.filter(({ event }) => event === name)[index];
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#told.add(resolve));
    }
  }

  async port(): Promise<number> {
    const { port } = await this.event("listening");
    assert.ok(typeof port === "number");
    return port;
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // The proxy has already exited.
  }
}

async function echoServer(context: TestContext): Promise<number> {
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => {});
    socket.pipe(socket);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  context.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  return address.port;
}

async function open(port: number): Promise<Socket> {
  const socket = createConnection({ port, host: "127.0.0.1", allowHalfOpen: true });
  await once(socket, "connect");
  return socket;
}

async function ask(port: number, text: string): Promise<string> {
  const socket = await open(port);
  socket.end(text);
  return readAll(socket);
}

test("proxy: forwards connections, and reports their number at the end", async (context) => {
  const target = await echoServer(context);
  const running = Running.proxy(context, ["0", `127.0.0.1:${target}`]);
  const port = await running.port();
  assert.equal(await ask(port, "hello"), "hello");
  running.child.kill("SIGINT");
  assert.equal(await running.exited, 0);
  const { accepted, failed, sent, received, signal } = await running.event("summary");
  assert.deepEqual([accepted, failed, sent, received, signal], [1, 0, 5, 5, "SIGINT"]);
});

test("proxy: input changes the faults, and an invalid line is an error", async (context) => {
  const target = await echoServer(context);
  const running = Running.proxy(context, ["0", `127.0.0.1:${target}`, "--slice", "1"]);
  const port = await running.port();
  assert.equal(await ask(port, "hello"), "hello");
  running.child.stdin?.write("off\nreset-after 2\n");
  await running.event("faults", 1);
  const socket = await open(port);
  socket.write("abc");
  await assert.rejects(readAll(socket), { code: "ECONNRESET" });
  running.child.stdin?.write("reset-after off\nlatency 5\n");
  const { latency, resetAfter } = await running.event("faults", 3);
  assert.deepEqual([latency, resetAfter], [5, undefined]);
  assert.equal(await ask(port, "hello"), "hello");
});

test("proxy: --watch --json reports targets and connections", async (context) => {
  const target = await echoServer(context);
  const running = Running.proxy(context, ["0", `127.0.0.1:${target}`, "--watch"]);
  const socket = await open(await running.port());
  socket.write("x");
  await once(socket, "data");
  const { targets, connections } = await running.event("status");
  const { name, up } = firstOf(targets);
  assert.deepEqual([name, up], [`127.0.0.1:${target}`, true]);
  const { target: its, sent, received } = firstOf(connections);
  assert.deepEqual([its, sent, received], [`127.0.0.1:${target}`, 1, 1]);
  socket.destroy();
});

function firstOf(list: unknown): Record<string, unknown> {
  assert.ok(Array.isArray(list));
  return list[0];
}

test(
  "proxy: SIGHUP hands over: open connections stay, and none is refused",
  passesSockets,
  async (context) => {
    const target = await echoServer(context);
    const running = Running.proxy(context, ["0", `127.0.0.1:${target}`]);
    const port = await running.port();
    const kept = await open(port);
    kept.write("before ");
    const answer = readAll(kept);
    // The other connection was accepted before this one.
    assert.equal(await ask(port, "one"), "one");
    running.child.kill("SIGHUP");
    let asked = 0;
    for (let isNew = false; !isNew; asked++) {
      assert.equal(await ask(port, `${asked}`), `${asked}`);
      isNew = running.events.filter(({ event }) => event === "listening").length > 1;
    }
    const { pid } = await running.event("listening", 1);
    assert.notEqual(pid, running.child.pid);
    kept.end("after");
    assert.equal(await answer, "before after");
    assert.equal(await running.exited, 0);
    const { sent } = await running.event("summary");
    assert.ok(typeof sent === "number" && sent >= "before after".length);
    assert.equal(await ask(port, "again"), "again");
  },
);

test("proxy: on the socket of berkeley hold, every port is a target", passesSockets, async (context) => {
  const target = await echoServer(context);
  const inner = [process.execPath, berkeley, "proxy", "--json", `127.0.0.1:${target}`];
  const running = new Running(context, [process.execPath, berkeley, "hold", "0", "--", ...inner]);
  assert.equal(await ask(await running.port(), "held"), "held");
  running.child.kill("SIGTERM");
  await running.exited;
});

test("proxy: invalid requests print one sentence, and exit with status 2", async (context) => {
  const taken = `127.0.0.1:${await echoServer(context)}`;
  const cases: readonly (readonly [words: readonly string[], message: RegExp])[] = [
    [[], /The target is missing; give a port to connect to/],
    [["0", "0"], /Port 0 stands for any free port/],
    [["0", "::1"], /The port is missing/],
    [["0", "nowhere.invalid:1"], /The host "nowhere\.invalid" cannot be found/],
    [["0", "70000"], /"70000" is not a port/],
    [["4000", "4000"], /A proxy cannot be its own target/],
    [["0.0.0.0:4000", "localhost:4000"], /A proxy cannot be its own target/],
    [[taken, "1"], /^berkeley: 127\.0\.0\.1:\d+ is held by/],
    [["--unix", "/nowhere/at/all", "1"], /directory \/nowhere\/at does not exist/],
    [["0", "1", "--rate", "fast"], /"fast" is not a number of bytes/],
    [["0", "1", "--latency", "1s"], /"1s" is not a time/],
    [["0", "1", "--max-connections", "0"], /is not a number of connections/],
    [["0", "1", "--send-proxy", "3"], /3/],
    [["0", "1", "--balance", "random"], /random/],
    [["0", "1", "--watch"], /--watch needs a terminal/],
  ];
  for (const [words, message] of cases) {
    const { status, stdout, stderr } = runBerkeley(["proxy", ...words]);
    assert.equal(status, 2, words.join(" "));
    assert.equal(stdout, "");
    assert.match(stderr, message);
  }
});
