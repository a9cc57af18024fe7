import assert from "node:assert/strict";
import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { readdirSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Fixture } from "../test/fixture.ts";
import { type Exceptions, except } from "../test/platform.ts";
import { root } from "../test/root.ts";
import * as posix from "./posix/index.ts";

// Compiles the programs of examples/, strictly, against the built package, and runs them. The other
// ends are here.

const { AF, MSG, SO, SOCK } = posix;
const folder = join(root, "examples");
const guard = new URL("../test/example.child.js", import.meta.url).href;

const compiler = spawnSync(
  process.execPath,
  [join(root, "node_modules/typescript/bin/tsc"), "-p", folder, "--pretty", "false"],
  { encoding: "utf8" },
);

test("the examples compile", () => assert.equal(compiler.stdout + compiler.stderr, ""));

const tests = ["examples.test.ts", "server-examples.test.ts"]
  .map((file) => readFileSync(join(root, "src", file), "utf8"))
  .join();
for (const name of readdirSync(folder).filter((file) => file.endsWith(".ts"))) {
  test(`${name} has fewer than 40 lines, and appears in README.md and a test`, () => {
    const lines = readFileSync(join(folder, name), "utf8").split("\n");
    assert.ok(lines.length <= 40, `${lines.length - 1} lines`);
    assert.ok(readFileSync(join(root, "README.md"), "utf8").includes(`examples/${name}`), "README.md");
    assert.ok(tests.includes(`"${name}"`), "a test");
  });
}

/** The command that runs an example; it fails if a socket is left open. */
function command(name: string, ...args: string[]): string[] {
  const program = join(root, ".cache/examples", name.replace(/ts$/, "js"));
  return [process.execPath, "--import", guard, program, ...args];
}

function run(
  [program = "", ...args]: readonly string[],
  env: NodeJS.ProcessEnv = {},
): SpawnSyncReturns<string> {
  return spawnSync(program, args, { encoding: "utf8", timeout: 20_000, env: { ...process.env, ...env } });
}

/** Fails unless it exited successfully; returns its output. */
function output({ status, signal, stdout, stderr }: SpawnSyncReturns<string>): string {
  assert.deepEqual({ status, signal, stderr }, { status: 0, signal: null, stderr: "" });
  return stdout;
}

function withFixture(name: string, body: (fixture: Fixture) => void, exceptions: Exceptions = {}): void {
  test(name, except(exceptions), (context) => {
    const fixture = new Fixture(context);
    try {
      body(fixture);
    } finally {
      fixture.closeAll();
    }
  });
}

/** A receiver of unix datagrams. */
function receiverAt(fixture: Fixture, path: string): posix.Socket {
  const receiver = fixture.socket(AF.UNIX, SOCK.DGRAM);
  posix.bind(receiver, { family: "unix", path });
  return receiver;
}

withFixture("syslog.ts: the daemon gets the line, with its priority and the time", (fixture) => {
  const path = join(fixture.folder(), "log");
  const daemon = receiverAt(fixture, path);
  assert.equal(output(run(command("syslog.ts", "disk is nearly full", path))), "");
  const line = Buffer.alloc(1000);
  const length = posix.recv(daemon, line, MSG.DONTWAIT);
  const time = "(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \\d]\\d \\d\\d:\\d\\d:\\d\\d";
  assert.match(
    line.toString("utf8", 0, length),
    new RegExp(`^<12>${time} example\\[\\d+\\]: disk is nearly full$`),
  );
});

withFixture("syslog.ts: without a daemon, it says so", (fixture) => {
  const path = join(fixture.folder(), "log");
  const { status, stderr } = run(command("syslog.ts", "nobody hears", path));
  assert.equal(status, 1);
  assert.match(stderr, /ENOENT/);
  assert.ok(stderr.includes(path), stderr);
});

for (const abstract of [false, true]) {
  const where = abstract ? "in the abstract namespace" : "in the file system";
  withFixture(
    `sd-notify.ts: a manager ${where} learns that the service is ready, and which one`,
    (fixture) => {
      const path = abstract ? `\0berkeley-notify-${process.pid}` : join(fixture.folder(), "notify");
      const manager = receiverAt(fixture, path);
      posix.setsockopt(manager, SO.PASSCRED, true);
      const program = run(command("sd-notify.ts"), { NOTIFY_SOCKET: path.replace("\0", "@") });
      assert.equal(output(program), "notified the service manager\n");
      const state = Buffer.alloc(1000);
      const { bytes, control } = posix.recvmsg(manager, { data: [state] }, MSG.DONTWAIT);
      assert.match(
        state.toString("utf8", 0, bytes),
        /^READY=1\nSTATUS=Listening on \{"family":"ipv4".*\}\n$/,
      );
      assert.ok(control[0]?.type === "SCM_CREDENTIALS");
      assert.equal(control[0].pid, program.pid);
    },
  );
}

withFixture("sd-notify.ts: it continues without a manager", () => {
  assert.equal(output(run(command("sd-notify.ts"), { NOTIFY_SOCKET: "" })), "no service manager\n");
});

