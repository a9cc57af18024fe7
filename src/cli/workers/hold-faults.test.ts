// `berkeley hold --workers` where something is missing: a program, descriptors, a folder.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { plainEnvironment, runBerkeley } from "../../../test/command.ts";
import { HeldProcess, inherited } from "../../../test/held-process.ts";
import { ask, HeldWorkers, server } from "../../../test/held-workers.ts";

function folder(context: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), "faults-"));
  context.after(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

test("hold --workers: exits with the status 126 or 127 of a command that has never served", inherited, () => {
  for (const status of [126, 127]) {
    const ended = runBerkeley(["hold", "0", "--workers", "2", "--", "sh", "-c", `exit ${status}`]);
    assert.equal(ended.status, status, ended.stderr);
  }
});

test(
  "hold --workers: a worker that ends with 127 is started again once one has served",
  inherited,
  async (context) => {
    const held = new HeldWorkers(context, server, ["--workers", "1"]);
    await held.untilRestarted(0);
    const [worker] = await held.workers();
    assert.ok(worker !== undefined);
    writeFileSync(held.file, "process.exit(127)");
    process.kill(worker.pid, "SIGKILL");
    await held.process.says(/Worker 1 ended with status 127/);
    writeFileSync(held.file, server);
    await held.process.says(/\[1\] serves as 1/, 2);
    await held.stop();
  },
);

test("hold --workers --watch: waits for a command that is still to be built", inherited, async (context) => {
  const cwd = folder(context);
  const file = join(cwd, "built");
  const held = new HeldWorkers(context, "", ["--workers", "1", "--watch", cwd], {}, [file]);
  await held.process.says(/Worker 1 ended with status 127, and will be restarted/);
  writeFileSync(`${file}.new`, `#!${process.execPath}\n${server}`, { mode: 0o755 });
  renameSync(`${file}.new`, file);
  await held.process.says(/\[1\] serves as 1/);
  await held.stop();
});

test(
  "hold --workers: a worker that cannot be started for want of descriptors is tried again",
  inherited,
  async (context) => {
    if (spawnSync("prlimit", ["--version"]).status !== 0) {
      context.skip("there is no prlimit");
      return;
    }
    const held = new HeldWorkers(context, server, ["--workers", "1"]);
    await held.untilRestarted(0);
    const [worker] = await held.workers();
    assert.ok(worker !== undefined);
    const limit = (most: string) =>
      assert.equal(
        spawnSync("prlimit", ["--pid", `${held.process.child.pid}`, `--nofile=${most}`]).status,
        0,
      );
    limit("3:");
    process.kill(worker.pid, "SIGKILL");
    await held.process.says(/Cannot run \S+: EMFILE/);
    limit("1024:");
    await held.process.says(/\[1\] serves as 1/, 2);
    await held.stop();
  },
);

test(
  "hold --workers: a restart does not wait for a worker of an earlier one that never becomes ready",
  inherited,
  async (context) => {
    const held = new HeldWorkers(context, server, ["--workers", "2"]);
    await held.untilRestarted(0);
    const [first] = await held.workers();
    writeFileSync(held.file, "console.log('hangs ' + process.pid); setInterval(() => {}, 1e6);");
    held.process.child.kill("SIGUSR2");
    const [, hanging] = await held.process.says(/hangs (\d+)/);
    assert.equal((await held.workers())[0]?.pid, first?.pid);
    writeFileSync(held.file, server);
    held.process.child.kill("SIGUSR2");
    await held.process.says(/\[1\] serves as 1/, 2);
    await held.process.says(/\[2\] serves as 2/, 2);
    assert.equal(held.process.said(/did not become ready/), 0);
    await HeldWorkers.ended([Number(hanging)]);
    await held.stop();
  },
);

for (const [signal, starts] of [
  ["SIGTERM", 0],
  ["SIGUSR2", 1],
] as const) {
  test(`hold --workers: ${signal} before the start`, inherited, async (context) => {
    const cwd = folder(context);
    // As soon as hold handles the signal, while it still prepares to watch.
    const early = `
      if (process.argv.includes("--workers")) process.on("newListener", function early(name) {
        if (name !== "SIGUSR2") return;
        process.off("newListener", early);
        process.nextTick(() => process.emit("${signal}"));
      });`;
    writeFileSync(join(cwd, "early.cjs"), early);
    const env = { NODE_OPTIONS: `--require ${join(cwd, "early.cjs")}` };
    const held = new HeldWorkers(context, server, ["--workers", "1", "--watch", cwd], env);
    if (starts > 0) {
      await held.untilRestarted(0);
      assert.deepEqual(
        (await held.workers()).map(({ restarts }) => restarts),
        [0],
      );
      await held.stop();
    }
    assert.deepEqual(await held.process.ended, [0, null]);
    assert.equal(held.process.said(/serves/), starts);
  });
}

for (const [how, words, end] of [
  ["with workers", ["--workers", "1"], [0, null]],
  ["that watches", ["--watch", "."], [null, "SIGTERM"]],
] as const) {
  test(
    `hold --unix, ${how}: SIGTERM as soon as the path exists leaves no file`,
    inherited,
    async (context) => {
      const cwd = folder(context);
      const path = join(cwd, "socket");
      const early = `
      const fs = require("node:fs");
      const { lstatSync } = fs;
      // hold looks up which file it is.
      fs.lstatSync = (...args) => {
        if (args[0].endsWith("/socket") && fs.existsSync(args[0])) process.kill(process.pid, "SIGTERM");
        return lstatSync(...args);
      };
      if (process.argv.includes("--unix")) require("node:module").syncBuiltinESMExports();`;
      writeFileSync(join(cwd, "early.cjs"), early);
      const runtime = folder(context);
      const env = {
        ...plainEnvironment,
        NODE_OPTIONS: `--require ${join(cwd, "early.cjs")}`,
        XDG_RUNTIME_DIR: runtime,
      };
      const program = [process.execPath, "-e", "console.log('runs'); setInterval(() => {}, 1e6)"];
      const held = new HeldProcess(context, ["--unix", path, ...words, "--", ...program], { cwd, env });
      assert.deepEqual(await held.ended, end);
      assert.deepEqual([existsSync(path), held.said(/runs/)], [false, 0]);
      if (existsSync(join(runtime, "berkeley"))) assert.deepEqual(readdirSync(join(runtime, "berkeley")), []);
    },
  );
}

test("hold --workers: its control socket is in a folder private to its user", inherited, async (context) => {
  const [runtime, temporary] = [folder(context), folder(context)];
  const held = new HeldWorkers(context, server, ["--workers", "1"], {
    XDG_RUNTIME_DIR: runtime,
    TMPDIR: temporary,
  });
  await held.untilRestarted(0);
  const own = join(runtime, "berkeley");
  const [name = "", ...others] = readdirSync(own);
  assert.match(name, new RegExp(`^${held.process.child.pid}-[0-9a-f]{8}\\.sock$`));
  assert.deepEqual([others, readdirSync(temporary)], [[], []]);
  held.process.child.kill("SIGKILL");
  await held.process.ended;
  assert.deepEqual(readdirSync(own), [name]);
  // The next one removes what the killed one left.
  writeFileSync(join(own, `${held.process.child.pid}-00000000.sock.1.1`), "");
  writeFileSync(join(own, "another.sock"), "");
  const next = new HeldWorkers(context, server, ["--workers", "1"], {
    XDG_RUNTIME_DIR: runtime,
    TMPDIR: temporary,
  });
  await next.untilRestarted(0);
  assert.deepEqual(
    readdirSync(own).filter((each) => each.startsWith(`${held.process.child.pid}-`)),
    [],
  );
  assert.ok(existsSync(join(own, "another.sock")));
  await next.stop();
  assert.deepEqual(readdirSync(own), ["another.sock"]);
});

/** Folders that cannot be used. */
const unusable: Readonly<Record<string, (made: string) => string>> = {
  "cannot be written": () => "/proc",
  "others may enter": (made) => {
    mkdirSync(join(made, "berkeley"));
    chmodSync(join(made, "berkeley"), 0o755);
    return made;
  },
  "is too long": (made) => join(made, "x".repeat(100)),
};
for (const [why, make] of Object.entries(unusable)) {
  test(
    `hold --workers: an XDG_RUNTIME_DIR that ${why} is left for the temporary folder`,
    inherited,
    async (context) => {
      const temporary = folder(context);
      const env = { XDG_RUNTIME_DIR: make(folder(context)), TMPDIR: temporary };
      const held = new HeldWorkers(context, server, ["--workers", "1"], env);
      await held.untilRestarted(0);
      assert.equal(readdirSync(join(temporary, `berkeley-${process.getuid?.()}`)).length, 1);
      await held.stop();
    },
  );
}

test("hold --workers: says so if there is no folder for the control socket", inherited, (context) => {
  const env = { ...plainEnvironment, XDG_RUNTIME_DIR: "/dev/null", TMPDIR: "/dev/null" };
  const path = join(folder(context), "socket");
  const { status, stderr } = runBerkeley(["hold", "--unix", path, "--workers", "2", "--", "true"], { env });
  assert.equal(status, 2);
  assert.match(
    stderr.replaceAll("\n", " "),
    /^berkeley: There is no folder for the control socket of --workers: .*ENOTDIR.*Set XDG_RUNTIME_DIR/,
  );
  assert.equal(existsSync(path), false);
});

test(
  "hold --workers: serves on, and restarts, though nobody reads its output",
  inherited,
  async (context) => {
    const talkative = `process.stdout.on("error", () => process.exit(1));
    setInterval(() => console.log("still there"), 10);
    ${server}`;
    const held = new HeldWorkers(context, talkative, ["--workers", "1"]);
    await held.process.says(/still there/);
    const { stdout, stderr } = held.process.child;
    stdout.destroy();
    stderr.destroy();
    const first = await ask(held.port, false);
    held.process.child.kill("SIGUSR2");
    await held.untilRestarted(1);
    let second = first;
    while (second === first) second = await ask(held.port, false);
    assert.match(second, /^\d+$/);
    await held.stop();
  },
);
