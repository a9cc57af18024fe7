import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { except } from "../../test/platform.ts";

// Node's permission model has --allow-net since Node 25. A child program, which inherits a socket,
// makes the calls.

const child = fileURLToPath(new URL("net-permission.child.js", import.meta.url));
const flags = process.allowedNodeEnvironmentFlags;
const hasAllowNet = flags.has("--allow-net");
const ofNode = except({ bun: "a model of Node's", deno: "a model of Node's" });
const needsAllowNet = { skip: ofNode.skip || (!hasAllowNet && "this Node has no --allow-net") };
const model = [
  flags.has("--permission") ? "--permission" : "--experimental-permission",
  "--allow-addons",
  "--allow-fs-read=*",
];

interface Refusal {
  readonly code: string;
  readonly permission: string;
  readonly resource: string;
}

async function run(node: readonly string[], ...args: string[]) {
  const program = spawn(process.execPath, ["--no-warnings", ...node, child, ...args], {
    stdio: ["ignore", "pipe", "inherit", "pipe"],
  });
  assert.ok(program.stdout !== null);
  const [output, [status]] = await Promise.all([text(program.stdout), once(program, "exit")]);
  assert.equal(status, 0);
  const results: Readonly<Record<string, Refusal | "allowed">> = JSON.parse(output);
  return results;
}

const refusedOf = (results: Readonly<Record<string, Refusal | "allowed">>) =>
  Object.keys(results).filter((name) => results[name] !== "allowed");

test("without the model every call is allowed", ofNode, async () =>
  assert.deepEqual(refusedOf(await run([])), []),
);

test("without --allow-net every call throws Node's error, if Node has the flag", ofNode, async () => {
  const results = await run(model);
  assert.deepEqual(refusedOf(results), hasAllowNet ? Object.keys(results) : []);
  if (!hasAllowNet) return;
  const denied = (resource: string) => ({ code: "ERR_ACCESS_DENIED", permission: "Net", resource });
  assert.deepEqual(results.socket, denied(""));
  assert.deepEqual(results.bind, denied("127.0.0.1"));
  assert.deepEqual(results.connect, denied("/nowhere"));
  assert.deepEqual(results["async connect"], denied("localhost"));
  assert.deepEqual(results["async connect to a path"], denied("/nowhere"));
});

test("with --allow-net every call is allowed", needsAllowNet, async () =>
  assert.deepEqual(refusedOf(await run([...model, "--allow-net"])), []),
);

test("--permission-audit allows everything", needsAllowNet, async () =>
  assert.deepEqual(refusedOf(await run(["--permission-audit", "--allow-addons"])), []),
);

test(
  "sockets open when --allow-net is dropped keep working, and everything else is denied",
  needsAllowNet,
  async () => {
    const results = await run([...model, "--allow-net"], "--drop");
    assert.deepEqual(refusedOf(results), Object.keys(results));
  },
);