withFixture(
  "wayland-pool.ts: the compositor gets the request and the file",
  (fixture) => {
    const path = join(fixture.folder(), "wayland-0");
    const compositor = fixture.socket(AF.UNIX, SOCK.STREAM);
    posix.bind(compositor, { family: "unix", path });
    posix.listen(compositor, 1);
    assert.equal(output(run(command("wayland-pool.ts"), { WAYLAND_DISPLAY: path })), "");

    const client = fixture.own(posix.accept(compositor).socket);
    const message = new Uint8Array(16);
    const { bytes, control } = posix.recvmsg(client, { data: [message] }, MSG.DONTWAIT);
    assert.equal(bytes, 16);
    assert.deepEqual([...new Uint32Array(message.buffer)], [3, 16 << 16, 4, 64 * 64 * 4]);
    assert.ok(control[0]?.type === "SCM_RIGHTS" && control[0].descriptors.length === 1);
    const [pool] = control[0].descriptors;
    assert.ok(pool !== undefined && !(pool instanceof posix.Socket));
    const pixels = Buffer.alloc(64 * 64 * 4 + 1);
    assert.equal(readSync(pool.fd, pixels, 0, pixels.length, 0), 64 * 64 * 4);
    assert.equal(pixels.toString("utf8", 0, 16), "berkeleyberkeley");
    pool[Symbol.dispose]();
  },
  { deno: "Deno's node:fs cannot read a descriptor that it did not open itself" },
);

/** It passes a socket of node:net. */
const nodesOwn = {
  bun: "Bun's net.Socket does not take a descriptor",
  deno: "Deno does not reveal the descriptor of a net.Server",
};

for (const [name, told, exceptions] of [
  ["pass-listener.ts", /^(\d+) received: accepted by (\d+)\n$/, {}],
  ["pass-connection.ts", /^(\d+) received: hello ann from (\d+)\n$/, nodesOwn],
] as const) {
  test(`${name}: another process answers`, except(exceptions), () => {
    const [, parent, child] = told.exec(output(run(command(name)))) ?? [];
    assert.ok(parent !== undefined && child !== undefined);
    assert.notEqual(parent, child);
  });
}

/**
 * In its own network namespace, after a shell's commands; skips, with the reason, if that is not
 * permitted.
 */
function inNamespace(
  context: TestContext,
  setUp: string,
  example: readonly string[],
): SpawnSyncReturns<string> | undefined {
  const unshared = ["unshare", "--net", "sh", "-c"];
  const probe = run([...unshared, setUp]);
  if (probe.status === 0) return run([...unshared, `${setUp} && exec "$@"`, "sh", ...example]);
  context.skip(`cannot create the namespace: ${probe.error?.message ?? probe.stderr.trim()}`);
  return undefined;
}

/** As the user nobody, without privileges. */
const asNobody = (example: readonly string[]): string[] => [
  "setpriv",
  "--reuid=65534",
  "--regid=65534",
  "--clear-groups",
  ...example,
];

/** Skips, with the reason, if nobody may not read the program. */
function nobodyCanRun(context: TestContext): boolean {
  const probe = run(asNobody([process.execPath, "--check", command("ping.ts").at(-1) ?? ""]));
  if (probe.status !== 0) {
    context.skip(`nobody cannot run it: ${probe.error?.message ?? probe.stderr.trim()}`);
  }
  return probe.status === 0;
}

test("ping.ts: with the privilege, a raw socket gets the reply", (context) => {
  const raw = posix.trySocket(AF.INET, SOCK.RAW, posix.IPPROTO.ICMP);
  if (!raw.ok) {
    context.skip(raw.error.message);
    return;
  }
  posix.close(raw.value);
  assert.match(output(run(command("ping.ts"))), /^127\.0\.0\.1 answered a raw socket in [\d.]+ ms\n$/);
});

test("ping.ts: without it, a datagram socket gets the reply, if the group may have one", (context) => {
  if (!nobodyCanRun(context)) return;
  const setUp = 'ip link set lo up && echo "0 65535" > /proc/sys/net/ipv4/ping_group_range';
  const program = inNamespace(context, setUp, asNobody(command("ping.ts")));
  if (program === undefined) return;
  assert.match(output(program), /^127\.0\.0\.1 answered a datagram socket in [\d.]+ ms\n$/);
});

test("ping.ts: without either, it says what is missing", (context) => {
  if (!nobodyCanRun(context)) return;
  const setUp = 'echo "1 0" > /proc/sys/net/ipv4/ping_group_range';
  const program = inNamespace(context, setUp, asNobody(command("ping.ts")));
  if (program === undefined) return;
  assert.equal(program.status, 1);
  assert.match(program.stderr, /PermissionDenied: .*CAP_NET_RAW/);
});

test("mptcp.ts: it uses the best that the system has", () => {
  assert.match(output(run(command("mptcp.ts"))), /^(MPTCP|TCP): hello\n$/);
});

test("mptcp.ts: it uses TCP if MPTCP is disabled", (context) => {
  const setUp = "ip link set lo up && echo 0 > /proc/sys/net/mptcp/enabled";
  const program = inNamespace(context, setUp, command("mptcp.ts"));
  if (program !== undefined) assert.equal(output(program), "TCP: hello\n");
});
