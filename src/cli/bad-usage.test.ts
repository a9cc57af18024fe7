import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { test } from "node:test";
import { berkeley, Listening, plainEnvironment, runBerkeley } from "../conformance/command.ts";

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
  [["127.0.0.1:"], /"" is not a port/],
  [["abc"], '"abc" is not a port; a host needs one after it, as in abc:3000.'],
  [["[::1"], /an IPv6 address goes in brackets/],
  [["[127.0.0.1]:80"], '"127.0.0.1" in brackets is not an IPv6 address.'],
  [["::1:x:3000"], /an IPv6 address goes in brackets/],
  [["1", "2"], /too many arguments/],
  [["--backlog", "x"], '"x" is not a backlog; a backlog is a whole number from 0 to 2147483647.'],
  [["--backlog", "-1"], /"-1" is not a backlog/],
  [["--backlog", "2147483648"], /"2147483648" is not a backlog/],
  [["--backlog", "1e3"], /"1e3" is not a backlog/],
  [["--backlog"], /option '--backlog <n>' argument missing/],
  [["--respond", "shout"], /Allowed choices are echo, discard, http\./],
  [["--bakclog", "5"], /unknown option '--bakclog' \(Did you mean --backlog\?\)/],
  [["--unix", ""], "--unix needs a path, or @ and a name for the abstract namespace."],
  [["--unix", "@"], /--unix needs a path/],
  [["--unix", "socket", "3000"], 'Give either a port ("3000") or --unix, not both.'],
  [["--unix", "/nonexistent/socket"], /\/nonexistent\/socket.*does not exist/],
  [["--unix", `/${"x".repeat(120)}`], /121 bytes long; sun_path has room for 108/],
  // RFC 2606 and RFC 5737: a name and an address that are nobody's.
  [["berkeley.invalid:80"], /^The host "berkeley\.invalid" cannot be found \(E\w+\)\.$/],
  [["192.0.2.1:8080"], "192.0.2.1:8080 is not an address of this machine."],
  [["[2001:db8::1]:8080"], "[2001:db8::1]:8080 is not an address of this machine."],
];

for (const [words, message] of rows) {
  test(`refuses: berkeley listen ${words.join(" ")}`, () => refuses(["listen", ...words], message));
}

test("refuses an unknown option and an unknown command without the subcommand, too", () => {
  refuses(["--jsn"], /unknown option '--jsn'/);
  refuses(["lisen"], /"lisen" is not a port/);
});

test("a port in use, by another berkeley and by another program", async (context) => {
  const listening = await Listening.start(context);
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  context.after(() => server.close());
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  for (const port of [listening.port, address.port]) {
    refuses(
      [`${port}`],
      `127.0.0.1:${port} is in use by another socket: choose another port, or find its holder with \`ss -ltnp sport = :${port}\`.`,
    );
  }
});

test("a privileged port, without root's rights", (context) => {
  // In a network namespace of its own the limit is 1024 again, whatever it is outside; and whoever is not root may make
  // one only together with a user namespace, in which it has no rights after exec.
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
        "berkeley: Port 81 needs a privilege: choose one from 1024 up (net.ipv4.ip_unprivileged_port_start), or run with CAP_NET_BIND_SERVICE.\n",
    },
  );
});

test("--version is that of package.json", () => {
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  const { status, stdout, stderr } = runBerkeley(["--version"]);
  assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: `${version}\n`, stderr: "" });
});

test("--help tells of every option, on standard output, with status 0", () => {
  for (const words of [
    ["listen", "--help"],
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
  const { status, stdout } = runBerkeley(["--help"]);
  assert.equal(status, 0);
  assert.match(stdout, /listen \[options\] \[\[host:\]port\]/);
});
