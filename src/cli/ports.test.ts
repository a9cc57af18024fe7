import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { type TestContext, test } from "node:test";
import { berkeley, runBerkeley } from "../../test/command.ts";
import { Holding } from "../../test/holding.ts";
import { plain, Terminal } from "../../test/terminal.ts";
import { connect } from "../posix/connect.ts";
import { AF, SOCK } from "../posix/constants.ts";
import { socket } from "../posix/socket.ts";

const loopback = { family: "ipv4", address: "127.0.0.1", port: 0 } as const;

async function holding(context: TestContext, backlog = 3): Promise<Holding & { port: number }> {
  const made = await Holding.start(context, { sockets: [{ address: loopback, backlog }] });
  const { address } = made;
  assert.ok(address.family === "ipv4");
  return Object.assign(made, { port: address.port });
}

/** The line of a port in the output. */
const lineOf = (text: string, port: number) =>
  text.split("\n").find((line) => line.includes(`127.0.0.1:${port} `)) ?? "";

test("ports: a line for each listener, with its process, its queue as a bar, and its drops", async (context) => {
  const { port, pid, address } = await holding(context);
  using client = socket(AF.INET, SOCK.STREAM);
  connect(client, address);
  const { status, stdout, stderr } = runBerkeley(["ports"]);
  assert.deepEqual([status, stderr], [0, ""]);
  assert.match(stdout, /^PROTO +ADDRESS +PID +USER +QUEUE +DROPS +PROCESS\n/);
  assert.match(
    lineOf(stdout, port),
    new RegExp(
      `^tcp +127\\.0\\.0\\.1:${port} +${pid} +\\S+ +██░░░░░░ 1/3 +0 +\\S*node.* \\S+holder\\.child\\.js`,
    ),
  );
  assert.ok(!stdout.includes("\x1b"), "no colours in a pipe");
});

test("ports --all: UDP and unix sockets, too", async (context) => {
  const name = `berkeley-ports-${process.pid}`;
  const made = await Holding.start(context, {
    sockets: [
      { address: loopback, datagram: true },
      { address: { family: "unix", path: `\0${name}` }, backlog: 4 },
      { address: loopback },
    ],
  });
  const [datagrams, , bound] = made.addresses;
  assert.ok(datagrams?.family === "ipv4" && bound?.family === "ipv4");
  const { stdout } = runBerkeley(["ports", "--all"]);
  assert.match(lineOf(stdout, datagrams.port), new RegExp(`^udp .* ${made.pid} `));
  assert.match(lineOf(stdout, bound.port), /^tcp, bound /);
  assert.match(stdout, new RegExp(`^unix +@${name} +${made.pid} +\\S+ +░{8} 0/4 `, "m"));
  assert.ok(!runBerkeley(["ports"]).stdout.includes(name));
});

test("ports --json: one array, with the queue, the drops and the processes", async (context) => {
  const { port, pid } = await holding(context);
  const entries: unknown = JSON.parse(runBerkeley(["ports", "--json"]).stdout);
  assert.ok(Array.isArray(entries));
  const found = entries.find(
    ({ socket }) => socket.local.port === port && socket.local.address === "127.0.0.1",
  );
  assert.deepEqual(found.socket.queue, { pending: 0, limit: 3 });
  assert.equal(found.holders[0].pid, pid);
  assert.equal(found.socket.drops, 0);
});

test("ports --watch, in a terminal: updates live, a shows all, q quits and restores the screen", async (context) => {
  const terminal = Terminal.open(
    context,
    `echo before; '${process.execPath}' '${berkeley}' ports --watch; echo "status $?"; cat`,
  );
  if (terminal === undefined) return;
  terminal.resize(200);
  await terminal.shows(/q: quit {2}a: show all/);
  const held = await holding(context);
  const { port, address } = held;
  const idle = plain(await terminal.shows(new RegExp(`127\\.0\\.0\\.1:${port}\\b`)));
  assert.match(lineOf(idle, port), / ░{8} 0\/3 /);
  using client = socket(AF.INET, SOCK.STREAM);
  connect(client, address);
  await terminal.shows(new RegExp(`${port}.*1/3`));
  terminal.press("a");
  await terminal.shows(/a: show TCP listeners only/);
  await held.stop();
  await terminal.shows(new RegExp(`^(?![\\s\\S]*127\\.0\\.0\\.1:${port}\\b)[\\s\\S]*PROTO`));
  terminal.press("q");
  const end = plain(await terminal.shows(/status 0/));
  assert.match(end, /^before\nstatus 0\n/);
});

test("ports, in a terminal: no line is wider than the screen", async (context) => {
  const { port } = await holding(context);
  const terminal = Terminal.open(context, `'${process.execPath}' '${berkeley}' ports; echo "status $?"; cat`);
  if (terminal === undefined) return;
  const screen = plain(await terminal.shows(/status 0/));
  const line = lineOf(screen, port);
  assert.ok(line.endsWith("…"), screen);
  assert.ok([...line].length <= 100);
});

test("ports --watch needs a terminal", () => {
  const { status, stdout, stderr } = runBerkeley(["ports", "--watch"]);
  assert.deepEqual([status, stdout], [2, ""]);
  assert.match(stderr, /^berkeley: --watch needs a terminal; .*\n$/);
});

test("ports lists a server of Node's own", async (context) => {
  const server = createServer().listen(0, "127.0.0.1", 17);
  await once(server, "listening");
  context.after(() => server.close());
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  assert.match(lineOf(runBerkeley(["ports"]).stdout, address.port), new RegExp(` ${process.pid} .* 0/17 `));
});
