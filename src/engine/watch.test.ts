import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readdirSync } from "node:fs";
import { createConnection, createServer } from "node:net";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { assertFails, assertOk } from "../conformance/conformance.ts";
import { Fixture } from "../conformance/fixture.ts";
import { tryAccept } from "../posix/accept.ts";
import { close } from "../posix/close.ts";
import { connect } from "../posix/connect.ts";
import { SOCK } from "../posix/constants.ts";
import { getsockname } from "../posix/getsockname.ts";
import type { Socket } from "../posix/owned-socket.ts";
import { recv, tryRecv } from "../posix/recv.ts";
import { send, trySend } from "../posix/send.ts";
import { isWatchError, type Ready, type Watch, watch } from "./watch.ts";

/** The modules by address, for programs in a process or thread of their own. */
const watchModule = JSON.stringify(new URL("./watch.js", import.meta.url).href);
const posix = JSON.stringify(new URL("../posix/index.js", import.meta.url).href);

const byte = Uint8Array.of(1);

function readinessTest(what: string, run: (fixture: Fixture) => void | Promise<void>) {
  test(`watch: ${what}`, async (context) => {
    const fixture = new Fixture(context);
    const before = openFiles();
    try {
      await run(fixture);
    } finally {
      fixture.closeAll();
    }
    assert.equal(openFiles(), before, "descriptors were left open");
  });
}

function pair(fixture: Fixture): [Socket, Socket] {
  return fixture.pair(SOCK.STREAM, { nonblocking: true });
}

const openFiles = () => readdirSync("/proc/self/fd").length;

/** Resolves at the first event of a watch, which it ends. */
function ready(fd: number, interest: "readable" | "writable"): Promise<Ready> {
  return new Promise((resolve) => {
    const watched = watch(fd, interest, (event) => {
      watched.stop();
      resolve(event);
    });
  });
}

readinessTest("a descriptor is readable when bytes arrive", async (fixture) => {
  const [left, right] = pair(fixture);
  const event = ready(right.fd, "readable");
  send(left, byte);
  assert.deepEqual(await event, { readable: true, writable: false });
});

readinessTest("is level-triggered: what is not read is told again", async (fixture) => {
  const [left, right] = pair(fixture);
  send(left, Uint8Array.of(1, 2, 3));
  const read: number[] = [];
  await new Promise<void>((resolve) => {
    const watched = watch(right.fd, "readable", () => {
      const buffer = new Uint8Array(1);
      recv(right, buffer);
      read.push(buffer[0] ?? 0);
      if (read.length < 3) return;
      watched.stop();
      resolve();
    });
  });
  assert.deepEqual(read, [1, 2, 3]);
});

readinessTest("a listener is readable when a connection waits", async (fixture) => {
  const listener = fixture.listener(16, { nonblocking: true });
  assertFails(tryAccept(listener), "WouldBlock");
  const event = ready(listener.fd, "readable");
  connect(fixture.tcp(), getsockname(listener));
  await event;
  fixture.own(assertOk(tryAccept(listener)).socket);
});

readinessTest("a full socket is writable once its peer has read", async (fixture) => {
  const [left, right] = pair(fixture);
  const block = new Uint8Array(65536);
  while (trySend(left, block).ok);
  let writable = false;
  const event = ready(left.fd, "writable").then(() => {
    writable = true;
  });
  await aTurn(fixture);
  assert.equal(writable, false, "the socket is still full");
  while (tryRecv(right, block).ok);
  await event;
});

readinessTest("change() waits for something else", async (fixture) => {
  const [left, right] = pair(fixture);
  send(right, byte);
  const seen: Ready[] = [];
  await new Promise<void>((resolve) => {
    const watched = watch(left.fd, "writable", (event) => {
      seen.push(event);
      if (seen.length === 1) return watched.change("readable");
      if (seen.length === 2) return watched.change("both");
      watched.stop();
      watched.change("readable");
      resolve();
    });
  });
  assert.deepEqual(seen, [
    { readable: false, writable: true },
    { readable: true, writable: false },
    { readable: true, writable: true },
  ]);
});

