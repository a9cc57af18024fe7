import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { berkeley, plainEnvironment, readAll, runBerkeley } from "../../test/command.ts";
import { HeldProcess, inherited } from "../../test/held-process.ts";
import { Holding } from "../../test/holding.ts";
import { except } from "../../test/platform.ts";
import { Terminal } from "../../test/terminal.ts";

const server = fileURLToPath(new URL("./held-server.child.js", import.meta.url));

const elsewhere = { linux: "they do", darwin: "they do", freebsd: "they do" };

function folder(context: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), "berkeley hold "));
  context.after(() => rmSync(made, { recursive: true }));
  return made;
}

/** The server's report about itself, printed first. */
interface Told {
  readonly pid: number;
  readonly listenPid: string | null;
  readonly sockets: number;
}

const toldIn = (stdout: string): Told => JSON.parse(stdout.slice(0, stdout.indexOf("\n")));

/** The pid that the server behind a port sends. */
async function ask(port: number): Promise<string> {
  const connection = createConnection({ host: "127.0.0.1", port });
  return readAll(connection);
}

test("hold: the command gets the socket and LISTEN_PID, and hold exits with its status", inherited, () => {
  const { status, stdout, stderr } = runBerkeley(["hold", "0", "--", process.execPath, server, "tell"]);
  const { pid, listenPid, sockets } = toldIn(stdout);
  assert.deepEqual([status, listenPid, sockets], [7, `${pid}`, 1]);
  assert.match(stderr, /^berkeley: Holding 127\.0\.0\.1:\d+\. To restart the command: kill -USR2 \d+\n$/);
});

test(
  "hold: through npm and shells, in a folder with a blank in its name, with NODE_OPTIONS kept",
  inherited,
  (context) => {
    const cwd = folder(context);
    const run = `'${process.execPath}' '${server}' tell`;
    const scripts = { start: run, compound: `true && ${run} && true`, again: "npm run -s compound" };
    writeFileSync(join(cwd, "package.json"), JSON.stringify({ scripts }));
    const env = { ...plainEnvironment, NODE_OPTIONS: "--stack-trace-limit=7" };
    for (const command of [
      ["npm", "-s", "start"],
      ["npm", "run", "-s", "again"],
      ["sh", "-c", `${run}; exit $?`],
      ["sh", "-c", "exec npm -s start"],
    ]) {
      const { status, stdout, stderr } = runBerkeley(["hold", "0", "--", ...command], { cwd, env });
      assert.equal(status, 7, stderr);
      const { pid, listenPid, sockets } = toldIn(stdout);
      assert.deepEqual([listenPid, sockets], [`${pid}`, 1], command.join(" "));
    }
    const program = "console.log(process.env.NODE_OPTIONS, Error.stackTraceLimit)";
    const { stdout } = runBerkeley(["hold", "0", "--", process.execPath, "-e", program], { cwd, env });
    assert.match(stdout, /^--stack-trace-limit=7 --require ".*preload\.cjs" 7\n$/);
  },
);

test(
  "hold: a program that is not Node's has LISTEN_PID, too; --no-pid leaves it out, through npm as well",
  inherited,
  (context) => {
    const shell = 'test "$LISTEN_PID" = $$ && test "$LISTEN_FDS" = 1 && test -S /proc/self/fd/3';
    assert.equal(runBerkeley(["hold", "0", "--", "sh", "-c", shell]).status, 0);
    assert.equal(runBerkeley(["hold", "0", "--no-pid", "--", "sh", "-c", 'test -z "$LISTEN_PID"']).status, 0);
    const cwd = folder(context);
    const start = `'${process.execPath}' '${server}' tell`;
    writeFileSync(join(cwd, "package.json"), JSON.stringify({ scripts: { start } }));
    const { stdout } = runBerkeley(["hold", "0", "--no-pid", "--", "npm", "-s", "start"], { cwd });
    const { listenPid, sockets } = toldIn(stdout);
    assert.deepEqual([listenPid, sockets], [null, 1]);
  },
);

test(
  "hold: a process that took the socket does not pass it to its children; workers and other descriptors are left alone",
  inherited,
  () => {
    const module = new URL("../net/handoff/listeners-from-environment.js", import.meta.url);
    const look =
      "console.log(fs.readdirSync('/proc/self/fd').some((fd) => { try { return JSON.parse(process.env.BERKELEY_HOLD ?? '[]').some(({ inode }) => fs.readlinkSync('/proc/self/fd/' + fd).includes(inode)) } catch {} }))";
    const program = `
    import { listenersFromEnvironment } from "${module}";
    import { spawnSync } from "node:child_process";
    import { Worker } from "node:worker_threads";
    listenersFromEnvironment({ unsetEnvironment: false });
    spawnSync(process.execPath, ["-e", ${JSON.stringify(look)}], { stdio: "inherit" });
    const other = "console.log(process.env.LISTEN_PID === String(process.pid))";
    spawnSync(process.execPath, ["-e", other], { stdio: ["inherit", "inherit", "inherit", "pipe"] });
    new Worker("console.log('worker')", { eval: true });`;
    const words = ["hold", "0", "--", process.execPath, "--input-type=module", "-e", program];
    const { status, stdout } = runBerkeley(words);
    assert.deepEqual([status, stdout], [0, "false\nfalse\nworker\n"]);
  },
);

