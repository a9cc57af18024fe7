import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { release } from "node:os";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

// Random calls on the kernel, in a network namespace, and on a simulated host, result by result.
// `npm run random-calls` makes more of them: each sequence has 60.

const isLinux618 = process.platform === "linux" && release().startsWith("6.18.");
const skip = isLinux618 ? false : "the results are those of Linux 6.18";

/** Together ten thousand; TCP has the most states. */
const COUNTS = { unix: 2_500, udp: 2_500, tcp: 5_000 };

const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
const child = fileURLToPath(
  new URL(`../../../test/simulated/random-calls.child.${extension}`, import.meta.url),
);

for (const [kind, count] of Object.entries(COUNTS)) {
  test(`${count} random sequences of calls on ${kind} sockets are as on Linux 6.18`, { skip }, (t) => {
    const args = ["--net", process.execPath, ...process.execArgv, child, kind, "1", `${count}`];
    const { status, stdout, stderr, error } = spawnSync("unshare", args, {
      encoding: "utf8",
      env: { ...process.env, NODE_TEST_CONTEXT: undefined },
    });
    if (error !== undefined || /unshare failed/.test(stderr)) {
      t.skip(`cannot create a network namespace: ${error?.message ?? stderr}`);
      return;
    }
    assert.equal(status, 0, stdout + stderr);
  });
}
