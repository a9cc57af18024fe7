// A hand-over that one side does not complete.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { createInterface } from "node:readline";
import { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import { asyncApiTest } from "../../../test/engine/async-api.ts";
import type { Fixture } from "../../../test/fixture.ts";
import { openDescriptors } from "../../../test/open-descriptors.ts";
import type { Exceptions } from "../../../test/platform.ts";
import { SO } from "../../options/so.ts";
import { AF, SOCK } from "../../posix/constants.ts";
import { tryGetsockopt } from "../../posix/getsockopt.ts";
import { sendmsg } from "../../posix/sendmsg.ts";
import { socketpair } from "../../posix/socketpair.ts";
import { connect } from "../connection/connect.ts";
import { takeOver } from "./take-over.ts";

const program = fileURLToPath(new URL("./hand-over-killed.child.js", import.meta.url));
const ignore = () => {};
const onNode: Exceptions = {
  windows: "descriptors are not passed there",
  bun: "the program runs on Node",
  deno: "the program runs on Node",
};

/** Whether a socket reports which process is at its other end, in whatever PID namespace it is. */
function knowsPeers(fixture: Fixture): boolean {
  const peer = tryGetsockopt(fixture.pair()[0], SO.PEERPIDFD);
  if (peer.ok) closeSync(peer.value);
  return peer.ok;
}

for (const namespace of [undefined, "a PID namespace of its own"]) {
  asyncApiTest(
    `hand-over: ready()${namespace === undefined ? "" : `, in ${namespace},`} succeeds if the old process was killed just before`,
    async (engine, fixture) => {
      const mayUnshare = () => spawnSync("unshare", ["--pid", "--fork", "true"]).status === 0;
      if (namespace !== undefined && !mayUnshare()) {
        fixture.skip("this user may not create a PID namespace");
        return;
      }
      if (namespace !== undefined && !knowsPeers(fixture)) {
        fixture.skip("the kernel does not report the process of another PID namespace (Linux 6.5)");
        return;
      }
      const command = [program, "old", engine, ...(namespace === undefined ? [] : [namespace])];
      const old = spawn(process.execPath, command, {
        stdio: ["ignore", "pipe", "inherit", "pipe"],
      });
      const [, , , control] = old.stdio;
      assert.ok(old.stdout !== null && control instanceof Duplex);
      fixture.after(() => void old.kill("SIGKILL"));
      const lines = createInterface(old.stdout)[Symbol.asyncIterator]();
      const next = async () => JSON.parse((await lines.next()).value ?? "null");
      const { port } = await next();
      old.kill("SIGKILL");
      await once(old, "exit");
      control.write("go on\n");
      assert.deepEqual(await next(), { ready: true });
      await using client = await connect({ host: "127.0.0.1", port });
      let isServed = false;
      const served = client.read().finally(() => {
        isServed = true;
      });
      // The ring of a killed process may swallow the wake-up, until another connection brings one
      // (docs/decisions/015-shared-listeners.md).
      while (engine === "uring" && !isServed) {
        await using other = await connect({ host: "127.0.0.1", port });
        await Promise.race([served, other.read({ timeout: 100 }).catch(ignore)]);
      }
      assert.equal(Buffer.from((await served) ?? []).toString(), "served by the new process");
      control.end("end\n");
    },
    onNode,
  );
}

asyncApiTest(
  "hand-over: ready() serves a connection whose wake-up the old process has swallowed",
  async (engine, fixture) => {
    const old = spawn(process.execPath, [program, "old", engine], {
      stdio: ["ignore", "pipe", "inherit", "pipe"],
    });
    const [, , , control] = old.stdio;
    assert.ok(old.stdout !== null && control instanceof Duplex);
    fixture.after(() => void old.kill("SIGKILL"));
    const lines = createInterface(old.stdout)[Symbol.asyncIterator]();
    const next = async () => JSON.parse((await lines.next()).value ?? "null");
    const { port } = await next();
    // Its operation is first in line, as that of a ring which is being taken apart.
    old.kill("SIGSTOP");
    await using client = await connect({ host: "127.0.0.1", port });
    control.write("go on\n");
    assert.deepEqual(await next(), { ready: true });
    assert.equal(Buffer.from((await client.read()) ?? []).toString(), "served by the new process");
    control.end("end\n");
  },
  onNode,
);

asyncApiTest(
  "takeOver: rejects and closes what is not a socket",
  async () => {
    const [ours, theirs] = socketpair(AF.UNIX, SOCK.STREAM);
    using _ = ours;
    const file = openSync(program, "r");
    try {
      const open = () => openDescriptors().filter((target) => target.endsWith(program)).length;
      const before = open();
      sendmsg(ours, { data: [Buffer.alloc(1)], control: [{ type: "SCM_RIGHTS", descriptors: [file] }] });
      await assert.rejects(takeOver({ channel: theirs }), { name: "BrokenPipe" });
      assert.equal(open(), before);
    } finally {
      closeSync(file);
    }
  },
  onNode,
);