test(
  "hold localhost: a socket of each family on one port; --unix: one at a path, removed at the end",
  inherited,
  (context) => {
    const both = runBerkeley(["hold", "localhost:0", "--", process.execPath, server, "tell"]);
    const [, ipv4, , ipv6] = /Holding 127\.0\.0\.1:(\d+)( and \[::1\]:(\d+))?/.exec(both.stderr) ?? [];
    assert.ok(ipv4 !== undefined);
    assert.equal(toldIn(both.stdout).sockets, ipv6 === undefined ? 1 : 2);
    assert.ok(ipv6 === undefined || ipv6 === ipv4);
    const path = join(folder(context), "socket");
    const unix = runBerkeley(["hold", "--unix", path, "--", "sh", "-c", `test -S '${path}' && exit 9`]);
    assert.equal(unix.status, 9);
    assert.ok(unix.stderr.startsWith(`berkeley: Holding ${path}. To restart the command: kill -USR2 `));
    assert.equal(existsSync(path), false);
  },
);

test("hold ends like its command: with the same status, or by the same signal", inherited, () => {
  const ends = (...words: string[]) => {
    const { status, signal } = runBerkeley(["hold", "0", "--", ...words]);
    return signal ?? status;
  };
  assert.equal(ends("sh", "-c", "exit 42"), 42);
  assert.equal(ends("sh", "-c", "kill -TERM $$"), "SIGTERM");
  assert.equal(ends("sh", "-c", "kill -INT $$"), "SIGINT");
  assert.equal(ends("sh", "-c", "kill -KILL $$"), 137);
  assert.equal(ends("berkeley-no-such-command"), 127);
  assert.equal(ends("/"), 126);
});

test("hold forwards signals, and keeps running if the command does", inherited, async (context) => {
  const held = HeldProcess.start(context, ["0", "--", process.execPath, server]);
  const port = await held.port();
  const [, pid] = await held.says(/"pid":(\d+)/);
  assert.equal(await ask(port), `${pid}\n`);
  held.child.kill("SIGHUP");
  await held.says(/SIGHUP/);
  held.child.kill("SIGINT");
  assert.deepEqual(await held.ended, [3, null]);
});

test(
  "hold: ten restarts under load, and no connection is refused, reset or lost",
  inherited,
  async (context) => {
    const held = HeldProcess.start(context, ["0", "--", process.execPath, server]);
    const port = await held.port();
    await held.says(/"pid":/);
    let isOver = false;
    const pids = new Map<string, number>();
    const load = Array.from({ length: 8 }, async () => {
      while (!isOver) {
        const pid = await ask(port);
        assert.match(pid, /^\d+\n$/);
        pids.set(pid, (pids.get(pid) ?? 0) + 1);
      }
    });
    const restarts = 10;
    for (let restart = 1; restart <= restarts; restart++) {
      held.child.kill("SIGUSR2");
      const [, pid] = await held.says(/"pid":(\d+)/, restart + 1);
      while (!pids.has(`${pid}\n`)) await setTimeout(5);
    }
    isOver = true;
    await Promise.all(load);
    assert.equal(pids.size >= restarts, true, `${[...pids]}`);
  },
);

test(
  "hold: a server that a shell leaves behind at a restart is ended, before the new one starts",
  inherited,
  async (context) => {
    const script = `'${process.execPath}' '${server}'; true`;
    const held = HeldProcess.start(context, ["0", "--", "sh", "-c", script]);
    const port = await held.port();
    const [, first] = await held.says(/"pid":(\d+)/);
    held.child.kill("SIGUSR2");
    const [, second] = await held.says(/"pid":(\d+)/, 2);
    // It may be a zombie, without a command line, if the first process of a container does not reap
    // it.
    const words = `/proc/${first}/cmdline`;
    assert.equal(existsSync(words) ? readFileSync(words, "utf8") : "", "");
    assert.equal(await ask(port), `${second}\n`);
  },
);

