// Which process removes the path of a unix socket that is handed over, and what the channel carries
// for that.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { asyncApiTest } from "../../../test/engine/async-api.ts";
import type { Fixture } from "../../../test/fixture.ts";
import type { Exceptions } from "../../../test/platform.ts";
import { bind } from "../../posix/bind.ts";
import { AF, SOCK } from "../../posix/constants.ts";
import { listen as posixListen } from "../../posix/listen.ts";
import { send } from "../../posix/send.ts";
import { sendmsg } from "../../posix/sendmsg.ts";
import { listen } from "../listener/listen.ts";
import type { ListenerBase } from "../listener/listener-base.ts";
import { handOver } from "./hand-over.ts";
import { PATH_FILE_LENGTH, SOCKETS, SOCKETS_AND_PATH } from "./hand-over-message.ts";
import { type TakenOverSockets, takeOver } from "./take-over.ts";

const noMessages: Exceptions = { windows: "Windows cannot pass sockets between processes in messages" };

/** A hand-over within this process, up to takeOver(). */
async function begin(
  old: ListenerBase,
  fixture: Fixture,
): Promise<{ readonly handed: Promise<void>; readonly taken: TakenOverSockets }> {
  const [ours, theirs] = fixture.pair(SOCK.STREAM);
  const handed = handOver(old, ours);
  // It may reject before it is awaited.
  handed.catch(() => {});
  return { handed, taken: await takeOver({ channel: theirs }) };
}

asyncApiTest(
  "handOver: the path stays when the old process stops, and its last owner removes it",
  async (engine, fixture) => {
    const path = join(fixture.folder(), "socket");
    let current: ListenerBase = await listen({ path, engine });
    for (let generation = 1; generation <= 2; generation++) {
      const { handed, taken } = await begin(current, fixture);
      const renewed = await listen({ socket: taken, engine });
      taken.ready();
      await handed;
      assert.ok(current.closed);
      assert.ok(existsSync(path));
      current = renewed;
    }
    await current.close();
    assert.ok(!existsSync(path));
  },
  noMessages,
);

asyncApiTest(
  "handOver: a new process that aborts before ready() leaves the path, and the old one removes it",
  async (engine, fixture) => {
    const path = join(fixture.folder(), "socket");
    const old = await listen({ path, engine });
    const { handed, taken } = await begin(old, fixture);
    const renewed = await listen({ socket: taken, engine });
    await renewed.close();
    assert.ok(existsSync(path));
    taken[Symbol.dispose]();
    await assert.rejects(handed, { name: "BrokenPipe" });
    assert.ok(!old.closed);
    await old.close();
    assert.ok(!existsSync(path));
  },
  noMessages,
);

asyncApiTest(
  "handOver: no process removes a path that the listener did not create",
  async (engine, fixture) => {
    const path = join(fixture.folder(), "socket");
    const bound = fixture.socket(AF.UNIX, SOCK.STREAM);
    bind(bound, { family: "unix", path });
    posixListen(bound, 4);
    const old = await listen({ socket: bound, engine });
    const { handed, taken } = await begin(old, fixture);
    const renewed = await listen({ socket: taken, engine });
    taken.ready();
    await handed;
    await renewed.close();
    assert.ok(existsSync(path));
  },
  noMessages,
);

asyncApiTest(
  "takeOver: only a complete message hands a path over",
  async (engine, fixture) => {
    const path = join(fixture.folder(), "socket");
    await using listener = await listen({ path, engine });
    const whole = Buffer.alloc(1 + PATH_FILE_LENGTH, 0);
    const cases: readonly [data: Uint8Array, withPath: boolean][] = [
      [Buffer.from(whole).fill(SOCKETS_AND_PATH, 0, 1), true],
      [Buffer.from(whole).fill(SOCKETS, 0, 1), false],
      [Uint8Array.of(SOCKETS_AND_PATH), false],
      [Uint8Array.of(SOCKETS), false],
    ];
    for (const [data, withPath] of cases) {
      const [ours, theirs] = fixture.pair(SOCK.STREAM);
      sendmsg(ours, { data: [data], control: [{ type: "SCM_RIGHTS", descriptors: listener.sockets }] });
      const taken = await takeOver({ channel: theirs });
      assert.equal(taken.pathFile !== undefined, withPath);
      taken[Symbol.dispose]();
      assert.ok(taken.sockets.every((socket) => socket.closed));
    }
  },
  noMessages,
);

asyncApiTest(
  "handOver: any answer other than ready()'s is ignored, and the old process continues",
  async (engine, fixture) => {
    await using listener = await listen({ host: "127.0.0.1", engine });
    const [ours, theirs] = fixture.pair(SOCK.STREAM);
    const handed = handOver(listener, ours);
    send(theirs, Uint8Array.of(0));
    await assert.rejects(handed, { name: "BrokenPipe" });
    assert.ok(!listener.closed);
  },
  noMessages,
);
