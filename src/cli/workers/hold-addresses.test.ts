// The addresses of `berkeley hold --workers`, and the number of workers.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import http from "node:http";
import { availableParallelism, networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { plainEnvironment, runBerkeley } from "../../../test/command.ts";
import { HeldProcess, inherited } from "../../../test/held-process.ts";
import { ask, freePort, HeldWorkers, server } from "../../../test/held-workers.ts";

const hasIpv6 = Object.values(networkInterfaces()).some((each) =>
  each?.some(({ address }) => address === "::1"),
);

function folder(context: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), "addresses-"));
  context.after(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** The body of the answer, or the code of the error. */
function get(options: http.RequestOptions): Promise<string> {
  return new Promise((resolve) => {
    const request = http.get({ ...options, agent: false }, async (response) => {
      let body = "";
      for await (const piece of response.setEncoding("utf8")) body += piece;
      resolve(body);
    });
    request.once("error", (error: NodeJS.ErrnoException) => resolve(`${error.code}`));
  });
}

/** Two workers of the server, which listens on the port in PORT. */
function start(context: TestContext, words: readonly string[], PORT: string | number): HeldProcess {
  const env = { ...plainEnvironment, PORT: `${PORT}`, XDG_RUNTIME_DIR: folder(context) };
  const all = [...words, "--workers", "2", "--", process.execPath, "-e", server];
  return new HeldProcess(context, all, { env });
}

async function restarts(held: HeldProcess): Promise<void> {
  await held.says(/\[1\] serves/);
  await held.says(/\[2\] serves/);
  held.child.kill("SIGUSR2");
  await held.says(/\[1\] serves/, 2);
  await held.says(/\[2\] serves/, 2);
}

for (const [host, hosts] of [
  ["0.0.0.0", ["127.0.0.1"]],
  ["[::]", ["127.0.0.1", "::1"]],
  ["localhost", ["127.0.0.1", "::1"]],
] as const) {
  test(
    `hold ${host} --workers: each of its addresses answers, after a restart too`,
    inherited,
    async (context) => {
      if (!hasIpv6 && host === "[::]") {
        context.skip("this machine has no IPv6");
        return;
      }
      const port = freePort();
      const held = start(context, [`${host}:${port}`], port);
      await restarts(held);
      for (const each of hosts) {
        if (hasIpv6 || each === "127.0.0.1") assert.match(await get({ host: each, port }), /^\d+$/, each);
      }
      held.child.kill("SIGTERM");
      assert.deepEqual(await held.ended, [0, null]);
      assert.equal(await get({ host: "127.0.0.1", port }), "ECONNREFUSED");
    },
  );
}

test(
  "hold --unix --workers: answers after a restart too, and removes the path",
  inherited,
  async (context) => {
    const path = join(folder(context), "socket");
    const held = start(context, ["--unix", path], path);
    await restarts(held);
    assert.match(await get({ socketPath: path }), /^\d+$/);
    held.child.kill("SIGTERM");
    assert.deepEqual(await held.ended, [0, null]);
    assert.equal(existsSync(path), false);
  },
);

test("hold --workers cpus: one for each processor", inherited, async (context) => {
  const held = new HeldWorkers(context, server, ["--workers", "cpus"]);
  await held.untilRestarted(0);
  assert.equal((await held.workers()).length, availableParallelism());
  await held.stop();
});

test(
  "hold --reuseport: a second hold shares the port if both ask for that, and one that does not is told",
  inherited,
  async (context) => {
    const port = freePort();
    const first = start(context, [`${port}`, "--reuseport"], port);
    await first.says(/\[1\] serves/);
    await first.says(/\[2\] serves/);
    const alone = runBerkeley(["hold", `${port}`, "--workers", "1", "--", "true"]);
    assert.equal(alone.status, 2);
    assert.match(alone.stderr, new RegExp(`^berkeley: 127\\.0\\.0\\.1:${port} is held by `));
    const second = start(context, [`${port}`, "--reuseport"], port);
    await second.says(/\[1\] serves/);
    await second.says(/\[2\] serves/);
    first.child.kill("SIGTERM");
    assert.deepEqual(await first.ended, [0, null]);
    for (let request = 0; request < 10; request++) assert.match(await ask(port, false), /^\d+$/);
    second.child.kill("SIGTERM");
    assert.deepEqual(await second.ended, [0, null]);
  },
);