readinessTest("one whose peer has gone is ready for both", async (fixture) => {
  const [left, right] = pair(fixture);
  const event = ready(left.fd, "readable");
  close(right);
  assert.deepEqual(await event, { readable: true, writable: true });
});

readinessTest("stop() ends it for good, and may be repeated", async (fixture) => {
  const [left, right] = pair(fixture);
  const watched = watch(right.fd, "readable", () => assert.fail("called after stop()"));
  send(left, byte);
  watched.stop();
  watched.stop();
  await aTurn(fixture);
});

readinessTest("a handler may stop a watch whose event has come already", async (fixture) => {
  const pairs = [pair(fixture), pair(fixture)];
  for (const [left] of pairs) send(left, byte);
  const watches: Watch[] = [];
  let calls = 0;
  await new Promise<void>((resolve) => {
    for (const [, right] of pairs) {
      const watched = watch(right.fd, "readable", () => {
        calls++;
        for (const each of watches) each.stop();
        resolve();
      });
      watches.push(watched);
    }
  });
  await aTurn(fixture);
  assert.equal(calls, 1);
});

readinessTest("a handler may start a watch", async (fixture) => {
  const [left, right] = pair(fixture);
  send(left, byte);
  await ready(right.fd, "readable").then(() => ready(right.fd, "readable"));
});

readinessTest("more descriptors than one look takes are all served", async (fixture) => {
  const pairs = Array.from({ length: 600 }, () => pair(fixture));
  const events = pairs.map(([, right]) => ready(right.fd, "readable"));
  for (const [left] of pairs) send(left, byte);
  await Promise.all(events);
});

readinessTest("a descriptor that Node polls too is watched", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const fd: unknown = Reflect.get(Reflect.get(server, "_handle"), "fd");
  const client = createConnection(Reflect.get(Object(server.address()), "port"), "127.0.0.1");
  const [[connection]] = await Promise.all([once(server, "connection"), once(client, "connect")]);
  const clientFd: unknown = Reflect.get(Reflect.get(client, "_handle"), "fd");
  assert.ok(typeof fd === "number" && typeof clientFd === "number");
  watch(fd, "readable", () => {}).stop();
  await ready(clientFd, "writable");
  connection.destroy();
  client.destroy();
  server.close();
  await once(server, "close");
});

readinessTest("refuses what cannot be waited for, by name", async (fixture) => {
  const [, right] = pair(fixture);
  const file = openSync("/proc/self/status", "r");
  assert.throws(() => watch(file, "readable", () => {}), named("OperationNotSupported", "EPERM"));
  closeSync(file);
  const closed = 0x7fffffff;
  assert.throws(() => watch(closed, "readable", () => {}), named("BadFileDescriptor", "EBADF"));
  const watched = watch(right.fd, "readable", () => {});
  assert.throws(() => watch(right.fd, "readable", () => {}), named("AlreadyWatched", "EEXIST"));
  watched.stop();
});

test("watch: a handler that throws stops its watch, and its error is an uncaught exception", () => {
  const { stdout, status } = program(`
    const [left, right] = socketpair(AF.UNIX, SOCK.STREAM, 0, { nonblocking: true });
    let calls = 0;
    process.on("uncaughtException", (error) => console.log("uncaught", error.message));
    process.on("exit", () => console.log("calls", calls));
    watch(right.fd, "readable", () => {
      calls++;
      throw new Error("thrown by the handler");
    });
    send(left, Uint8Array.of(1));
  `);
  // Nothing has read the byte: were the watch still on, the process would not end.
  assert.equal(stdout, "uncaught thrown by the handler\ncalls 1\n");
  assert.equal(status, 0);
});

