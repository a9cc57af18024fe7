// `berkeley hold` as the first process of a container, or below one that reaps only its own
// children.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { berkeley, plainEnvironment } from "../../test/command.ts";

/** Runs a command as the first process of a PID namespace, with its own /proc. */
function firstProcess(context: TestContext, words: readonly string[]) {
  const namespace = ["--pid", "--fork", "--mount-proc", "--kill-child"];
  if (spawnSync("unshare", [...namespace, "true"]).status !== 0) {
    context.skip("cannot create a PID namespace");
    return undefined;
  }
  const folder = mkdtempSync(join(tmpdir(), "first-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return spawnSync("unshare", [...namespace, process.execPath, ...words], {
    encoding: "utf8",
    env: { ...plainEnvironment, XDG_RUNTIME_DIR: folder },
    timeout: 60_000,
  });
}

/** Leaves an orphaned grandchild; calls `then` once it has ended and was reaped. */
const orphan = `
  const { execFileSync } = require("node:child_process");
  const number = execFileSync("sh", ["-c", "sleep 0 > /dev/null & echo $!"], { encoding: "utf8" }).trim();
  const look = () => require("node:fs").existsSync("/proc/" + number) ? setTimeout(look, 10) : then();
  look();`;

test("hold as PID 1 reaps orphans, and notices when its command ends", (context) => {
  const program = `${orphan} function then() { console.log("reaped"); process.exit(5); }`;
  const run = firstProcess(context, [berkeley, "hold", "0", "--", process.execPath, "-e", program]);
  if (run !== undefined) assert.deepEqual([run.status, run.stdout], [5, "reaped\n"], run.stderr);
});

test("hold --workers as PID 1 reaps orphans, and notices when its workers end", (context) => {
  const program = `${orphan} function then() {
    console.log("reaped");
    if (process.env.BERKELEY_WORKER_RUN === "1.1") process.exit(5);
    process.kill(1, "SIGTERM");
  }`;
  const words = ["hold", "0", "--workers", "1", "--", process.execPath, "-e", program];
  const run = firstProcess(context, [berkeley, ...words]);
  if (run === undefined) return;
  assert.deepEqual([run.status, run.stdout], [0, "[1] reaped\n[1] reaped\n"], run.stderr);
  assert.match(run.stderr, /Worker 1 ended with status 5/);
});

test("hold --workers: a process group of unreaped zombies counts as ended", (context) => {
  const server = 'require("node:http").createServer().listen(0, "127.0.0.1", () => console.log("serves"))';
  const worker = `(sleep 0 &); exec '${process.execPath}' -e '${server}'`;
  // Node reaps only its own children.
  const program = `
    const { spawn } = require("node:child_process");
    const worker = ${JSON.stringify(worker)};
    const words = [${JSON.stringify(berkeley)}, "hold", "0", "--workers", "1", "--grace", "1000", "--", "sh", "-c", worker];
    const hold = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] });
    const { readdirSync, readFileSync } = require("node:fs");
    const hasZombie = () => readdirSync("/proc").some((name) => {
      try {
        return /^State:\\tZ/m.test(readFileSync("/proc/" + name + "/status", "utf8"));
      } catch {
        return false;
      }
    });
    hold.stdout.once("data", () => {
      const look = () => hasZombie() ? hold.kill("SIGTERM") : setTimeout(look, 10);
      look();
    });
    hold.once("exit", (status, signal) => console.log(status, signal));`;
  const run = firstProcess(context, ["-e", program]);
  if (run !== undefined) assert.deepEqual([run.status, run.stdout], [0, "0 null\n"], run.stderr);
});
