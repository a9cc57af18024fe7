import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { berkeley, plainEnvironment } from "../../test/command.ts";
import { type HeldByChild, Holding } from "../../test/holding.ts";
import { except } from "../../test/platform.ts";
import { sandbox } from "../../test/sandbox.ts";
import { tryBind } from "../posix/bind.ts";
import { AF, SOCK } from "../posix/constants.ts";
import { socket } from "../posix/socket.ts";

const alone = "netlink is Linux's";
const ofNode = "the commands run on Node";
const onLinux = except({ windows: alone, darwin: alone, freebsd: alone, bun: ofNode, deno: ofNode });

function run(under: readonly string[], words: readonly string[]) {
  const [command = "", ...rest] = [...under, process.execPath, ...words];
  return spawnSync(command, rest, { encoding: "utf8", env: plainEnvironment, timeout: 60_000 });
}

/** Runs the command in the sandbox. */
const berkeleyUnder = (under: readonly string[], ...words: readonly string[]) =>
  run(under, [berkeley, ...words]);

async function holding(context: TestContext, socket: HeldByChild): Promise<[endpoint: string, pid: number]> {
  const held = await Holding.start(context, { sockets: [socket] });
  const { address } = held;
  if (address.family === "ipv4") return [`${address.address}:${address.port}`, held.pid];
  if (address.family === "ipv6") return [`[${address.address}]:${address.port}`, held.pid];
  return ["", held.pid];
}

/**
 * A free port below the ephemeral range: `why PORT` looks at every address, and a test running at
 * the same time may have the same ephemeral port.
 */
function portOfNobodyElse(): number {
  for (;;) {
    const port = randomInt(20_000, 30_000);
    using held = socket(AF.INET6, SOCK.STREAM);
    const bound = tryBind(held, { family: "ipv6", address: "::", port });
    if (bound.ok) return port;
    assert.equal(bound.error.name, "AddressInUse");
  }
}

const ipv4 = { family: "ipv4", address: "127.83.0.6", port: 0 } as const;
const ipv6 = { family: "ipv6", address: "::1", port: 0 } as const;

for (const address of [ipv4, ipv6]) {
  test(
    `without netlink, a listener over ${address.family} is found in /proc/net`,
    onLinux,
    async (context) => {
      const under = sandbox(context);
      if (under === undefined) return;
      const [endpoint, pid] = await holding(context, { address, backlog: 1 });
      const ports = berkeleyUnder(under, "ports");
      assert.ok(ports.stdout.includes(`${endpoint} `), ports.stderr);
      assert.match(ports.stdout, new RegExp(`tcp +\\S+ +${pid} `));
      const why = berkeleyUnder(under, "why", endpoint);
      assert.match(why.stdout, new RegExp(`held by \\S+ \\(pid ${pid},`), why.stderr);
      assert.equal(why.status, 1);
      const wait = berkeleyUnder(under, "wait", endpoint, "--timeout", "30");
      assert.equal(wait.status, 0, wait.stderr);
    },
  );

  test(
    `without netlink, a socket over ${address.family} that is bound and does not listen is in use`,
    onLinux,
    async (context) => {
      const under = sandbox(context);
      if (under === undefined) return;
      const port = portOfNobodyElse();
      const [endpoint] = await holding(context, { address: { ...address, port } });
      for (const asked of [endpoint, `${port}`]) {
        const why = berkeleyUnder(under, "why", asked);
        assert.match(why.stdout, /: in use by a socket that /, `${asked} ${why.stdout}${why.stderr}`);
        assert.equal(why.status, 1);
        const json = JSON.parse(berkeleyUnder(under, "why", asked, "--json").stdout);
        assert.equal(json.verdict, "taken");
        assert.deepEqual(
          json.causes.map(({ kind }: { kind: string }) => kind),
          ["in-use"],
        );
        const free = berkeleyUnder(under, "free", asked, "--yes");
        assert.match(free.stdout, /: in use by a socket that /);
        assert.equal(free.status, 1);
      }
    },
  );
}

test("without netlink, why reports a free port, and free stops a listener", onLinux, async (context) => {
  const under = sandbox(context);
  if (under === undefined) return;
  const [endpoint, pid] = await holding(context, { address: ipv4, backlog: 1 });
  const free = berkeleyUnder(under, "free", endpoint, "--yes");
  assert.match(free.stdout, new RegExp(`\\S+ \\(pid ${pid}\\) has stopped\\.\nIt is free\\.`), free.stderr);
  assert.equal(free.status, 0);
  for (const command of ["why", "free"]) {
    const { status, stdout } = berkeleyUnder(under, command, endpoint);
    assert.match(stdout, /free/);
    assert.equal(status, 0);
  }
});