test("watch: an uncaught exception of a handler ends the process, as any other", () => {
  const { stderr, status } = program(`
    const [left, right] = socketpair(AF.UNIX, SOCK.STREAM, 0, { nonblocking: true });
    watch(right.fd, "readable", () => { throw new Error("thrown by the handler"); });
    send(left, Uint8Array.of(1));
  `);
  assert.match(stderr, /Error: thrown by the handler/);
  assert.equal(status, 1);
});

test("watch: ticks and microtasks of a handler run before the loop goes on", () => {
  const { stdout } = program(`
    const [left, right] = socketpair(AF.UNIX, SOCK.STREAM, 0, { nonblocking: true });
    const watched = watch(right.fd, "readable", () => {
      watched.stop();
      setImmediate(() => console.log("immediate"));
      Promise.resolve().then(() => console.log("microtask"));
      process.nextTick(() => console.log("tick"));
    });
    send(left, Uint8Array.of(1));
  `);
  assert.equal(stdout, "tick\nmicrotask\nimmediate\n");
});

test("watch: holds the process until it is stopped, and process.exit() ends it all the same", () => {
  const { status } = program(`
    const [left, right] = socketpair(AF.UNIX, SOCK.STREAM, 0, { nonblocking: true });
    Object.assign(globalThis, { right });
    watch(right.fd, "readable", () => process.exit(7));
    process.on("exit", () => close(right)); // which holds it until then
    setImmediate(() => send(left, Uint8Array.of(1)));
  `);
  assert.equal(status, 7);
});

test("watch: survives collections of garbage", () => {
  const { stdout } = program(
    `
    const [left, right] = socketpair(AF.UNIX, SOCK.STREAM, 0, { nonblocking: true });
    Object.assign(globalThis, { right });
    watch(right.fd, "readable", () => { console.log("called"); process.exit(); });
    setImmediate(() => { gc(); setImmediate(() => { gc(); send(left, Uint8Array.of(1)); }); });
  `,
    ["--expose-gc"],
  );
  assert.equal(stdout, "called\n");
});

for (const [end, statement] of [
  ["process.exit()", "process.exit()"],
  ["an uncaught exception", "throw new Error('worker')"],
  ["having nothing left to do", "watched.stop()"],
  ["worker.terminate() while it is ready", ""],
]) {
  test(`watch: a worker thread that watches may end by ${end}`, async () => {
    const worker = new Worker(
      `import("node:worker_threads").then(async ({ parentPort }) => {
        const { watch } = await import(${watchModule});
        const { socketpair, send, AF, SOCK } = await import(${posix});
        const [left, right] = socketpair(AF.UNIX, SOCK.STREAM, 0, { nonblocking: true });
        Object.assign(globalThis, { left, right });
        const watched = watch(right.fd, "readable", () => {
          parentPort.postMessage("readable");
          ${statement};
        });
        send(left, Uint8Array.of(1));
      });`,
      { eval: true },
    );
    if (statement === "") worker.once("message", () => worker.terminate());
    worker.once("error", (error) => assert.equal(String(error), "Error: worker"));
    await new Promise((resolve) => worker.once("exit", resolve));
  });
}

/** A turn of the loop in which another descriptor is ready. */
async function aTurn(fixture: Fixture) {
  const [left, right] = pair(fixture);
  send(left, byte);
  await ready(right.fd, "readable");
}

function named(name: string, code: string) {
  return (error: unknown) => isWatchError(error) && error.name === name && error.code === code;
}

/** Runs a program of its own over the built modules. */
function program(body: string, options: string[] = []) {
  const source = `
    import { watch } from ${watchModule};
    import { close, socketpair, send, AF, SOCK } from ${posix};
    ${body}`;
  return spawnSync(process.execPath, [...options, "--input-type=module", "--eval", source], {
    encoding: "utf8",
    timeout: 20_000,
  });
}