test(
  "hold --restart-on-change: restarts when a file changes, waits for a change when the command has ended",
  inherited,
  async (context) => {
    const watched = folder(context);
    const program = join(watched, "program.mjs");
    mkdirSync(join(watched, "node_modules"));
    writeFileSync(program, "process.exit(1);");
    const words = ["0", "--restart-on-change", watched, "--grace", "0.1", "--", process.execPath, program];
    const held = HeldProcess.start(context, words);
    await held.says(/The command ended with status 1\. Connections wait until a change restarts it/);
    // A client that connects meanwhile is not refused.
    const port = await held.port();
    const waiting = ask(port);
    writeFileSync(join(watched, "node_modules", "file.js"), "");
    writeFileSync(
      program,
      'process.on("SIGTERM", () => {}); setInterval(() => {}, 1e6); console.log("stubborn");',
    );
    await held.says(/program\.mjs has changed: restarting\./);
    await held.says(/stubborn/);
    writeFileSync(program, `await import(${JSON.stringify(server)});`);
    await held.says(/did not end within 0\.1 s of SIGTERM; killing it/);
    const [, pid] = await held.says(/"pid":(\d+)/);
    assert.equal(await waiting, `${pid}\n`);
    held.child.kill("SIGTERM");
    assert.deepEqual(await held.ended, [0, null]);
  },
);

test("hold fails if programs cannot inherit descriptors", except(elsewhere), () => {
  const { status, stdout, stderr } = runBerkeley(["hold", "0", "--", "true"]);
  assert.deepEqual([status, stdout], [2, ""]);
  assert.equal(
    stderr.trimEnd(),
    "berkeley: hold is not supported on Windows, where a program does not inherit descriptors.",
  );
});

test(
  "hold opens nothing for a command that does not exist, unless a change may bring it",
  inherited,
  async (context) => {
    for (const options of [[], ["--workers", "2"]]) {
      const { status, stderr } = runBerkeley(["hold", "0", ...options, "--", "berkeley-no-such-command"]);
      assert.deepEqual(
        [status, stderr],
        [127, "berkeley: Cannot run berkeley-no-such-command: command not found.\n"],
      );
    }
    const watched = HeldProcess.start(context, [
      "0",
      "--watch",
      folder(context),
      "--",
      "berkeley-no-such-command",
    ]);
    await watched.says(/The command ended with status 127\. Connections wait until a change/);
  },
);

test("hold refuses what it cannot hold", inherited, async (context) => {
  const address = { family: "ipv4", address: "127.0.0.1", port: 0 } as const;
  const taken = await Holding.start(context, { sockets: [{ address, backlog: 1 }] });
  assert.ok(taken.address.family === "ipv4");
  const { port } = taken.address;
  for (const [words, message] of [
    [[], /^The port is missing; give one/],
    [["3000", "--unix", "/tmp/x", "--", "true"], /^Give either a port \("3000"\) or --unix, not both\.$/],
    [["3000"], /^The command is missing; write it after --, as in `berkeley hold 3000 -- npm start`\.$/],
    [
      ["0", "--restart-on-change", "/nowhere", "--", "true"],
      /^Cannot watch "\/nowhere": it does not exist\.$/,
    ],
    [["0", "--grace", "soon", "--", "true"], /^"soon" is not a time/],
    [
      ["npm", "start"],
      /^"npm" is not a port\. Give one first, as in `berkeley hold 3000 -- npm start`; after a host, too/,
    ],
    [["localhost", "--", "true"], /^"localhost" is not a port\. .* as in localhost:3000\.$/],
    [["0", "--json", "--", "true"], /^--json needs --status\.$/],
    [["0", "--status", "--", "true"], /^--status shows running holds: leave the command out\.$/],
    [["0", "--ready", "message", "--", "true"], /need --workers\.$/],
    [["0", "--workers", "2", "--ready", "soon", "--", "true"], /It is one of listening, message, notify/],
    [[`${port}`, "--", "true"], new RegExp(`^127\\.0\\.0\\.1:${port} is held by \\S+ \\(pid ${taken.pid}, `)],
  ] as const) {
    const { status, stdout, stderr } = runBerkeley(["hold", ...words]);
    assert.deepEqual([status, stdout], [2, ""]);
    assert.match(stderr.replace(/^berkeley: /, "").trimEnd(), message);
  }
});

test("hold, in a terminal: Ctrl-C reaches the command only once, and hold ends with it", async (context) => {
  const command = `'${process.execPath}' '${berkeley}' hold 0 -- '${process.execPath}' '${server}'`;
  const terminal = Terminal.open(context, `sh -c 'trap : INT; "$0" "$@"; echo "status $?"; cat' ${command}`);
  if (terminal === undefined) return;
  await terminal.shows(/"pid"/);
  terminal.press("C-c");
  const screen = await terminal.shows(/status 3/);
  assert.equal(screen.match(/SIGINT/g)?.length, 1, screen);
});
