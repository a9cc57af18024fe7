import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { berkeley, Listening, plainEnvironment, runBerkeley } from "../../test/command.ts";
import { root } from "../../test/root.ts";
import { plain, Terminal } from "../../test/terminal.ts";

/** One clear sentence on standard error, status 2, and nothing else: no stack trace, no output. */
function refuses(words: string[], message: string | RegExp) {
  const { status, signal, stdout, stderr } = runBerkeley(words);
  assert.deepEqual({ status, signal, stdout }, { status: 2, signal: null, stdout: "" }, stderr);
  assert.match(stderr, /^berkeley: .+\n$/);
  const text = stderr.slice("berkeley: ".length, -1);
  if (typeof message === "string") assert.equal(text, message);
  else assert.match(text, message);
}

const rows: readonly (readonly [string[], string | RegExp])[] = [
  [["70000"], '"70000" is not a port; a port is a whole number from 0 (a free one) to 65535.'],
  [["-1"], /"-1" is not a port|unknown option '-1'/],
  [["3.5"], /"3.5" is not a port/],
  [["3000x"], /"3000x" is not a port/],
  [[""], "The port is empty; a port is a whole number from 0 (a free one) to 65535."],
  [["127.0.0.1:"], "The port is empty; a port is a whole number from 0 (a free one) to 65535."],
  [
    ["abc"],
    '"abc" is neither a port nor a command (listen, ports, why, wait, free, hold, proxy, help); a ' +
      "host needs a port after it, as in localhost:3000.",
  ],
  [["localhost"], '"localhost" is not a port; a host needs one after it, as in localhost:3000.'],
  [["a.example"], '"a.example" is not a port; a host needs one after it, as in a.example:3000.'],
  [["[::1"], /an IPv6 address goes in brackets/],
  [["[127.0.0.1]:80"], '"127.0.0.1" in brackets is not an IPv6 address.'],
  [["::1:x:3000"], /an IPv6 address goes in brackets/],
  [["1", "2"], /too many arguments.*; see `berkeley listen --help`\.$/],
  [["--backlog", "x"], '"x" is not a backlog; a backlog is a whole number from 0 to 2147483647.'],
  [["--backlog", "-1"], /"-1" is not a backlog/],
  [["--backlog", "2147483648"], /"2147483648" is not a backlog/],
  [["--backlog", "1e3"], /"1e3" is not a backlog/],
  [["--backlog"], /option '--backlog <n>' argument missing/],
  [["--respond", "shout"], /Allowed choices are echo, discard, http; see `berkeley listen --help`\.$/],
  [["-x"], "unknown option '-x'; see `berkeley listen --help`."],
  [["--bakclog", "5"], "unknown option '--bakclog' (Did you mean --backlog?); see `berkeley listen --help`."],
  [["--unix", ""], "--unix needs a path, or @name for the abstract namespace."],
  [["--unix", "@"], /--unix needs a path/],
  [["--unix", "socket", "3000"], 'Give either a port ("3000") or --unix, not both.'],
  [["--unix", "/nonexistent/socket"], /\/nonexistent\/socket.*does not exist/],
  [["--unix", `/${"x".repeat(120)}`], /121 bytes long; sun_path holds at most 108/],
  // RFC 2606 and RFC 5737: a name and an address that are never assigned.
  [["berkeley.invalid:80"], /^The host "berkeley\.invalid" cannot be found \(E\w+\)\.$/],
  [["192.0.2.1:8080"], "192.0.2.1 is not an address of this machine."],
  [["192.0.2.1"], "192.0.2.1 is not an address of this machine."],
  [["[2001:db8::1]:8080"], "2001:db8::1 is not an address of this machine."],
  [["::1:80"], "::1:80 is not an address of this machine; for port 80 of ::1 write [::1]:80."],
  [
    ["fe80::1:2:3:4"],
    "The link-local address fe80::1:2:3:4 needs the name of its interface; write fe80::1:2:3:4%eth0.",
  ],
  [
    ["[fe80::1:2:3:4]:8080"],
    "The link-local address fe80::1:2:3:4 needs the name of its interface; write [fe80::1:2:3:4%eth0]:8080.",
  ],
];

for (const [words, message] of rows) {
  test(`refuses: berkeley listen ${words.join(" ")}`, () => refuses(["listen", ...words], message));
}

test("refuses an unknown option and an unknown command without the subcommand, too", () => {
  refuses(["--jsn"], /unknown option '--jsn'/);
  refuses(
    ["lisen"],
    /"lisen" is neither a port nor a command \(listen, ports, why, wait, free, hold, proxy, help\)/,
  );
  refuses(["--json", "listen"], '"listen" is not a port; a command comes first, before its options.');
});