test("without netlink, an IPv6-only wildcard does not hold IPv4 addresses", onLinux, async (context) => {
  const under = sandbox(context);
  if (under === undefined) return;
  const wildcard = { family: "ipv6", address: "::", port: 0 } as const;
  const [alone] = await holding(context, { address: wildcard, v6only: true, backlog: 1 });
  const [both] = await holding(context, { address: wildcard, v6only: false, backlog: 1 });
  const portOf = (endpoint: string) => endpoint.slice(endpoint.lastIndexOf(":") + 1);
  const verdict = (endpoint: string) =>
    JSON.parse(berkeleyUnder(under, "why", `127.0.0.1:${portOf(endpoint)}`, "--json").stdout).verdict;
  assert.equal(verdict(alone), "free");
  assert.equal(verdict(both), "taken");
});

test("without netlink, UDP and unix sockets are found", onLinux, async (context) => {
  const under = sandbox(context);
  if (under === undefined) return;
  const folder = mkdtempSync(join(tmpdir(), "berkeley-"));
  context.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "socket");
  const [endpoint, pid] = await holding(context, { address: ipv4, datagram: true });
  const [, owner] = await holding(context, { address: { family: "unix", path }, backlog: 1 });
  const udp = berkeleyUnder(under, "why", endpoint, "--udp");
  assert.match(udp.stdout, new RegExp(`held by \\S+ \\(pid ${pid},`));
  const unix = berkeleyUnder(under, "why", "--unix", path);
  assert.match(unix.stdout, new RegExp(`held by \\S+ \\(pid ${owner},`));
  assert.equal(berkeleyUnder(under, "wait", "--unix", path, "--timeout", "30").status, 0);
  const all = JSON.parse(berkeleyUnder(under, "ports", "--all", "--json").stdout);
  const ofPid = (its: number) =>
    all
      .filter(({ holders }: { holders: { pid: number }[] }) => holders.some((holder) => holder.pid === its))
      .map(({ socket }: { socket: { protocol: string; use: string } }) => `${socket.protocol} ${socket.use}`);
  assert.deepEqual(ofPid(pid), ["udp bound"]);
  assert.deepEqual(ofPid(owner), ["unix listening"]);
});

test("with neither netlink nor /proc/net, it is unknown", onLinux, async (context) => {
  const under = sandbox(context, false);
  if (under === undefined) return;
  const [endpoint] = await holding(context, { address: ipv4, backlog: 1 });
  for (const words of [
    ["why", endpoint],
    ["why", endpoint, "--udp"],
    ["why", "--unix", "@berkeley-nobody"],
    ["free", endpoint],
  ]) {
    const { status, stdout, stderr } = berkeleyUnder(under, ...words);
    assert.match(stdout, /: unknown: neither netlink's sock_diag nor \/proc\/net/, words.join(" ") + stderr);
    assert.equal(status, words[0] === "free" ? 1 : 2, words.join(" "));
  }
  for (const words of [["ports"], ["ports", "--all"], ["ports", "--json"]]) {
    const { status, stdout, stderr } = berkeleyUnder(under, ...words);
    assert.match(stderr, /^berkeley: Cannot list the TCP sockets: neither netlink/, words.join(" "));
    assert.equal(stdout, "");
    assert.equal(status, 2);
  }
  const program = new URL("./without-netlink-listeners.child.js", import.meta.url);
  const { stdout, stderr } = run(under, [fileURLToPath(program)]);
  assert.match(
    stdout,
    /^SocketsUnavailableError: cannot list the TCP sockets: .*\nSocketsUnavailableError: /,
    stderr,
  );
});

test("with neither netlink nor /proc/net, wait connects", onLinux, async (context) => {
  const under = sandbox(context, false);
  if (under === undefined) return;
  const [endpoint] = await holding(context, { address: ipv4, backlog: 1 });
  const wait = berkeleyUnder(under, "wait", endpoint, "--timeout", "30");
  assert.equal(wait.status, 0, wait.stderr);
  const [bound] = await holding(context, { address: ipv4 });
  const waiting: ChildProcess = spawn(
    under[0] ?? "",
    [...under.slice(1), process.execPath, berkeley, "wait", bound, "--timeout", "0.2"],
    { env: plainEnvironment, stdio: "ignore" },
  );
  const [status] = await once(waiting, "exit");
  assert.equal(status, 1);
});
