import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { runBerkeley } from "../../test/command.ts";
import { Holding } from "../../test/holding.ts";

const address = { family: "ipv4", address: "127.83.0.5", port: 0 } as const;

/** Two ports in use, each by a separate process, and a third that was in use before. */
async function ports(context: TestContext) {
  const endpoints: string[] = [];
  const held: Holding[] = [];
  for (let count = 0; count < 3; count++) {
    const one = await Holding.start(context, { sockets: [{ address, backlog: 1 }] });
    assert.ok(one.address.family === "ipv4");
    endpoints.push(`127.83.0.5:${one.address.port}`);
    held.push(one);
  }
  await held[2]?.stop();
  const [first = "", second = "", free = ""] = endpoints;
  return { first, second, free };
}

test("wait: for all of several ports; a number after -- is the command", async (context) => {
  const { first, second, free } = await ports(context);
  assert.equal(runBerkeley(["wait", first, second]).status, 0);
  assert.equal(runBerkeley(["wait", first, second, "--", "sh", "-c", "exit 7"]).status, 7);
  assert.equal(runBerkeley(["wait", first, second, "sh"], { stdio: ["ignore", "pipe", "pipe"] }).status, 0);
  assert.equal(runBerkeley(["wait", first, "--", "6399"]).status, 127);
  const late = runBerkeley(["wait", first, free, "--timeout", "0.05", "--", "echo", "ran"]);
  assert.deepEqual(
    [late.status, late.stdout, late.stderr],
    [1, "", `berkeley: Nothing listens on ${free} after 0.05 s.\n`],
  );
});

test("why: reports each of several ports, as one JSON object per line; the worst status wins", async (context) => {
  const { first, second, free } = await ports(context);
  const told = runBerkeley(["why", free, first, second]);
  assert.equal(told.status, 1);
  for (const endpoint of [free, first, second]) assert.match(told.stdout, new RegExp(`^${endpoint}: `, "m"));
  const { status, stdout } = runBerkeley(["why", "--json", first, free]);
  const verdicts = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).verdict);
  assert.deepEqual([status, verdicts], [1, ["taken", "free"]]);
  assert.equal(runBerkeley(["why", free, free]).status, 0);
  assert.deepEqual(runBerkeley(["why", free, "70000"]).stdout, "", "all are read before any is told");
});

test("free: several ports, one after another, each named", async (context) => {
  const { first, second, free } = await ports(context);
  const { status, stdout } = runBerkeley(["free", free, first, second, "--yes"]);
  assert.equal(status, 0);
  assert.match(
    stdout,
    new RegExp(
      `^${free} is already free\\.\n[\\s\\S]*\n${first} is free\\.\n[\\s\\S]*\n${second} is free\\.\n$`,
    ),
  );
});

test("--unix may be repeated, but not combined with a port", async (context) => {
  const names = ["a", "b"].map((letter) => `berkeley-several-${process.pid}-${letter}`);
  const sockets = names.map(
    (name) => ({ address: { family: "unix", path: `\0${name}` }, backlog: 1 }) as const,
  );
  await Holding.start(context, { sockets });
  const words = names.flatMap((name) => ["--unix", `@${name}`]);
  assert.equal(runBerkeley(["wait", ...words, "--", "true"]).status, 0);
  const { status, stdout } = runBerkeley(["why", ...words]);
  assert.deepEqual([status, stdout.match(/held by/g)?.length], [1, 2]);
  for (const command of ["wait", "why", "free"]) {
    const { status, stderr } = runBerkeley([command, "3000", "4000", ...words]);
    assert.deepEqual([status, stderr], [2, 'berkeley: Give either a port ("3000") or --unix, not both.\n']);
  }
});

test("an IPv6 address followed by a port asks for brackets; hold takes one port", () => {
  for (const command of ["why", "wait", "free"]) {
    for (const [asked, meant] of [
      ["::1:8080", "[::1]:8080"],
      ["::8080", "[::]:8080"],
      ["fe80::1%lo:443", "[fe80::1%lo]:443"],
      ["1:2:3:4:5:6:7:8:80", "[1:2:3:4:5:6:7:8]:80"],
    ] as const) {
      const { status, stderr } = runBerkeley([command, asked]);
      assert.equal(status, 2);
      assert.ok(stderr.includes(meant), stderr);
    }
    assert.match(runBerkeley([command, "::1"]).stderr, /^berkeley: The port is missing; /);
    const { status, stdout } = runBerkeley([command, "--help"]);
    assert.equal(status, 0);
    assert.match(stdout, /\[\[host:\]port\.\.\.\][\s\S]*Exit status: /);
  }
  const { status, stderr } = runBerkeley(["hold", "3000", "4000", "--", "true"]);
  assert.deepEqual([status, stderr], [2, 'berkeley: hold takes one port, not both "3000" and "4000".\n']);
});
