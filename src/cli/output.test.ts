import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createConnection } from "node:net";
import { networkInterfaces } from "node:os";
import { test } from "node:test";
import { berkeley, Listening, plainEnvironment } from "../../test/command.ts";
import { plain, Terminal } from "../../test/terminal.ts";

const ESCAPE = "\x1b";
const hasIpv6 = Object.values(networkInterfaces()).some((its) => its?.some((one) => one.address === "::1"));
const somaxconn = Number(readFileSync("/proc/sys/net/core/somaxconn", "utf8"));

/**
 * Runs it in a pipe for one connection that sends five bytes, and returns its output for people.
 */
async function printed(words: string[], environment: NodeJS.ProcessEnv = {}): Promise<string> {
  const child = spawn(process.execPath, [berkeley, "listen", ...words], {
    env: { ...plainEnvironment, ...environment },
  });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  const exit = once(child, "close");
  const shows = async (what: RegExp) => {
    while (!what.test(text)) await once(child.stdout, "data");
  };
  await shows(/end {6}Ctrl-C\n/);
  const socket = createConnection(Number(/127\.0\.0\.1:(\d+)/.exec(text)?.[1]), "127.0.0.1");
  socket.resume().end("12345");
  await shows(/closed/);
  child.kill("SIGINT");
  const [status] = await exit;
  assert.equal(status, 0);
  return text;
}

test("in a pipe: plain lines, with the address, a client to try, the backlog, each connection, and the summary", async () => {
  const text = await printed(["--backlog", "1000000"]);
  assert.match(
    text,
    /^listening on 127\.0\.0\.1:(\d+), sending back what it receives\n {2}try {6}nc 127\.0\.0\.1 \1\n/,
  );
  const why = `1000000 requested, ${somaxconn} granted: the system's limit, net.core.somaxconn = ${somaxconn}\n`;
  assert.ok(text.includes(`  backlog  ${why}`), text);
  assert.match(text, /\n#1 127\.0\.0\.1:\d+ connected {2}queue \d+\/\d+\n/);
  assert.match(text, /\n#1 127\.0\.0\.1:\d+ closed {2}5 bytes in, 5 bytes out, /);
  assert.match(
    text,
    /\n1 connection in .+\n5 bytes in, 5 bytes out; at most \d+ waited in the accept queue\n$/,
  );
  assert.equal(text.includes(ESCAPE), false);
});

test("in a pipe: reports both addresses of localhost", { skip: !hasIpv6 }, async () => {
  const text = await printed(["localhost:0"]);
  assert.match(text, /^listening on 127\.0\.0\.1:(\d+) and \[::1\]:\1, sending back/);
});

test("in a pipe there is no escape code, whatever the environment asks for", async () => {
  const text = await printed(["--respond", "discard"], { FORCE_COLOR: "1", CI: "1", TERM: "xterm-256color" });
  assert.equal(text.includes(ESCAPE), false);
  assert.match(text, /discarding what it receives/);
});

test("--json: every line is an object with its event, its time and the documented fields", async (context) => {
  const listening = await Listening.start(context);
  const socket = await listening.connect();
  socket.resume().end("x");
  await listening.event("close");
  await listening.stop();
  const fields: Record<string, string[]> = {
    listening: [
      "addresses",
      "family",
      "address",
      "port",
      "path",
      "respond",
      "backlog",
      "granted",
      "somaxconn",
      "capacity",
      "pid",
    ],
    queue: ["pending", "limit"],
    connection: ["id", "peer", "open"],
    close: ["id", "peer", "received", "sent", "error", "milliseconds", "open"],
    summary: [
      "signal",
      "connections",
      "failed",
      "interrupted",
      "refused",
      "received",
      "sent",
      "deepestQueue",
      "dropped",
      "milliseconds",
    ],
  };
  // The queue is reported only if connections are waiting.
  const seen = new Set<string>(["queue"]);
  for (const { event, ...rest } of listening.events) {
    seen.add(event);
    const { time, ...others } = { time: "", ...rest };
    assert.equal(new Date(time).toISOString(), time);
    assert.deepEqual(Object.keys(others).sort(), fields[event]?.toSorted());
  }
  assert.deepEqual([...seen].sort(), Object.keys(fields).sort());
});

/** The command in a shell that prints its status and stays, so that the screen can be read. */
const inShell = (environment: string) =>
  `${environment} '${process.execPath}' '${berkeley}' listen; echo "status $?"; cat`;

test("on a terminal: colour, a status line in place, and Ctrl-C", async (context) => {
  const terminal = Terminal.open(context, inShell(""));
  if (terminal === undefined) return;
  const start = await terminal.shows(/0 accepted, 0 open, queue 0\/\d+ - Ctrl-C ends/);
  const port = Number(/127\.0\.0\.1:(\d+)/.exec(plain(start))?.[1]);
  assert.ok(start.includes(`${ESCAPE}[1m127.0.0.1:${port}`), "the address is bold");
  const socket = createConnection(port, "127.0.0.1");
  await terminal.shows(/1 accepted, 1 open/);
  socket.resume().end("12345");
  const busy = plain(await terminal.shows(/1 accepted, 0 open/));
  assert.equal(busy.split("accepted,").length, 2, `the status line is there once:\n${busy}`);
  assert.match(busy, /#1 127\.0\.0\.1:\d+ connected/);
  assert.match(busy, /#1 127\.0\.0\.1:\d+ closed {2}5 bytes in, 5 bytes out/);
  terminal.press("C-c");
  const end = plain(await terminal.shows(/status \d/));
  assert.match(end, /\n(\^C)?1 connection in .*\n5 bytes in, 5 bytes out; .*\nstatus 0/);
  assert.doesNotMatch(end, /accepted,/);
});

test("on a terminal that becomes narrower, and wider again, the status line stays one line", async (context) => {
  const terminal = Terminal.open(context, inShell(""));
  if (terminal === undefined) return;
  const wide = lines(await terminal.shows(/ - Ctrl-C ends/));
  terminal.resize(30);
  // The line is cut rather than wrapped.
  const narrow = lines(await terminal.shows(/^0 accepted, 0 open, queue 0\/.$/m));
  assert.deepEqual(narrow.slice(-2), ["  end      Ctrl-C", wide.at(-1)?.slice(0, 29)]);
  assert.equal(narrow.filter((line) => line.includes("Ctrl-C ends")).length, 0, narrow.join("\n"));
  terminal.resize(100);
  // tmux has moved lines that no longer fit to its history.
  assert.deepEqual(lines(await terminal.shows(/ - Ctrl-C ends/)).slice(-3), wide.slice(-3));
});

/** The lines of a screen, without colours and the empty ones. */
const lines = (screen: string) =>
  plain(screen)
    .split("\n")
    .filter((line) => line !== "");

test("on a terminal NO_COLOR turns colour off", async (context) => {
  const terminal = Terminal.open(context, inShell("NO_COLOR=1"));
  if (terminal === undefined) return;
  const screen = await terminal.shows(/0 accepted/);
  assert.equal(screen.includes(ESCAPE), false, screen);
});
