import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { berkeley, plainEnvironment, runBerkeley } from "../../test/command.ts";
import { type HeldByChild, Holding } from "../../test/holding.ts";
import { plain, Terminal } from "../../test/terminal.ts";

const loopback = { family: "ipv4", address: "127.0.0.1", port: 0 } as const;

async function holding(
  context: TestContext,
  socket: HeldByChild,
): Promise<{ pid: number; port: number; stop(): Promise<void> }> {
  const made = await Holding.start(context, { sockets: [socket] });
  const { address } = made;
  return { pid: made.pid, port: "port" in address ? address.port : 0, stop: () => made.stop() };
}

test("why: status 1 and the holder if the port is in use, 0 if it is free", async (context) => {
  const held = await holding(context, { address: loopback, backlog: 1 });
  const { status, stdout, stderr } = runBerkeley(["why", `${held.port}`]);
  assert.deepEqual([status, stderr], [1, ""]);
  assert.match(
    stdout,
    new RegExp(
      `^port ${held.port}: held by \\S+ \\(pid ${held.pid}, user \\S+, ".*", in .*, for \\d+ s\\), ` +
        `which listens on 127\\.0\\.0\\.1:${held.port}\n`,
    ),
  );
  assert.match(stdout, new RegExp(`\n {2}Stop it\\. Run: berkeley free ${held.port}\n$`));
  await held.stop();
  const free = runBerkeley(["why", `127.0.0.1:${held.port}`]);
  assert.equal(free.status, 0);
  assert.match(free.stdout, new RegExp(`^127\\.0\\.0\\.1:${held.port}: free\n`));
});

test("why --udp, --unix and --json", async (context) => {
  const held = await holding(context, { address: loopback, datagram: true });
  assert.equal(runBerkeley(["why", "--udp", `${held.port}`]).status, 1);
  const folder = mkdtempSync(join(tmpdir(), "berkeley-"));
  context.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "a socket");
  const unix = await holding(context, { address: { family: "unix", path }, backlog: 1 });
  const told = runBerkeley(["why", "--unix", path, "--json"]);
  const explanation = JSON.parse(told.stdout);
  assert.equal(told.status, 1);
  assert.equal(explanation.verdict, "taken");
  assert.equal(explanation.causes[0].holders[0].pid, unix.pid);
  await unix.stop();
  const stale = runBerkeley(["why", "--unix", path]);
  assert.equal(
    stale.stdout,
    `${path}: left behind by a closed socket; nothing listens on it\n  Remove it. Run: rm '${path}'\n`,
  );
});

test("why: status 2 if unknown, such as for a path in another network namespace", async (context) => {
  const folder = mkdtempSync(join(tmpdir(), "berkeley-"));
  context.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "socket");
  await holding(context, { address: { family: "unix", path }, backlog: 1 });
  const run = spawnSync("unshare", ["--net", process.execPath, berkeley, "why", "--unix", path], {
    encoding: "utf8",
    env: plainEnvironment,
  });
  if (run.error !== undefined || /unshare/.test(run.stderr)) {
    context.skip(`a network namespace cannot be made: ${run.error ?? run.stderr}`);
    return;
  }
  assert.equal(run.status, 2);
  assert.match(run.stdout, /unknown: a process in another network namespace listens on it/);
});

test("why and free: localhost means both of its addresses", async (context) => {
  const held = await holding(context, {
    address: { ...loopback, family: "ipv6", address: "::1" },
    backlog: 1,
  });
  const endpoint = `localhost:${held.port}`;
  const { status, stdout } = runBerkeley(["why", endpoint]);
  assert.match(stdout, new RegExp(`^\\[::1\\]:${held.port}: held by \\S+ \\(pid ${held.pid}, `));
  assert.equal(status, 1);
  const listen = runBerkeley(["listen", endpoint]);
  assert.match(listen.stderr, new RegExp(`^berkeley: \\[::1\\]:${held.port} is held by`));
  const hold = runBerkeley(["hold", endpoint, "--", "true"]);
  assert.match(hold.stderr, new RegExp(`^berkeley: \\[::1\\]:${held.port} is held by`));
  const freed = runBerkeley(["free", endpoint, "--yes"]);
  assert.deepEqual([freed.status, /It is free\.\n$/.test(freed.stdout)], [0, true]);
});

