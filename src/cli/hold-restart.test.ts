import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { plainEnvironment, runBerkeley } from "../conformance/command.ts";
import { HeldProcess } from "../conformance/held-process.ts";
import { except } from "../conformance/place.ts";
import { Terminal } from "../conformance/terminal.ts";

const inherited = except({ windows: "it refuses there: Windows hands no descriptors on by their numbers" });
const slowEnd = fileURLToPath(new URL("./held-slow-end.child.js", import.meta.url));
const root = fileURLToPath(new URL("../../", import.meta.url));

/** Tells the backlog in force and O_NONBLOCK of descriptor 3, then sets both otherwise, as a server may. */
const meddle = `
  import { acceptQueue, listen, Socket } from ${JSON.stringify(new URL("../posix/index.js", import.meta.url).href)};
  import { readFileSync } from "node:fs";
  const isNonblocking = (parseInt(/flags:\\s*(\\d+)/.exec(readFileSync("/proc/self/fdinfo/3", "utf8"))[1], 8) & 0o4000) !== 0;
  console.log("found", acceptQueue(3).limit, isNonblocking);
  const socket = Socket.from(3);
  listen(socket, 511);
  socket.nonblocking = true;
  console.log("meddled");
  setInterval(() => {}, 1e6);`;

test("hold ends by SIGHUP as its command did", inherited, () => {
  const { status, signal } = runBerkeley(["hold", "0", "--", "sh", "-c", "kill -HUP $$"]);
  assert.deepEqual([status, signal], [null, "SIGHUP"]);
});

test("hold: two SIGUSR2 while the old one ends start it twice again", inherited, async (context) => {
  const folder = mkdtempSync(join(tmpdir(), "berkeley-"));
  context.after(() => rmSync(folder, { recursive: true }));
  const gate = join(folder, "gate");
  const held = HeldProcess.start(context, ["0", "--grace", "60", "--", process.execPath, slowEnd, gate]);
  await held.says(/started \d+/);
  held.child.kill("SIGUSR2");
  await held.says(/ending/);
  held.child.kill("SIGUSR2");
  // Signals arrive in no order with files: a third kind that is passed on shows that the second has arrived.
  held.child.kill("SIGCONT");
  await new Promise((resolve) => setImmediate(resolve));
  writeFileSync(gate, "");
  await held.says(/started \d+/, 3);
});

test("hold: a restart gives the backlog back, and a socket that blocks", inherited, async (context) => {
  const words = ["0", "--backlog", "7", "--", process.execPath, "--input-type=module", "-e", meddle];
  const held = HeldProcess.start(context, words);
  const [first] = await held.says(/found .*/);
  await held.says(/meddled/);
  held.child.kill("SIGUSR2");
  const [second] = await held.says(/found .*/, 2);
  assert.deepEqual([first, second], ["found 7 false", "found 7 false"]);
});

test("hold: a quote and a backslash in the path that it is installed at", inherited, (context) => {
  const folder = mkdtempSync(join(tmpdir(), "berkeley-"));
  context.after(() => rmSync(folder, { recursive: true }));
  const installed = join(folder, 'a "quoted" \\ path');
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
      const path = fileURLToPath(new URL("./main.js", import.meta.url));
      const terminal = Terminal.open(
        context,
        `'${process.execPath}' '${path}' hold 0 -- '${process.execPath}' -e '${program}'; echo "status $?"; cat`,
      );
      if (terminal === undefined) return;
      await terminal.shows(/^ready/m);
      terminal.press(key);
      await terminal.shows(/got it/);
      // A second one, were it passed on, would have come before what a second key brings.
      terminal.press(key);
      const screen = await terminal.shows(/got it[\s\S]*got it/);
      assert.equal(screen.match(/got it/g)?.length, 2, screen);
    },
  );
}
