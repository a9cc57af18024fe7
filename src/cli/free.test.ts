import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { type TestContext, test } from "node:test";
import { berkeley, runBerkeley } from "../../test/command.ts";
import { Holding } from "../../test/holding.ts";
import { inPidNamespace } from "../../test/pid-namespace.ts";
import { plain, Terminal } from "../../test/terminal.ts";

const quiet = { family: "ipv4", address: "127.83.0.3", port: 0 } as const;

interface Held {
  readonly pid: number;
  readonly endpoint: string;
  /** The signal that ended it. */
  ended(): Promise<NodeJS.Signals | null>;
  readonly isRunning: boolean;
}

async function holding(context: TestContext, options: { stubborn?: boolean } = {}): Promise<Held> {
  const made = await Holding.start(context, { sockets: [{ address: quiet, backlog: 1 }], ...options });
  const { child, pid, address } = made;
  assert.ok(address.family === "ipv4");
  return {
    pid,
    endpoint: `127.83.0.3:${address.port}`,
    ended: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        await new Promise((resolve) => child.once("exit", resolve));
      }
      return child.signalCode;
    },
    get isRunning() {
      return child.exitCode === null && child.signalCode === null;
    },
  };
}

test("free --yes: shows the holder and ends it with SIGTERM", async (context) => {
  const held = await holding(context);
  const { status, stdout, stderr } = runBerkeley(["free", held.endpoint, "--yes"]);
  assert.deepEqual([status, stderr], [0, ""]);
  assert.match(
    stdout,
    new RegExp(
      `^\\S+ \\(pid ${held.pid}, user .*\\)\n\\S+ \\(pid ${held.pid}\\) has stopped\\.\nIt is free\\.\n$`,
    ),
  );
  assert.equal(await held.ended(), "SIGTERM");
});

test("free --grace: what ignores SIGTERM is killed", async (context) => {
  const held = await holding(context, { stubborn: true });
  const { status, stdout } = runBerkeley(["free", held.endpoint, "--yes", "--grace", "0.05"]);
  assert.equal(status, 0);
  assert.match(stdout, /did not stop within 0\.05 s of SIGTERM, and was killed\.\nIt is free\.\n$/);
  assert.equal(await held.ended(), "SIGKILL");
});

test("free without a terminal does not prompt and does nothing", async (context) => {
  const held = await holding(context);
  const { status, stderr } = runBerkeley(["free", held.endpoint]);
  assert.equal(status, 2);
  assert.match(stderr, /^berkeley: There is no terminal to ask for confirmation; use --yes .*\n$/);
  assert.equal(held.isRunning, true);
});

test("free: reports a port that is already free, with status 0", async (context) => {
  const held = await holding(context);
  runBerkeley(["free", held.endpoint, "--yes"]);
  await held.ended();
  const { status, stdout } = runBerkeley(["free", held.endpoint, "--yes"]);
  assert.deepEqual([status, stdout], [0, "It is already free.\n"]);
});

test("free, in a terminal: it asks; n leaves it, y ends it", async (context) => {
  const held = await holding(context);
  const command = `'${process.execPath}' '${berkeley}' free ${held.endpoint}; echo "status $?";`;
  const terminal = Terminal.open(context, `${command} ${command} cat`);
  if (terminal === undefined) return;
  terminal.resize(200);
  const asked = await terminal.shows(/Stop it\? \[y\/N\]/);
  assert.match(asked, new RegExp(`pid ${held.pid}, user`));
  terminal.press("n");
  terminal.press("Enter");
  await terminal.shows(/Nothing was stopped\.\nstatus 1/);
  assert.equal(held.isRunning, true);
  await terminal.shows(/status 1[\s\S]*Stop it\? \[y\/N\]/);
  terminal.press("y");
  terminal.press("Enter");
  await terminal.shows(/has stopped\.\nIt is free\.\nstatus 0/);
  assert.equal(await held.ended(), "SIGTERM");
});

test("free, in a narrow terminal: the holder, without broken words, then the question", async (context) => {
  const held = await holding(context);
  const command = `'${process.execPath}' '${berkeley}' free ${held.endpoint}; echo "status $?"; cat`;
  const terminal = Terminal.open(context, command, 80);
  if (terminal === undefined) return;
  const screen = plain(await terminal.shows(/Stop it\? \[y\/N\]/));
  assert.match(screen, new RegExp(`^\\S+ \\(pid ${held.pid}, user [\\s\\S]*\nStop it\\?`));
  assert.match(screen, /[\s(]for\s+\d+\s+s\)/);
  terminal.press("Enter");
  await terminal.shows(/Nothing was stopped\.\nstatus 1/);
  assert.equal(held.isRunning, true);
});

test("free never signals a process that it did not show, even if that has the same pid and the port by then", (context) =>
  inPidNamespace(context, new URL("free-reused.child.js", import.meta.url)));

test("free, in a terminal: leaves alone a process that released the port during the prompt", async (context) => {
  const server = createServer().listen(0, "127.83.0.3");
  context.after(() => server.close());
  await once(server, "listening");
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  const command = `'${process.execPath}' '${berkeley}' free 127.83.0.3:${address.port}; echo "status $?"; cat`;
  const terminal = Terminal.open(context, command, 200);
  if (terminal === undefined) return;
  const screen = plain(await terminal.shows(/Stop it\? \[y\/N\]/));
  assert.match(screen, new RegExp(`\\(pid ${process.pid}, user`));
  await new Promise((resolve) => server.close(resolve));
  terminal.press("y");
  terminal.press("Enter");
  await terminal.shows(
    new RegExp(
      `\\(pid ${process.pid}\\) has closed it in the meantime, and was left alone\\.\nIt is free\\.\nstatus 0`,
    ),
  );
});

test("free, in a terminal: Ctrl-C and Ctrl-D at the question mean no", async (context) => {
  const held = await holding(context);
  for (const key of ["C-c", "C-d"]) {
    const command = `'${process.execPath}' '${berkeley}' free ${held.endpoint}; echo "status $?"; cat`;
    const terminal = Terminal.open(context, command, 200);
    if (terminal === undefined) return;
    await terminal.shows(/Stop it\? \[y\/N\]/);
    terminal.press(key);
    await terminal.shows(/Stop it\? \[y\/N\] *\nNothing was stopped\.\nstatus 1/);
  }
  assert.equal(held.isRunning, true);
});
