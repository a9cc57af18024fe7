import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { scripted } from "../system/scripted/scripted.ts";
import { close } from "./close.ts";
import { AF, SOCK } from "./constants.ts";
import type { Socket } from "./owned-socket.ts";
import { socket } from "./socket.ts";

setFlagsFromString("--expose-gc");
const collect: () => void = runInNewContext("gc");

/** A Socket that nobody holds once this has returned; a later one gets the Ownership of an earlier one. */
function leak(make: () => Socket): number {
  close(make());
  return make().fd;
}

test("a Socket that is garbage-collected unclosed is closed, with a warning", async () => {
  const system = scripted({});
  const fd = leak(() => socket(AF.INET, SOCK.STREAM, 0, { system }));
  const warned = once(process, "warning");
  collect();
  const [warning] = await warned;
  assert.equal(warning.name, "SocketLeakWarning");
  assert.ok(warning.message.includes(`descriptor ${fd}`), warning.message);
  assert.equal(system.calls.at(-1), `close(${fd})`);
});

test("a number that has become another file is not closed", async () => {
  const { promise: asked, resolve } = promiseWithResolvers();
  const system = scripted({
    identity: [
      { device: 0, inode: 1 },
      { device: 0, inode: 2 },
      () => {
        resolve();
        return { device: 0, inode: 3 };
      },
    ],
  });
  const fd = leak(() => socket(AF.INET, SOCK.STREAM, 0, { system }));
  collect();
  await asked;
  assert.equal(system.calls.at(-1), `identity(${fd})`);
});

test("a closed Socket that is garbage-collected is not asked for, nor when there are more than are used again", async () => {
  const closed = scripted({});
  const leaked = scripted({});
  const sockets = Array.from({ length: 1100 }, () => socket(AF.INET, SOCK.STREAM, 0, { system: closed }));
  for (const socket of sockets.splice(0)) close(socket);
  leak(() => socket(AF.INET, SOCK.STREAM, 0, { system: leaked }));
  const before = closed.calls.length;
  const warned = once(process, "warning");
  collect();
  await warned;
  assert.equal(closed.calls.length, before);
});

/** Promise.withResolvers is not in Node 20. */
function promiseWithResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