test("why rejects an invalid port", () => {
  for (const [words, message] of [
    [[], "The port is missing; give one, such as 3000, or --unix and a path."],
    [["3000", "--unix", "path"], 'Give either a port ("3000") or --unix, not both.'],
    [
      ["--unix", "x".repeat(200)],
      "Cannot query this address: the path of a unix address is 200 bytes long; " +
        "sun_path holds at most 108.",
    ],
    [["0"], "Port 0 stands for any free port; name one from 1 to 65535."],
    [["70000"], '"70000" is not a port; a port is a whole number from 0 (a free one) to 65535.'],
    [["--bogus"], "unknown option '--bogus'; see `berkeley why --help`."],
  ] as const) {
    const { status, stdout, stderr } = runBerkeley(["why", ...words]);
    assert.deepEqual([status, stdout, stderr], [2, "", `berkeley: ${message}\n`]);
  }
});

/** The shell command to run in a terminal: the command, then one that prints its status. */
const inShell = (...words: string[]) =>
  `'${process.execPath}' '${berkeley}' why ${words.join(" ")}; echo "status $?"; cat`;

test("why, in a terminal: coloured, taken and free", async (context) => {
  const held = await holding(context, { address: loopback, backlog: 1 });
  const taken = Terminal.open(context, inShell(`${held.port}`));
  if (taken === undefined) return;
  const screen = await taken.shows(/status 1/);
  assert.match(plain(screen), new RegExp(`^port ${held.port}: held by`));
  assert.ok(screen.includes("\x1b[31mheld by"), screen);
  await held.stop();
  const free = Terminal.open(context, inShell(`127.0.0.1:${held.port}`));
  assert.ok(free !== undefined);
  assert.ok((await free.shows(/status 0/)).includes("\x1b[32mfree"));
});

test("why, in a narrow terminal: no word is broken, and the command to run stands on one line", async (context) => {
  const held = await holding(context, { address: loopback, backlog: 1 });
  const words = runBerkeley(["why", `${held.port}`]).stdout.split(/\s+/);
  for (const columns of [80, 60]) {
    const terminal = Terminal.open(context, inShell(`${held.port}`), columns);
    if (terminal === undefined) return;
    const screen = plain(await terminal.shows(/status 1/));
    const told = screen.slice(0, screen.indexOf("status 1"));
    // A path alone may be longer than the line; how long it has run may differ.
    const short = words.filter((word) => word.length < columns - 4 && !/^\d+$/.test(word));
    for (const word of short) assert.ok(told.split(/\s+/).includes(word), `${word} in:\n${screen}`);
    assert.match(told, new RegExp(`^ +(Stop it\\. Run: )?berkeley free ${held.port}$`, "m"));
  }
});

test("why, without /proc: the kernel's usual settings", (context) => {
  const hidden = ["--mount", "--net", "sh", "-c", 'mount -t tmpfs none /proc && exec "$@"', "sh"];
  const ask = (port: string) =>
    spawnSync("unshare", [...hidden, process.execPath, berkeley, "why", port], {
      encoding: "utf8",
      env: plainEnvironment,
    });
  const run = ask("24063");
  if (run.error !== undefined || /unshare|mount/.test(run.stderr)) {
    context.skip("this user may not hide /proc");
    return;
  }
  assert.deepEqual([run.status, run.stdout, run.stderr], [0, "port 24063: free\n", ""]);
  assert.match(ask("40000").stdout, /in the ephemeral range \(32768 to 60999/);
  // Only root gets here.
  assert.deepEqual([ask("80").status, ask("80").stdout], [0, "port 80: free\n"]);
});
