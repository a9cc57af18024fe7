import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { berkeley, plainEnvironment, runBerkeley } from "../../test/command.ts";
import { bind } from "../posix/bind.ts";
import { connect } from "../posix/connect.ts";
import { AF, SOCK } from "../posix/constants.ts";
import { socket } from "../posix/socket.ts";
import { json } from "./json.ts";
import { text } from "./terminal-text.ts";

// Text chosen by other users and programs must not control the terminal that displays it.

/** A colour, a bell, an 8-bit CSI, a bidi override, a newline, and DEL. */
const HOSTILE = "x\x1b[31m\x07\u009b2J\u202ey\nforged: free\x7f";

/** Anything that a terminal acts on, except the newlines that end our own lines. */
const STEERS = /[^\n\P{Cc}]|[\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|^forged/mu;

function folder(context: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), "berkeley-"));
  context.after(() => rmSync(made, { recursive: true }));
  return made;
}

/** A process whose name, command line and directory are hostile, and which listens. */
async function hostile(context: TestContext, where: string): Promise<ChildProcess> {
  const cwd = join(folder(context), HOSTILE);
  mkdirSync(cwd);
  const program = `
    process.title = ${JSON.stringify(HOSTILE)};
    const server = require("node:net").createServer().listen(${where}, () => console.log(server.address().port ?? "listens"));`;
  const child = spawn(process.execPath, ["-e", program, HOSTILE, " ".repeat(200)], {
    cwd,
    argv0: HOSTILE,
    stdio: ["ignore", "pipe", "inherit"],
  });
  context.after(() => child.kill("SIGKILL"));
  return child;
}

function assertHarmless(words: string[], options = {}): string {
  const { stdout, stderr } = runBerkeley(words, options);
  assert.doesNotMatch(stdout, STEERS, words.join(" "));
  assert.doesNotMatch(stderr, STEERS, words.join(" "));
  return stdout + stderr;
}

test("why, ports, listen, hold and free escape the name of a hostile process", async (context) => {
  const child = await hostile(context, '0, "127.0.0.1"');
  assert.ok(child.stdout !== null);
  const [line] = await once(child.stdout.setEncoding("utf8"), "data");
  const port = String(line).trim();
  for (const words of [
    ["why", port],
    ["why", port, "--json"],
    ["ports"],
    ["ports", "--json"],
    ["ports", "--all"],
    ["listen", port],
    ["hold", port, "--", "true"],
    ["free", port],
    // Last, since it ends the process, and prints its name.
    ["free", port, "--yes"],
  ]) {
    assert.match(assertHarmless(words), words[0] === "ports" ? /x/ : /x\\u/, words.join(" "));
  }
});

test("a unix path that is hostile: listened on, stale, and no socket", async (context) => {
  const path = join(folder(context), "socket\x1b[31m\u202e\n");
  const child = await hostile(context, JSON.stringify(path));
  assert.ok(child.stdout !== null);
  await once(child.stdout, "data");
  const about = [
    ["why", "--unix", path],
    ["listen", "--unix", path],
    ["hold", "--unix", path, "--", "true"],
    ["wait", "--unix", `${path}x`, "--timeout", "0.01"],
    ["ports", "--all"],
    ["why", "--unix", path, "--json"],
  ];
  for (const words of about) assertHarmless(words);
  assertHarmless(["free", "--unix", path, "--yes", "--grace", "0.1"]);
  rmSync(path, { force: true });
  writeFileSync(path, "");
  for (const words of about) assertHarmless(words);
  assertHarmless(["why", "--unix", join(dirname(path), HOSTILE, "socket")]);
  assertHarmless(["listen", "--unix", join(dirname(path), HOSTILE, "socket")]);
});

test("arguments are echoed harmlessly", () => {
  for (const command of ["listen", "why", "wait", "free", "hold", "ports", HOSTILE]) {
    for (const words of [
      [HOSTILE],
      [`--${HOSTILE}`],
      [`${HOSTILE}:80`],
      ["--unix", `/${HOSTILE}/x`],
      ["1", HOSTILE],
    ]) {
      if (command === "wait") words.push("--timeout", "0.01");
      assertHarmless([command, ...words]);
    }
  }
  for (const words of [
    ["hold", "0", "--"],
    ["hold", "0", "--no-pid", "--"],
  ]) {
    const said = assertHarmless([...words, HOSTILE]);
    assert.match(said, /Cannot run x\\u\{1b\}\[31m.*: command not found\./);
  }
  assertHarmless(["hold", "0", "--restart-on-change", HOSTILE, "--", "true"]);
});

for (const words of [[], ["--json"]]) {
  test(`listen ${words.join(" ")}: a peer's unix name with ESC and U+202E is shown harmlessly`, async (context) => {
    const name = `berkeley-foreign-${process.pid}-${words.length}`;
    const child = spawn(process.execPath, [berkeley, "listen", "--unix", `@${name}`, ...words], {
      env: plainEnvironment,
      stdio: ["ignore", "pipe", "inherit"],
    });
    context.after(() => child.kill("SIGKILL"));
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      said += chunk;
    });
    const shows = async (what: RegExp) => {
      while (!what.test(said)) await once(child.stdout, "data");
    };
    await shows(/Ctrl-C\n|"listening".*\n/);
    using client = socket(AF.UNIX, SOCK.STREAM);
    bind(client, { family: "unix", path: `\0${name}-\x1b[31m\u202e` });
    connect(client, { family: "unix", path: `\0${name}` });
    await shows(/-\\+u\{1b\}\[31m\\+u\{202e\}.*\n/);
    assert.doesNotMatch(said, STEERS);
  });
}

test("text`` escapes interpolated values, once; JSON is escaped as JSON", () => {
  const once = text`${"a\x1b\u202e\n\ud800\u2028"}\n`;
  assert.equal(once.raw, "a\\u{1b}\\u{202e}\\u{a}\\u{d800}\\u{2028}\n");
  assert.equal(text`${once}`.raw, once.raw);
  const value = { [HOSTILE]: [HOSTILE, "\u{e0001}\ud800"] };
  assert.doesNotMatch(json(value).raw, STEERS);
  assert.deepEqual(JSON.parse(json(value).raw), value);
});

test("only the modules of the terminal write to it, and trust text as it is", () => {
  const folder = fileURLToPath(new URL("../../src/cli/", import.meta.url));
  const writers = ["ask.ts", "live-screen.ts", "main.ts", "output.ts", "ports.ts"];
  const trusting = ["json.ts", "paragraph.ts", "ports-table.ts", "report/status-line.ts", "terminal-text.ts"];
  for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!file.endsWith(".ts") || /\.(test|child)\.ts$/.test(file)) continue;
    const source = readFileSync(join(folder, file), "utf8");
    if (!writers.includes(file)) assert.doesNotMatch(source, /stdout|stderr|console\./, file);
    if (!trusting.includes(file)) assert.doesNotMatch(source, /\.trust\(/, file);
  }
});
