import assert from "node:assert/strict";
import { ChildProcess, spawnSync } from "node:child_process";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { berkeley, plainEnvironment, runBerkeley } from "../../test/command.ts";
import { HeldProcess, inherited } from "../../test/held-process.ts";
import { root } from "../../test/root.ts";
import { Terminal } from "../../test/terminal.ts";
import { HeldCommand } from "./held-command.ts";

const posix = JSON.stringify(new URL("../posix/index.js", import.meta.url).href);

/**
 * Prints the backlog in effect and O_NONBLOCK of descriptor 3, then changes both, as a server may.
 */
const meddle = `
  import { acceptQueue, getNonblocking, listen, setNonblocking } from ${posix};
  console.log("found", acceptQueue(3).limit, getNonblocking(3));
  listen(3, 511);
  setNonblocking(3, true);
  console.log("meddled", acceptQueue(3).limit, getNonblocking(3));
  setInterval(() => {}, 1e6);`;

test("hold ends by SIGHUP if its command did", inherited, () => {
  const { status, signal } = runBerkeley(["hold", "0", "--", "sh", "-c", "kill -HUP $$"]);
  assert.deepEqual([status, signal], [null, "SIGHUP"]);
});

test(
  "hold: two restart requests while the old command exits restart it twice",
  inherited,
  async (context) => {
    const folder = mkdtempSync(join(tmpdir(), "berkeley-"));
    context.after(() => rmSync(folder, { recursive: true }));
    const started: ChildProcess[] = [];
    // The second may be ended before it prints anything, so count the processes started.
    const count = (message: unknown) => {
      if (typeof message !== "object" || message === null || !("process" in message)) return;
      if (message.process instanceof ChildProcess) started.push(message.process);
    };
    subscribe("child_process", count);
    context.after(() => unsubscribe("child_process", count));
    const held = new HeldCommand({
      command: ["sleep", "1000"],
      sockets: [],
      backlog: 1,
      pid: false,
      grace: 60_000,
      staysForRestart: false,
      notTaken: () => "",
      say: () => {},
    });
    const ended = held.run();
    const restarted = held.restart();
    await held.restart();
    await restarted;
    assert.equal(started.length, 3);
    held.signal("SIGTERM", false);
    assert.deepEqual(await ended, { status: null, signal: "SIGTERM" });
  },
);

test("hold: a restart restores the backlog and blocking mode of the socket", inherited, async (context) => {
  const words = ["0", "--backlog", "7", "--", process.execPath, "--input-type=module", "-e", meddle];
  const held = HeldProcess.start(context, words);
  const [first] = await held.says(/found .*/);
  await held.says(/meddled 511 true/);
  held.child.kill("SIGUSR2");
  const [second] = await held.says(/found .*/, 2);
  assert.deepEqual([first, second], ["found 7 false", "found 7 false"]);
});

test("hold: a command that made the socket non-blocking has used it", inherited, () => {
  const endAfter = (program: string) => {
    const command = [process.execPath, "--input-type=module", "-e", `${program}; process.exit(1);`];
    return runBerkeley(["hold", "0", "--", ...command]).stderr;
  };
  const says = /The command ended with status 1, and has not used/;
  assert.match(endAfter(""), says);
  assert.doesNotMatch(endAfter(`import { setNonblocking } from ${posix}; setNonblocking(3, true)`), says);
});

test("hold: a quote in the path that it is installed at", inherited, (context) => {
  const folder = mkdtempSync(join(tmpdir(), "berkeley-"));
  context.after(() => rmSync(folder, { recursive: true }));
  // Node itself loads no module from a path with a backslash.
  const installed = join(folder, 'a "quoted" path');
  mkdirSync(installed);
  for (const name of readdirSync(root)) {
    if (name === "dist" || name === "package.json")
      cpSync(join(root, name), join(installed, name), { recursive: true });
    else if (name === "node_modules") symlinkSync(join(root, name), join(installed, name));
  }
  const command = join(installed, "dist/cli/main.js");
  const words = [command, "hold", "0", "--", process.execPath, "-e", "console.log(process.env.LISTEN_FDS)"];
  const { status, stdout, stderr } = spawnSync(process.execPath, words, {
    env: plainEnvironment,
    encoding: "utf8",
  });
  assert.deepEqual([status, stdout], [0, "1\n"], stderr);
});

for (const [key, signal] of [
  ["C-c", "INT"],
  ["C-\\", "QUIT"],
] as const) {
  test(
    `hold, in a terminal: SIG${signal} of its key reaches the command once`,
    inherited,
    async (context) => {
      const program = `process.on("SIG${signal}", () => console.log("got it")); process.on("SIGTERM", () => process.exit(4)); console.log("ready"); setInterval(() => {}, 1e6)`;
      const path = berkeley;
      const terminal = Terminal.open(
        context,
        `'${process.execPath}' '${path}' hold 0 -- '${process.execPath}' -e ` +
          `'${program}'; echo "status $?"; cat`,
      );
      if (terminal === undefined) return;
      await terminal.shows(/^ready/m);
      terminal.press(key);
      await terminal.shows(/got it/);
      // If a second signal were passed on, it would arrive before the effect of the second key.
      terminal.press(key);
      const screen = await terminal.shows(/got it[\s\S]*got it/);
      assert.equal(screen.match(/got it/g)?.length, 2, screen);
    },
  );
}
