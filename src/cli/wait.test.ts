import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { berkeley, plainEnvironment, runBerkeley } from "../../test/command.ts";
import { Holding } from "../../test/holding.ts";
import { Terminal } from "../../test/terminal.ts";

const quiet = { family: "ipv4", address: "127.83.0.2", port: 0 } as const;

async function listening(context: TestContext, port = 0): Promise<{ port: number; stop(): Promise<void> }> {
  const made = await Holding.start(context, { sockets: [{ address: { ...quiet, port }, backlog: 1 }] });
  assert.ok(made.address.family === "ipv4");
  return { port: made.address.port, stop: () => made.stop() };
}

test("wait: runs the command once something listens, and exits with its status", async (context) => {
  const first = await listening(context);
  await first.stop();
  const endpoint = `127.83.0.2:${first.port}`;
  const words = ["wait", endpoint, "--", process.execPath, "-e", "console.log('ran'); process.exit(7)"];
  const child = spawn(process.execPath, [berkeley, ...words], { env: plainEnvironment });
  context.after(() => child.kill("SIGKILL"));
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  const closed = once(child, "close");
  await listening(context, first.port);
  const [status] = await closed;
  assert.deepEqual([status, text], [7, "ran\n"]);
});

test("wait without a command: status 0 when something listens, 1 after the timeout", async (context) => {
  const { port, stop } = await listening(context);
  const there = runBerkeley(["wait", `127.83.0.2:${port}`]);
  assert.deepEqual(there, { status: 0, signal: null, stdout: "", stderr: "" });
  await stop();
  const { status, stderr } = runBerkeley(["wait", `127.83.0.2:${port}`, "--timeout", "0.05"]);
  assert.deepEqual([status, stderr], [1, `berkeley: Nothing listens on 127.83.0.2:${port} after 0.05 s.\n`]);
});

test("wait --unix: the first operand belongs to the command", async (context) => {
  const name = `berkeley-wait-${process.pid}`;
  await Holding.start(context, { sockets: [{ address: { family: "unix", path: `\0${name}` }, backlog: 1 }] });
  const { status, stdout } = runBerkeley(["wait", "--unix", `@${name}`, "--", "echo", "there", "--json"]);
  assert.deepEqual([status, stdout], [0, "there --json\n"]);
});

test("wait: status 127 if the command does not exist, 128 plus the signal if a signal ended it", async (context) => {
  const { port } = await listening(context);
  const missing = runBerkeley(["wait", `127.83.0.2:${port}`, "--", "berkeley-no-such-command"]);
  assert.deepEqual(
    [missing.status, missing.stderr],
    [127, "berkeley: Cannot run berkeley-no-such-command: command not found.\n"],
  );
  assert.equal(runBerkeley(["wait", `127.83.0.2:${port}`, "--", "sh", "-c", "kill -9 $$"]).status, 137);
});

test("wait rejects invalid endpoints", () => {
  for (const [words, message] of [
    [[], "The port is missing; give one, such as 3000, or --unix and a path."],
    [
      ["--unix", "x".repeat(200)],
      "Cannot wait for this address: the path of a unix address is 200 bytes long; " +
        "sun_path holds at most 108.",
    ],
    [["0"], "Port 0 stands for any free port; name one from 1 to 65535."],
    [["3000", "--timeout", "soon"], '"soon" is not a time; a time is a number of seconds from 0 to 1000000.'],
  ] as const) {
    const { status, stderr } = runBerkeley(["wait", ...words]);
    assert.deepEqual([status, stderr], [2, `berkeley: ${message}\n`]);
  }
});

test("wait, in a terminal: Ctrl-C ends it", async (context) => {
  const { port, stop } = await listening(context);
  await stop();
  // Printed by the process itself: a shell runs its trap only once its child has ended, and the
  // child misses signals sent before it started.
  const says = `--import 'data:text/javascript,console.log("waiting")'`;
  const command = `'${process.execPath}' ${says} '${berkeley}' wait 127.83.0.2:${port}`;
  const terminal = Terminal.open(context, `sh -c 'trap "echo interrupted; cat" INT; "$0" "$@"' ${command}`);
  if (terminal === undefined) return;
  await terminal.shows(/waiting/);
  terminal.press("C-c");
  await terminal.shows(/interrupted/);
});

test("wait, in a terminal: the command gets the terminal, and wait exits with its status", async (context) => {
  const { port } = await listening(context);
  const ask = `read answer; echo "heard $answer"; test -t 0 && test -t 1 && exit 5`;
  const command =
    `'${process.execPath}' '${berkeley}' wait 127.83.0.2:${port} -- sh -c ` +
    `'${ask}'; echo "status $?"; cat`;
  const terminal = Terminal.open(context, command);
  if (terminal === undefined) return;
  terminal.press("y");
  terminal.press("Enter");
  await terminal.shows(/heard y\nstatus 5/);
});

test("wait, in a terminal: status 1 and a message after the timeout", async (context) => {
  const { port, stop } = await listening(context);
  await stop();
  const endpoint = `127.83.0.2:${port}`;
  const command = `'${process.execPath}' '${berkeley}' wait ${endpoint} --timeout 0.05; echo "status $?"; cat`;
  const terminal = Terminal.open(context, command, 80);
  if (terminal === undefined) return;
  await terminal.shows(new RegExp(`^berkeley: Nothing listens on ${endpoint} after 0\\.05 s\\.\nstatus 1`));
});
