import assert from "node:assert/strict";
import { closeSync, openSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { collectGarbageUntil } from "../../test/collect-garbage.ts";
import { openDescriptors } from "../../test/open-descriptors.ts";
import { except } from "../../test/platform.ts";
import { scripted } from "../../test/scripted/scripted.ts";
import { host } from "../system/host.ts";
import { close } from "./close.ts";
import { AF, SOCK } from "./constants.ts";
import type { Socket } from "./owned-socket.ts";
import { engineClosed, engineOpened, isInEngine } from "./ownership.ts";
import { recv } from "./recv.ts";
import { recvmsg } from "./recvmsg.ts";
import { sendmsg } from "./sendmsg.ts";
import { socket } from "./socket.ts";
import { socketpair } from "./socketpair.ts";

/** Creates a Socket that is unreachable once this returns. Later ones may reuse its Ownership. */
function leak(make: () => Socket): number {
  close(make());
  return make().fd;
}

test("a Socket that is garbage-collected while open is closed, with a warning", async () => {
  const system = scripted({});
  const fd = leak(() => socket(AF.INET, SOCK.STREAM, 0, { system }));
  const warning = await warningOfCollection();
  assert.equal(warning.name, "SocketLeakWarning");
  assert.ok(warning.message.includes(`descriptor ${fd}`), warning.message);
  assert.equal(system.calls.at(-1), `close(${fd})`);
});

test("a number that now belongs to another file is not closed", async () => {
  let asked = false;
  const system = scripted({
    identity: [
      { device: 0, inode: 1 },
      { device: 0, inode: 2 },
      () => {
        asked = true;
        return { device: 0, inode: 3 };
      },
    ],
  });
  const fd = leak(() => socket(AF.INET, SOCK.STREAM, 0, { system }));
  await collectGarbageUntil(() => asked);
  assert.equal(system.calls.at(-1), `identity(${fd})`);
});

test("a garbage-collected Socket that was closed does nothing, even if there are too many to reuse", async () => {
  const closed = scripted({});
  const leaked = scripted({});
  const sockets = Array.from({ length: 1100 }, () => socket(AF.INET, SOCK.STREAM, 0, { system: closed }));
  for (const socket of sockets.splice(0)) close(socket);
  leak(() => socket(AF.INET, SOCK.STREAM, 0, { system: leaked }));
  const before = closed.calls.length;
  await warningOfCollection();
  assert.equal(closed.calls.length, before);
});

test(
  "received descriptors that are never closed are closed, with a warning each",
  except({ windows: "Windows' unix sockets are streams with a path, and no pairs" }),
  async () => {
    const [near, far] = socketpair(AF.UNIX, SOCK.STREAM);
    const file = openSync(fileURLToPath(import.meta.url), "r");
    const count = () =>
      openDescriptors().filter((target) => target.endsWith(fileURLToPath(import.meta.url))).length;
    const receive = () => {
      const [left, right] = socketpair(AF.UNIX, SOCK.DGRAM);
      sendmsg(left, { data: [], control: [{ type: "SCM_RIGHTS", descriptors: [near, file] }] });
      const { control } = recvmsg(right, { data: [] });
      assert.ok(control[0]?.type === "SCM_RIGHTS" && control[0].descriptors.length === 2);
      for (const end of [left, right, near]) close(end);
    };
    receive();
    assert.equal(count(), 2);
    const warnings: string[] = [];
    process.on("warning", ({ name }) => warnings.push(name));
    await collectGarbageUntil(() => warnings.length >= 2);
    assert.deepEqual(warnings, ["SocketLeakWarning", "SocketLeakWarning"]);
    assert.equal(recv(far, new Uint8Array(1)), 0, "the passed end is closed");
    assert.equal(count(), 1);
    close(far);
    closeSync(file);
  },
);

/** Collects garbage until there is a warning, and returns it. */
async function warningOfCollection(): Promise<Error> {
  let warning: Error | undefined;
  process.once("warning", (warned) => {
    warning = warned;
  });
  await collectGarbageUntil(() => warning !== undefined);
  return warning ?? assert.fail("there was no warning");
}

test("counts an engine's descriptors by number", () => {
  for (const fd of [3, 1023, 1024, 1025, 5000]) {
    assert.equal(isInEngine(host, fd), false, `${fd}`);
    engineOpened(host, fd);
    engineOpened(host, fd);
    engineClosed(host, fd);
    assert.equal(isInEngine(host, fd), true, `${fd}`);
  }
  for (const fd of [3, 1023, 1024, 1025, 5000]) {
    engineClosed(host, fd);
    assert.equal(isInEngine(host, fd), false, `${fd}`);
  }
});
