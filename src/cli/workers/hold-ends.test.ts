// Processes left over when `berkeley hold --workers` ends other than by a signal that it handles.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { plainEnvironment } from "../../../test/command.ts";
import { HeldProcess, withoutInheritance } from "../../../test/held-process.ts";
import { HeldWorkers, server } from "../../../test/held-workers.ts";
import { except } from "../../../test/platform.ts";

const linux = except({
  ...withoutInheritance,
  darwin: "it has no /proc",
  freebsd: "it has no /proc",
});

/** A program other than Node, which prints the signals that it receives. */
const shell = [
  "sh",
  "-c",
  'trap "echo told >> told; exit" TERM; echo "serves as $$"; exec 2> /dev/null; while :; do sleep 0.1; done',
];

function folder(context: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), "ends-"));
  context.after(() => rmSync(made, { recursive: true }));
  return made;
}

/** Ends hold's own process, and no other, on SIGALRM. */
function defect(context: TestContext, how: string): NodeJS.ProcessEnv {
  const file = join(folder(context), "defect.cjs");
  const isHold = 'process.argv.includes("hold")';
  writeFileSync(file, `if (${isHold}) process.once("SIGALRM", () => { ${how}; });`);
  return { NODE_OPTIONS: `--require ${file}` };
}

const ends: Readonly<Record<string, readonly [how: string, NodeJS.Signals]>> = {
  "is killed": ["", "SIGKILL"],
  throws: ['throw new Error("a defect")', "SIGALRM"],
  "calls process.exit()": ["process.exit(3)", "SIGALRM"],
};
test("hold: its command gets SIGTERM when hold throws", linux, async (context) => {
  const env = { ...plainEnvironment, ...defect(context, ends.throws?.[0] ?? "") };
  const held = new HeldProcess(context, ["0", "--", ...shell], { env, cwd: folder(context) });
  const [, pid] = await held.says(/serves as (\d+)/);
  held.child.kill("SIGALRM");
  await held.ended;
  await HeldWorkers.ended([Number(pid)]);
});

for (const [how, [program, signal]] of Object.entries(ends)) {
  test(
    `hold --workers: a program that is not Node's gets SIGTERM when hold ${how}`,
    linux,
    async (context) => {
      const env = defect(context, program);
      const held = new HeldWorkers(context, "", ["--workers", "2", "--grace", "1000"], env, shell);
      const told = join(held.file, "../told");
      const [, pid] = await held.process.says(/\[1\] serves as (\d+)/);
      const [, other] = await held.process.says(/\[2\] serves as (\d+)/);
      held.process.child.kill(signal);
      await held.process.ended;
      await HeldWorkers.ended([Number(pid), Number(other)]);
      assert.equal(readFileSync(told, "utf8"), "told\ntold\n");
    },
  );

  test(`hold --workers: Node workers drain when hold ${how}`, linux, async (context) => {
    const slow = `
      require("node:http").createServer((request, response) => {
        response.write("begun ");
        // Once hold is gone, nothing reads its output.
        process.once("gone", () => {
          process.stdout.write("log");
          setImmediate(() => response.end("done"));
        });
      }).listen(process.env.PORT, () => console.log("serves"));
      const look = () => (process.ppid === hold ? setImmediate(look) : setImmediate(() => process.emit("gone")));
      const hold = process.ppid;
      look();`;
    const held = new HeldWorkers(context, slow, ["--workers", "1"], defect(context, program));
    await held.untilRestarted(0);
    const pids = (await held.workers()).map(({ pid }) => pid);
    const client = connect(held.port, "127.0.0.1");
    client.setEncoding("utf8").write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    let text = "";
    for await (const piece of client) {
      if (text === "") held.process.child.kill(signal);
      text += piece;
      if (text.includes("done")) break;
    }
    assert.match(text, /begun.*done/s);
    await HeldWorkers.ended(pids);
  });
}

test(
  "hold --workers: after the grace, what does not end is killed when hold is killed",
  linux,
  async (context) => {
    // Its connections never end, so neither does it.
    const stubborn = `
    require("node:http").createServer((request, response) => response.write("begun"))
      .listen(process.env.PORT, () => console.log("serves"));
    process.on("SIGTERM", () => {});`;
    const held = new HeldWorkers(context, stubborn, ["--workers", "1", "--grace", "1"]);
    await held.untilRestarted(0);
    const pids = (await held.workers()).map(({ pid }) => pid);
    const client = connect(held.port, "127.0.0.1");
    client.on("error", () => {});
    client.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await new Promise((resolve) => client.once("data", resolve));
    held.process.child.kill("SIGKILL");
    await held.process.ended;
    await HeldWorkers.ended(pids);
  },
);

test(
  "hold --workers: ends though a process that left the group of a crashed worker has its output open",
  linux,
  async (context) => {
    // The worker that starts it prints its number, and crashes once it is ready.
    const leaves = `
      const { spawn } = require("node:child_process");
      const one = ["-e", "setInterval(() => {}, 1e6)"];
      if (process.env.BERKELEY_WORKER_RUN === "1.1") {
        const child = spawn(process.execPath, one, { detached: true, stdio: ["ignore", 1, 2], env: {} });
        console.log("left " + child.pid);
        process.exit(1);
      }
      ${server}`;
    const held = new HeldWorkers(context, leaves, ["--workers", "1"]);
    const [, left] = await held.process.says(/left (\d+)/);
    context.after(() => process.kill(Number(left), "SIGKILL"));
    await held.process.says(/serves as 1/);
    await held.stop();
  },
);

test(
  "hold --workers: a normal end leaves no process behind, not even the guardian",
  linux,
  async (context) => {
    const held = new HeldWorkers(context, server, ["--workers", "2"]);
    await held.untilRestarted(0);
    const children = readFileSync(
      `/proc/${held.process.child.pid}/task/${held.process.child.pid}/children`,
      "utf8",
    );
    const pids = children.trim().split(" ").map(Number);
    assert.equal(pids.length, 3);
    await held.stop();
    await HeldWorkers.ended(pids);
    assert.ok(existsSync(held.file));
  },
);
