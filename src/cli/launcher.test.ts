// Signals to the npm or npx that started `berkeley hold`.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { berkeley, plainEnvironment } from "../../test/command.ts";
import { HeldProcess, withoutInheritance } from "../../test/held-process.ts";
import { ask, HeldWorkers } from "../../test/held-workers.ts";
import { except } from "../../test/platform.ts";
import { mayLeaveBehind } from "./launcher.ts";

const linux = except({ ...withoutInheritance, darwin: "it has no /proc", freebsd: "it has no /proc" });

const server = `
  require("node:http").createServer((_, response) => response.end(String(process.pid)))
    .listen(Number(process.env.PORT), () => console.log("listens " + process.pid));`;

const node = `'${process.execPath}'`;
const hold = (options: string) => `${node} '${berkeley}' hold 0 ${options} -- ${node} server.cjs`;
const npm = ["npm", "-s", "start"] as const;

/** Starts a package script that runs a command under hold. */
function start(context: TestContext, script: string, launcher: readonly [string, ...string[]] = npm) {
  const cwd = mkdtempSync(join(tmpdir(), "launcher "));
  context.after(() => rmSync(cwd, { recursive: true, force: true }));
  const take = `const [{ port }] = JSON.parse(process.env.BERKELEY_HOLD); process.env.PORT = port;`;
  writeFileSync(join(cwd, "server.cjs"), take + server);
  writeFileSync(join(cwd, "package.json"), JSON.stringify({ scripts: { start: script, inner: hold("") } }));
  const env = { ...plainEnvironment, XDG_RUNTIME_DIR: cwd };
  return new HeldProcess(context, [], { cwd, env, launcher });
}

const launchers: Readonly<
  Record<string, readonly [script: string, launcher?: readonly [string, ...string[]]]>
> = {
  "npm start": [hold("")],
  npx: ["", ["npx", "-c", hold("")]],
  "npm in a script of npm": ["npm -s run inner"],
  "npm start, with --workers": [hold("--workers 1")],
};

for (const [name, [script, launcher]] of Object.entries(launchers)) {
  test(`hold, started by ${name}: SIGUSR2 to that restarts the command`, linux, async (context) => {
    const held = start(context, script, launcher);
    const [, first] = await held.says(/listens (\d+)/);
    const [, port] = await held.says(/Holding 127\.0\.0\.1:(\d+)/);
    held.child.kill("SIGUSR2");
    const [, own] = await held.says(/has ended: restarting\. Next time:\s+kill -USR2 (\d+)/);
    const [, second] = await held.says(/listens (\d+)/, 2);
    assert.notEqual(second, first);
    while ((await ask(Number(port), false)) !== second);
    process.kill(Number(own), "SIGUSR2");
    await held.says(/listens (\d+)/, 3);
    process.kill(Number(own), "SIGTERM");
    // Every process that could print has ended.
    await held.ended;
    await HeldWorkers.ended([Number(own)]);
  });

  test(`hold, started by ${name}: SIGTERM to that ends all`, linux, async (context) => {
    const held = start(context, script, launcher);
    const [, server] = await held.says(/listens (\d+)/);
    const [, own] = await held.says(/kill -USR2 (\d+)/);
    held.child.kill("SIGTERM");
    await held.ended;
    await HeldWorkers.ended([Number(server), Number(own)]);
  });
}

test("hold, left in the background by an npm script, keeps running", linux, async (context) => {
  // The script ends by itself once hold serves.
  const held = start(context, `${hold("")} > out 2>&1 & until grep -q listens out; do :; done; cat out`);
  const [, own] = await held.says(/kill -USR2 (\d+)/);
  const [, server] = await held.says(/listens (\d+)/);
  const [, port] = await held.says(/Holding 127\.0\.0\.1:(\d+)/);
  assert.deepEqual(await held.ended, [0, null]);
  let last = server;
  for (let restart = 1; restart <= 2; restart++) {
    process.kill(Number(own), "SIGUSR2");
    let next = last;
    while (next === last) next = await ask(Number(port), false);
    last = next;
  }
  process.kill(Number(own), "SIGTERM");
  await HeldWorkers.ended([Number(own), Number(last)]);
});

test("whether a shell script leaves anything in the background", () => {
  for (const script of [
    "berkeley hold 3000 -- npm start",
    "tsc && berkeley hold 3000 -- node .",
    "berkeley hold 3000 -- node . 2>&1",
    "berkeley hold 3000 -- node . &> log",
    "berkeley hold 3000 -- sh -c 'a & b'",
    'berkeley hold 3000 -- sh -c "a \\" & b"',
    "'berkeley' hold 3000 -- node a\\&b.js",
  ])
    assert.equal(mayLeaveBehind(script), false, script);
  for (const script of ["berkeley hold 3000 -- node . &", "a & wait", "a& b && c", "&"])
    assert.equal(mayLeaveBehind(script), true, script);
});
