// `hold --status`, and foreign files in the folder of control sockets.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { berkeley, plainEnvironment } from "../../../test/command.ts";
import { except } from "../../../test/platform.ts";
import { plain, Terminal } from "../../../test/terminal.ts";
import { listen } from "../../net/listener/listen.ts";

const worker = { worker: 1, pid: 7, state: "ready", uptime: 5, restarts: 0, memory: null };
const right = { pid: 7, addresses: ["127.0.0.1:9"], command: ["x\u001b[31m\u202e"], workers: [worker] };

/** Possible answers of a control socket; only the first is a hold's. */
const answers: readonly unknown[] = [
  right,
  null,
  5,
  { workers: 5, addresses: 3 },
  { ...right, addresses: [5] },
  { ...right, command: "x" },
  { ...right, workers: [{ ...worker, uptime: "5" }] },
  { ...right, workers: [null] },
];

const notThere = {
  windows: "hold is not there",
  bun: "the command runs on Node",
  deno: "the command runs on Node",
};

/** Runs `hold --status` with this runtime folder; it must not wait for ever. */
function status(runtime: string, ...words: string[]) {
  const env = { ...plainEnvironment, XDG_RUNTIME_DIR: runtime };
  return new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, [berkeley, "hold", "--status", ...words], { env }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    );
  });
}

test("hold --status shows holds, and ignores whatever else answers", except(notThere), async (context) => {
  const runtime = mkdtempSync(join(tmpdir(), "berkeley-"));
  context.after(() => rmSync(runtime, { recursive: true }));
  const folder = join(runtime, "berkeley");
  mkdirSync(folder, { mode: 0o700 });
  const servers = [];
  for (const [index, answer] of answers.entries()) {
    const path = join(folder, `${index}.sock`);
    const open = (connection: { end(data: string): unknown }) => connection.end(JSON.stringify(answer));
    servers.push(await listen({ path }, { open, error() {} }));
  }
  // A server that sends forever, and one that sends nothing.
  const endless = Buffer.alloc(65_536, " ");
  const again = (connection: { write(data: Uint8Array): boolean }) => {
    while (connection.write(endless));
  };
  servers.push(
    await listen({ path: join(folder, "endless.sock") }, { open: again, drain: again, error() {} }),
  );
  servers.push(await listen({ path: join(folder, "silent.sock") }, { error() {} }));
  const shown = await status(runtime);
  assert.deepEqual([shown.code, shown.stderr], [0, ""]);
  assert.match(shown.stdout, /^127\.0\.0\.1:9 pid 7: x\\u\{1b\}\[31m\\u\{202e\}\n/);
  assert.deepEqual(JSON.parse((await status(runtime, "--json")).stdout), [right]);
  chmodSync(folder, 0o755);
  assert.match((await status(runtime)).stdout, /^No berkeley hold with workers is running/);
  for (const server of servers) await server.close({ drain: 0 });
});

test(
  "hold --status on a narrow terminal cuts lines, and shows the first",
  except(notThere),
  async (context) => {
    const runtime = mkdtempSync(join(tmpdir(), "berkeley-"));
    context.after(() => rmSync(runtime, { recursive: true }));
    mkdirSync(join(runtime, "berkeley"), { mode: 0o700 });
    const workers = Array.from({ length: 15 }, (_, index) => ({ ...worker, worker: index + 1 }));
    const answer = JSON.stringify({ ...right, command: ["word ".repeat(40)], workers });
    const path = join(runtime, "berkeley/1.sock");
    const server = await listen({ path }, { open: (connection) => void connection.end(answer), error() {} });
    context.after(() => server.close({ drain: 0 }));
    const terminal = Terminal.open(
      context,
      `XDG_RUNTIME_DIR='${runtime}' '${process.execPath}' '${berkeley}' hold --status; cat`,
      30,
    );
    if (terminal === undefined) return;
    const screen = plain(await terminal.shows(/\n15 /));
    assert.match(screen, /^q: quit\n127\.0\.0\.1:9 pid 7: word word *\S*\nWORKER .*\n1 /);
  },
);

test(
  "hold --status of a port, an address or a path shows the hold there",
  except(notThere),
  async (context) => {
    const runtime = mkdtempSync(join(tmpdir(), "berkeley-"));
    context.after(() => rmSync(runtime, { recursive: true }));
    mkdirSync(join(runtime, "berkeley"), { mode: 0o700 });
    const path = join(runtime, "a socket:3000");
    const holds = [["127.0.0.1:3000"], ["127.0.0.1:3001", "[::1]:3001"], ["[::]:30000"], [path], ["@name"]];
    for (const [index, addresses] of holds.entries()) {
      const answer = JSON.stringify({ ...right, addresses });
      const its = { path: join(runtime, `berkeley/${index}.sock`) };
      const open = (connection: { end(data: string): unknown }) => connection.end(answer);
      const server = await listen(its, { open, error() {} });
      context.after(() => server.close({ drain: 0 }));
    }
    for (const [words, shown] of [
      [[], holds],
      [["3000"], [holds[0]]],
      [["127.0.0.1:3000"], [holds[0]]],
      [["localhost:3000"], [holds[0]]],
      [["localhost:3001"], [holds[1]]],
      [["[::1]:3001"], [holds[1]]],
      [["[::]:30000"], [holds[2]]],
      [["--unix", path], [holds[3]]],
      [["--unix", "@name"], [holds[4]]],
    ] as const) {
      const { code, stdout } = await status(runtime, ...words, "--json");
      const found = JSON.parse(stdout).map(({ addresses }: { addresses: string[] }) => addresses);
      assert.deepEqual([code, new Set(found)], [0, new Set(shown)], words.join(" "));
    }
    for (const words of [["300"], ["[::1]:3000"], ["--unix", "name"]]) {
      const { code, stdout } = await status(runtime, ...words);
      const message = `No berkeley hold with workers is running on ${words.at(-1)}.\n`;
      assert.deepEqual([code, stdout], [1, message]);
    }
    assert.equal((await status(runtime, "nonsense")).code, 2);
  },
);
