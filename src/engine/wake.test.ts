import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { Fixture, pairDomain } from "../../test/fixture.ts";
import { except } from "../../test/platform.ts";
import { descriptorCount } from "../../test/process-size.ts";
import { runSource } from "../../test/program.ts";
import { onReadable } from "../native/event-loop.ts";
import { onReadableByThread } from "../native/poll-thread.ts";
import { SOCK } from "../posix/constants.ts";
import { recv, tryRecv } from "../posix/recv.ts";
import { send } from "../posix/send.ts";
import { wakeEachTurn, wakeUp } from "./wake.ts";

// The one of Bun and Deno also works on Node except for process.exit(), so it is tested here as
// well.
const starts: Record<string, (fd: number, handler: () => void) => () => void> = {
  wakeUp: (fd, handler) => wakeUp(fd, handler).stop,
  onReadable: (fd, handler) => onReadable(fd, handler).stop,
  onReadableByThread: (fd, handler) => onReadableByThread(fd, handler).stop,
};
const exceptions: Readonly<Record<string, { skip: string | false }>> = {
  onReadable: except({ bun: "it has no libuv", deno: "it has no libuv" }),
  onReadableByThread: except({
    windows: "it calls poll() of libc; on Windows, only Node is supported so far",
  }),
};
for (const [name, start] of Object.entries(starts)) {
  const here = exceptions[name] ?? {};
  test(`${name}: calls as long as the descriptor is readable, until stopped`, here, async (context) => {
    const fixture = new Fixture(context);
    const [left, right] = fixture.pair(SOCK.STREAM, { nonblocking: true });
    const before = descriptorCount();
    for (let round = 0; round < 3; round++) {
      send(left, Uint8Array.of(1, 2, 3, 4));
      const read: number[] = [];
      await new Promise<void>((resolve) => {
        const stop = start(right.fd, () => {
          const buffer = new Uint8Array(1);
          recv(right, buffer);
          read.push(...buffer);
          if (read.length < 3) return;
          stop();
          stop();
          // onReadable() calls from the bare loop, where Node 26 runs no promise jobs: they would
          // wait for the next event.
          setImmediate(resolve);
        });
      });
      recv(right, new Uint8Array(1));
      assert.deepEqual(read, [1, 2, 3]);
    }
    // Its own descriptor is closed once its last callback, or its thread, has returned.
    for (let looks = 0; looks < 2000 && descriptorCount() > before; looks++) await setTimeout(1);
    assert.equal(descriptorCount(), before);
    fixture.closeAll();
  });
}
for (const name of [...Object.keys(starts), "wakeEachTurn"]) {
  const here = exceptions[name] ?? {};
  test(`${name}: stopped before any event, it lets the process exit`, here, () => {
    const { status, stdout, stderr } = runSource(program(name));
    assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: "stopped\n", stderr: "" });
  });
}

function program(name: string): string {
  const address = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);
  return `
    import { wakeEachTurn, wakeUp } from ${address("./wake.js")};
    import { onReadable } from ${address("../native/event-loop.js")};
    import { onReadableByThread } from ${address("../native/poll-thread.js")};
    import { socketpair, close, AF, SOCK } from ${address("../posix/index.js")};
    const [left, right] = socketpair(AF.${pairDomain}, SOCK.STREAM, 0, { nonblocking: true });
    const started = ${name}(right.fd, () => ${name === "wakeEachTurn" ? "{}" : 'console.log("called")'});
    setImmediate(() => {
      started.stop();
      close(left);
      close(right);
      console.log("stopped");
    });`;
}

test("wakeEachTurn: an event causes a turn, in an empty async context, until stopped", async (context) => {
  const fixture = new Fixture(context);
  const [left, right] = fixture.pair(SOCK.STREAM, { nonblocking: true });
  const storage = new AsyncLocalStorage<string>();
  const stores: (string | undefined)[] = [];
  const calls = { after: 0 };
  await new Promise<void>((resolve) => {
    const onLoop = storage.run("who opened it", () =>
      wakeEachTurn(right.fd, () => {
        if (stores.length === 2) calls.after++;
        if (!tryRecv(right, new Uint8Array(1)).ok) return;
        stores.push(storage.getStore());
        if (stores.length === 1) {
          send(left, Uint8Array.of(2));
          return;
        }
        onLoop.stop();
        resolve();
      }),
    );
    send(left, Uint8Array.of(1));
  });
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual({ stores, calls }, { stores: [undefined, undefined], calls: { after: 0 } });
  fixture.closeAll();
});

test("wakeUp: a handler may call back into Node, as TLS over a Duplex does", () => {
  const address = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);
  const code = `
    import { Duplex } from "node:stream";
    import { TLSSocket } from "node:tls";
    import { wakeUp } from ${address("./wake.js")};
    import { socketpair, close, AF, SOCK } from ${address("../posix/index.js")};
    const [left, right] = socketpair(AF.${pairDomain}, SOCK.STREAM, 0, { nonblocking: true });
    const { stop } = wakeUp(right.fd, () => {
      stop();
      const order = ["handler"];
      process.nextTick(() => {
        new TLSSocket(new Duplex({ read() {}, write() {} })).destroy();
        order.push("tick");
      });
      Promise.resolve().then(() => order.push("microtask"));
      new TLSSocket(new Duplex({ read() {}, write() {} })).destroy();
      order.push("end of the handler");
      setImmediate(() => console.log(order.join(", ")));
      close(right);
    });
    close(left);`;
  const { status, stdout, stderr } = runSource(code);
  assert.deepEqual(
    { status, stdout, stderr },
    { status: 0, stdout: "handler, end of the handler, tick, microtask\n", stderr: "" },
  );
});
