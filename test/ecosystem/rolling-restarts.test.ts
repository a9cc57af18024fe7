// Rolling restarts of an unchanged Express program under load. RESTARTS=50 is the full test.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { promisify } from "node:util";
import { berkeley, plainEnvironment, runBerkeley } from "../command.ts";
import { HeldProcess } from "../held-process.ts";
import { folder, testedNode } from "./column.ts";

const restarts = Number(process.env.RESTARTS ?? 3);
const workers = 4;

const program = `
  const app = require("express")();
  app.get("/", (_, response) => {
    // Half of the answers take a moment.
    if (Math.random() < 0.5) response.send(String(process.pid));
    else setTimeout(() => response.send(String(process.pid)), 5);
  });
  app.listen(Number(process.env.PORT), () => console.log("serves"));`;

test(`hold --workers: ${restarts} rolling restarts of Express under load lose no request`, {
  timeout: 60_000 + restarts * 60_000,
}, async (context) => {
  const cwd = mkdtempSync(join(tmpdir(), "rolling "));
  context.after(() => rmSync(cwd, { recursive: true, force: true }));
  writeFileSync(join(cwd, "express.cjs"), program);
  symlinkSync(join(folder, "node_modules"), join(cwd, "node_modules"));
  const { stderr } = runBerkeley(["hold", "0", "--", "true"]);
  const port = String(/127\.0\.0\.1:(\d+)/.exec(stderr)?.[1]);
  const PATH = `${dirname(testedNode)}:${process.env.PATH}`;
  const env = { ...plainEnvironment, PATH, PORT: port, XDG_RUNTIME_DIR: cwd };
  const words = [port, "--workers", String(workers), "--", "node", "express.cjs"];
  const held = new HeldProcess(context, words, { cwd, env });
  await held.says(/serves/, workers);
  // A separate process, since a client that waits for something else would lose kept connections.
  const client = spawn(testedNode, [join(folder, "load.mjs"), port], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  context.after(() => client.kill("SIGKILL"));
  const printed = text(client.stdout);
  for (let restart = 1; restart <= restarts; restart++) {
    held.child.kill("SIGUSR2");
    await held.says(/serves/, workers * (restart + 1));
    await untilRestarted(env, restart);
  }
  const ended = once(client, "exit");
  client.kill("SIGTERM");
  assert.deepEqual(await ended, [0, null]);
  const { answers, lost, pids, blocked } = JSON.parse(await printed);
  context.diagnostic(`${answers} answers of ${pids} processes; the client was busy for ${blocked} ms`);
  assert.deepEqual(lost, []);
  assert.ok(pids > workers * restarts, `${pids} processes answered`);
});

/** Waits until each worker is ready, and was restarted this many times. */
async function untilRestarted(env: NodeJS.ProcessEnv, times: number): Promise<void> {
  const words = [berkeley, "hold", "--status", "--json"];
  for (;;) {
    const { stdout } = await promisify(execFile)(process.execPath, words, { env });
    const [{ workers: shown }] = JSON.parse(stdout);
    const isDone = ({ state, restarts: its }: { state: string; restarts: number }) =>
      state === "ready" && its >= times;
    if (shown.every(isDone)) return;
  }
}
