// Commands that answer by exit status do so even if their output cannot be written.
import assert from "node:assert/strict";
import { closeSync, openSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { runBerkeley } from "../../test/command.ts";
import { Fixture } from "../../test/fixture.ts";
import { Holding } from "../../test/holding.ts";
import { close } from "../posix/close.ts";
import { SOCK } from "../posix/constants.ts";

async function holding(context: TestContext, stubborn = false): Promise<{ port: string; made: Holding }> {
  const sockets = [{ address: { family: "ipv4", address: "127.0.0.1", port: 0 }, backlog: 1 }] as const;
  const made = await Holding.start(context, { sockets, stubborn });
  assert.ok("port" in made.address);
  return { port: `${made.address.port}`, made };
}

/** Standard output without a reader. */
function withoutReader(context: TestContext): number {
  const [left, right] = new Fixture(context).pair(SOCK.STREAM);
  close(right);
  return left.fd;
}

test("why: the same status if the reader of its output is gone, or the disk is full", async (context) => {
  const { port, made } = await holding(context);
  const why = (out: number, asked = port) => runBerkeley(["why", asked], { stdio: ["ignore", out, "pipe"] });
  const pipe = withoutReader(context);
  const taken = why(pipe);
  assert.deepEqual([taken.status, taken.stderr], [1, ""]);
  const full = openSync("/dev/full", "w");
  context.after(() => closeSync(full));
  const unknown = why(full);
  assert.equal(unknown.status, 2);
  assert.match(unknown.stderr, /^berkeley: Cannot write to standard output: ENOSPC: .+\.\n$/);
  await made.stop();
  assert.equal(why(pipe).status, 0);
});

test("free: stops a process and reports that in its status, even if nobody reads its output", async (context) => {
  const { port, made } = await holding(context, true);
  const stdio = ["ignore", withoutReader(context), "pipe"] as const;
  const { status, stderr } = runBerkeley(["free", port, "--yes", "--grace", "0.05"], { stdio: [...stdio] });
  assert.deepEqual([status, stderr], [0, ""]);
  if (made.child.signalCode === null) await new Promise((resolve) => made.child.once("exit", resolve));
  assert.equal(made.child.signalCode, "SIGKILL");
});