test("a port in use, by another berkeley and by another program", async (context) => {
  const listening = await Listening.start(context);
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  context.after(() => server.close());
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  for (const port of [listening.port, address.port]) {
    const pid = port === listening.port ? listening.child.pid : process.pid;
    refuses(
      [`${port}`],
      new RegExp(
        `127\\.0\\.0\\.1:${port} is held by \\S+ \\(pid ${pid}, .*\\).*\\. Choose another port, or ` +
          `stop its holder: berkeley free 127\\.0\\.0\\.1:${port}$`,
      ),
    );
  }
});

test("in a narrow terminal: no word of an error is broken, and the command to run stands on one line", async (context) => {
  const listening = await Listening.start(context);
  const words = `'${process.execPath}' '${berkeley}'`;
  for (const command of ["", "hold"]) {
    const rest = command === "hold" ? "-- true" : "";
    const asked = `${words} ${command} ${listening.port} ${rest} > /dev/null; echo "status $?"; cat`;
    const terminal = Terminal.open(context, asked, 60);
    if (terminal === undefined) return;
    const screen = plain(await terminal.shows(/status 2/));
    assert.match(screen, new RegExp(`^berkeley: 127\\.0\\.0\\.1:${listening.port} is held by`));
    const told = screen.split(/\s+/);
    // The words after the process name, whose path may be longer than a line.
    for (const word of ["pid", "user", "Choose", "another", "port,", "or", "stop", "its", "holder:"]) {
      assert.ok(
        told.some((each) => each.replace("(", "") === word),
        `${word} in:\n${screen}`,
      );
    }
    assert.match(screen, new RegExp(`^ +berkeley free 127\\.0\\.0\\.1:${listening.port}\nstatus 2`, "m"));
  }
});

test("a privileged port, without root's rights", (context) => {
  // In a new network namespace the limit is 1024 again, whatever it is outside. Without root, it
  // can only be created together with a user namespace, in which the process has no rights after
  // exec.
  const wrapper =
    process.getuid?.() === 0 ? ["--net", "setpriv", "--bounding-set=-net_bind_service"] : ["--user", "--net"];
  const probe = spawnSync("unshare", [...wrapper, "true"], { encoding: "utf8" });
  if (probe.status !== 0) {
    context.skip(`a network namespace without the privilege cannot be made: ${probe.stderr ?? probe.error}`);
    return;
  }
  const { status, stdout, stderr } = spawnSync(
    "unshare",
    [...wrapper, process.execPath, berkeley, "listen", "0.0.0.0:81"],
    { encoding: "utf8", env: plainEnvironment },
  );
  assert.deepEqual(
    { status, stdout, stderr },
    {
      status: 2,
      stdout: "",
      stderr:
        "berkeley: Port 81 is privileged (below net.ipv4.ip_unprivileged_port_start, usually 1024). " +
        "Choose a higher port, run as root, or grant CAP_NET_BIND_SERVICE.\n",
    },
  );
});

test("a directory that this user may not write", (context) => {
  const folder = mkdtempSync(join(tmpdir(), "berkeley-"));
  context.after(() => rmSync(folder, { recursive: true }));
  chmodSync(folder, 0o555);
  const path = join(folder, "socket");
  // Root may write everywhere, by a capability that the command runs without.
  const wrapper = process.getuid?.() === 0 ? ["setpriv", "--bounding-set=-dac_override"] : [];
  const [program = process.execPath, ...words] = [...wrapper, process.execPath, berkeley, "listen"];
  const options = { encoding: "utf8", env: plainEnvironment } as const;
  const { status, stdout, stderr, error } = spawnSync(program, [...words, "--unix", path], options);
  if (error !== undefined) {
    context.skip(`the privilege cannot be given up: ${error}`);
    return;
  }
  assert.deepEqual(
    { status, stdout, stderr },
    {
      status: 2,
      stdout: "",
      stderr: `berkeley: This user may not write or search ${folder}. Choose a path in another directory.\n`,
    },
  );
});

test("--version is that of package.json", () => {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const { status, stdout, stderr } = runBerkeley(["--version"]);
  assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: `${version}\n`, stderr: "" });
});

test("--help describes every option, on standard output, with status 0", () => {
  for (const words of [
    ["listen", "--help"],
    ["listen", "-h"],
    ["help", "listen"],
  ]) {
    const { status, stdout, stderr } = runBerkeley(words);
    assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
    for (const word of [
      "[[host:]port]",
      "--backlog",
      "--unix",
      "--respond",
      "--json",
      "NO_COLOR",
      "Ctrl-C",
    ]) {
      assert.ok(stdout.includes(word), `${word} is not in:\n${stdout}`);
    }
  }
  for (const word of ["-h", "--help"]) {
    const { status, stdout } = runBerkeley([word]);
    assert.equal(status, 0);
    assert.match(stdout, /listen \[options\] \[\[host:\]port\]/);
    assert.match(stdout, /`berkeley listen --help` shows its options\./);
  }
});
