import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { type TestContext, test } from "node:test";
import { berkeley, plainEnvironment } from "../../test/command.ts";
import { Holding } from "../../test/holding.ts";
import { except } from "../../test/platform.ts";

const alone = "netlink is Linux's";
const onLinux = except({ windows: alone, darwin: alone, freebsd: alone });

/**
 * Runs the command with socket(2) refused from the call with this number on; undefined where it
 * cannot be traced.
 */
function withoutNetlink(context: TestContext, words: readonly string[]) {
  const trace = ["-f", "-qq", "-o", "/dev/null", "-P", "/nonexistent"];
  const probe = spawnSync("strace", [...trace, "true"], { encoding: "utf8" });
  if (probe.status !== 0) {
    context.skip(`strace cannot be run: ${probe.error?.message ?? probe.stderr}`);
    return undefined;
  }
  const inject = ["-f", "-qq", "-o", "/dev/null", "-e", "inject=socket:error=EAFNOSUPPORT"];
  return spawnSync("strace", [...inject, process.execPath, berkeley, ...words], {
    encoding: "utf8",
    env: { ...plainEnvironment, UV_USE_IO_URING: "0" },
    timeout: 60_000,
  });
}

test("without netlink, ports and wait read /proc/net", onLinux, async (context) => {
  const held = await Holding.start(context, {
    sockets: [{ address: { family: "ipv4", address: "127.83.0.6", port: 0 }, backlog: 1 }],
  });
  assert.ok(held.address.family === "ipv4");
  const endpoint = `127.83.0.6:${held.address.port}`;
  const ports = withoutNetlink(context, ["ports"]);
  if (ports === undefined) return;
  assert.match(ports.stdout, new RegExp(`tcp +${endpoint} +${held.pid} `));
  const wait = withoutNetlink(context, ["wait", endpoint, "--timeout", "30"]);
  assert.equal(wait?.status, 0, wait?.stderr);
});
