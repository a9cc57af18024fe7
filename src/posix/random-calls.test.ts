import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

// RANDOM_CALLS is the number of calls, RANDOM_SEED determines them. The seed is printed.
const calls = Number(process.env.RANDOM_CALLS ?? 100_000);
const seed = Number(process.env.RANDOM_SEED ?? Math.trunc(Math.random() * 2 ** 31));

test(`${calls} random calls with random arguments, from seed ${seed}`, (context) => {
  const isolated = spawnSync("unshare", ["--net", "ip", "link", "set", "lo", "up"]).status === 0;
  context.diagnostic(`seed ${seed}, ${isolated ? "in a network namespace" : "on loopback addresses"}`);
  const child = fileURLToPath(new URL("./random-calls.child.js", import.meta.url));
  const command = isolated
    ? ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh", process.execPath, child]
    : [process.execPath, child];
  const { status, signal, stdout, stderr } = spawnSync(command[0] ?? "", command.slice(1), {
    encoding: "utf8",
    env: {
      ...process.env,
      RANDOM_CALLS: String(calls),
      RANDOM_SEED: String(seed),
      RANDOM_CALLS_ISOLATED: isolated ? "1" : "0",
    },
  });
  assert.deepEqual({ status, signal }, { status: 0, signal: null }, `seed ${seed}\n${stdout}\n${stderr}`);
  const [, made] = /^(\d+) calls/m.exec(stdout) ?? [];
  assert.ok(Number(made) >= calls, stdout);
  context.diagnostic(stdout.trim().split("\n").at(-1) ?? "");
});
