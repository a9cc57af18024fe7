import assert from "node:assert/strict";
import { readdirSync, readlinkSync } from "node:fs";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import type { Engine, EngineName } from "../../src/engine/engine.ts";
import { SOCK } from "../../src/posix/constants.ts";
import { host } from "../../src/system/host.ts";
import { pairDomain } from "../fixture.ts";
import { openDescriptors } from "../open-descriptors.ts";
import { except } from "../platform.ts";
import { type Ending, runSource } from "../program.ts";
import { engineTest } from "./engine-test.ts";
import { RecordedStream } from "./recorded-stream.ts";
import { haveWorkers, workersEnd } from "./workers-end.ts";

/** The addresses of the modules, for programs in their own process or thread. */
const address = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);

/** Imports, and both ends of a connection: `stream` with its handlers, and `peer`. */
const begin = (name: EngineName) => `
  import { parentPort, workerData } from "node:worker_threads";
  import { spawnSync } from "node:child_process";
  import { collectGarbage } from ${address("../collect-garbage.js")};
  import { descriptorCount, mappedSize } from ${address("../process-size.js")};
  import { engine } from ${address("../../src/engine/choice.js")};
  import { AF, bind, close, connect, getsockname, listen, recv, send, SOCK, socket, socketpair, tryRecv, trySend }
    from ${address("../../src/posix/index.js")};
  const name = ${JSON.stringify(name)};
  const handlers = { onData() {}, onEnd() {}, onError() {}, onDrain() {} };
  const pair = () => socketpair(AF.${pairDomain}, SOCK.STREAM, 0, { nonblocking: true });
  const [left, peer] = pair();
  const stream = engine(name).stream(left.detach(), handlers);
  stream.resume();
`;

function program(name: EngineName, body: string): Ending {
  return runSource(begin(name) + body);
}

export function lifeSuite(engine: Engine): void {
  const { name } = engine;
  test(`${name}: the process exits once everything is closed`, () => {
    const { status, stdout } = program(
      name,
      `setImmediate(() => stream.close(() => { console.log("closed"); }));`,
    );
    assert.deepEqual({ status, stdout }, { status: 0, stdout: "closed\n" });
  });

  test(`${name}: unref'd handles do not keep the process running, and work meanwhile`, () => {
    const { status, stdout } = program(
      name,
      `
      stream.unref();
      stream.unref();
      const [other] = pair();
      const second = engine(name).stream(other.detach(), { ...handlers });
      handlers.onData = (bytes) => {
        console.log(Buffer.from(bytes).toString());
        second.unref();
      };
      // Only the second keeps the process running until then.
      setTimeout(() => send(peer, Buffer.from("heard")), 50).unref();
    `,
    );
    assert.deepEqual({ status, stdout }, { status: 0, stdout: "heard\n" });
  });

  test(`${name}: ref() keeps it running again`, () => {
    const { status, stdout } = program(
      name,
      `
      stream.unref();
      stream.ref();
      handlers.onData = () => stream.close(() => console.log("closed"));
      setTimeout(() => send(peer, Buffer.from("end")), 50).unref();
    `,
    );
    assert.deepEqual({ status, stdout }, { status: 0, stdout: "closed\n" });
  });

  test(`${name}: a handler's error is an uncaught exception, and the engine continues`, () => {
    const { status, stdout } = program(
      name,
      `
      process.on("uncaughtException", (error) => {
        console.log("uncaught", error.message);
        send(peer, Uint8Array.of(2));
      });
      handlers.onData = (bytes) => {
        if (bytes[0] === 1) throw new Error("thrown by the handler");
        console.log("went on");
        stream.close();
      };
      send(peer, Uint8Array.of(1));
    `,
    );
    assert.deepEqual({ status, stdout }, { status: 0, stdout: "uncaught thrown by the handler\nwent on\n" });
  });

  test(`${name}: an uncaught exception of a handler ends the process`, () => {
    const { status, stderr } = program(
      name,
      `handlers.onData = () => { throw new Error("thrown by the handler"); };
       send(peer, Uint8Array.of(1));`,
    );
    assert.equal(status, 1);
    assert.match(stderr, /error: thrown by the handler/i);
  });

  test(`${name}: promises and ticks that a handler starts run before immediates`, () => {
    const { stdout } = program(
      name,
      `
      handlers.onData = () => {
        setImmediate(() => console.log("immediate"));
        Promise.resolve().then(() => console.log("microtask"));
        process.nextTick(() => console.log("tick"));
        stream.close();
      };
      send(peer, Uint8Array.of(1));
    `,
    );
    assert.deepEqual(stdout.trim().split("\n").toSorted(), ["immediate", "microtask", "tick"]);
    assert.match(stdout, /immediate\n$/);
  });

  test(`${name}: process.exit() in a handler ends the process`, () => {
    const { status, signal } = program(
      name,
      `handlers.onData = () => process.exit(7);
       send(peer, Uint8Array.of(1));`,
    );
    assert.deepEqual({ status, signal }, { status: 7, signal: null });
  });

  test(`${name}: survives garbage collections`, () => {
    const { stdout } = program(
      name,
      `
      let rounds = 0;
      handlers.onData = (bytes) => {
        collectGarbage();
        stream.write(bytes);
      };
      const next = () => {
        collectGarbage();
        const room = new Uint8Array(10);
        if (tryRecv(peer, room).ok && ++rounds === 20) {
          console.log("echoed");
          stream.close();
          return;
        }
        trySend(peer, Uint8Array.of(rounds));
        setImmediate(next);
      };
      next();
    `,
    );
    assert.equal(stdout, "echoed\n");
  });

  const listing = except({
    windows: "Windows does not list handles; accepted sockets are checked one by one",
  });
  test(`${name}: a child process inherits no descriptor`, listing, () => {
    const { stdout } = program(
      name,
      `
      const { stdout } = spawnSync("ls", ["-l", "/proc/self/fd"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
      const inherited = stdout.split("\\n").filter((line) => !/ [012] ->/.test(line));
      console.log(inherited.filter((line) => /socket:|io_uring|event/.test(line)).join() || "none");
      stream.close();
    `,
    );
    assert.equal(stdout, "none\n");
  });

  const same = except({ deno: "under load Deno starts threads of its own, with descriptors" });
  test(
    `${name}: as many descriptors and as much mapped memory after many connections as before`,
    same,
    () => {
      const { stdout, stderr } = program(
        name,
        `
      const listener = socket(AF.INET, SOCK.STREAM, 0, { nonblocking: true });
      bind(listener, { family: "ipv4", address: "127.0.0.1", port: 0 });
      listen(listener, 64);
      const at = getsockname(listener);
      let closed = 0;
      const acceptor = engine(name).acceptor(listener.detach(), {
        onAccept(fd) {
          const accepted = engine(name).stream(fd, {
            onData(bytes) { accepted.write(bytes); },
            onEnd() { accepted.close(() => { closed++; }); },
            onError() { accepted.close(() => { closed++; }); },
            onDrain() {},
          });
          accepted.resume();
        },
        onError(errno) { console.log("failed", errno); },
      });
      acceptor.accept(Infinity);
      const turn = () => new Promise((resolve) => setImmediate(resolve));
      const room = new Uint8Array(100);
      async function connections(count) {
        for (let done = 0; done < count; done += 20) {
          const clients = Array.from({ length: 20 }, () => socket(AF.INET, SOCK.STREAM));
          for (const client of clients) { connect(client, at); send(client, Uint8Array.of(1, 2, 3)); }
          await turn();
          for (const client of clients) close(client);
          while (closed < done + 20) await turn();
        }
        closed = 0;
      }
      await connections(1000);
      const [descriptors, mapped] = [descriptorCount(), mappedSize()];
      await connections(3000);
      const more = mappedSize() - mapped;
      console.log(descriptorCount() - descriptors, more < 20_000 ? "same" : more);
      acceptor.close();
      stream.close();
    `,
      );
      assert.equal(stdout, "0 same\n", stderr);
    },
  );

  engineTest(engine, "an endless echo within the process does not starve the event loop", async (fixture) => {
    const [left, right] = fixture
      .pair(SOCK.STREAM, { nonblocking: true })
      .map((socket) => new RecordedStream(engine, socket));
    assert.ok(left !== undefined && right !== undefined);
    // Bounded, so that an engine that starves the loop fails the test rather than hanging it.
    const most = 300_000;
    let echoes = 0;
    let begun = () => {};
    const turn = new Promise<void>((resolve) => {
      // Set once it is running: an earlier timer may have expired by then.
      begun = () => void setTimeout(resolve, 1);
    });
    const echo = (to: RecordedStream) => (bytes: Uint8Array) => {
      left.chunks.length = 0;
      right.chunks.length = 0;
      echoes += 1;
      if (echoes === 1) begun();
      if (echoes < most) to.stream.write(bytes);
    };
    left.whenData = echo(left);
    right.whenData = echo(right);
    left.stream.resume();
    right.stream.resume();
    left.stream.write(Uint8Array.of(1));
    await turn;
    await Promise.all([left.reset(), right.reset()]);
    assert.ok(echoes < most, `no turn within ${echoes} echoes`);
  });

  const ends: Readonly<Record<string, string>> = {
    "returns with everything open": "",
    "throws in a handler": `handlers.onData = () => { throw new Error("on purpose"); };`,
    "exits in a handler": "handlers.onData = () => process.exit();",
    "exits on its own": "setTimeout(() => process.exit(), 20);",
    "is terminated": "",
    "is terminated while it serves": `
      handlers.onData = (bytes) => { stream.write(bytes); };
      const room = new Uint8Array(100);
      const more = () => { tryRecv(peer, room); trySend(peer, Uint8Array.of(1)); setImmediate(more); };
      more();
    `,
    "is terminated in a handler": "handlers.onData = () => { parentPort.postMessage(0); while (true); };",
  };
  for (const [how, statement] of Object.entries(ends)) {
    test(
      `${name}: a worker thread that ${how} harms nobody, and leaves nothing open`,
      except(workersEnd),
      async (context) => {
        if (!haveWorkers(name, context)) return;
        const before = allDescriptors();
        const unref = how.startsWith("returns") ? "stream.unref();" : "";
        const source = `${begin(name)} ${statement} ${unref}
        engine(name).stream(pair()[0].detach(), { ...handlers })${unref === "" ? "" : ".unref()"};
        send(peer, Uint8Array.of(1));
        parentPort.postMessage("ready");`;
        const workers = Array.from(
          { length: 3 },
          () => new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`)),
        );
        await Promise.all(
          workers.map(async (worker) => {
            const exited = new Promise((resolve) => worker.once("exit", resolve));
            worker.once("error", (error) => assert.equal(String(error), "Error: on purpose"));
            if (how.startsWith("is terminated")) {
              await new Promise((resolve) => worker.once("message", resolve));
              await worker.terminate();
            }
            await exited;
          }),
        );
        assert.deepEqual(allDescriptors(), before);
      },
    );
  }
}

/**
 * How many there are of each kind, including those of the engine and the event loop; on Windows,
 * which sockets.
 */
function allDescriptors(): unknown {
  if (host.name === "windows") return openDescriptors();
  const kinds = new Map<string, number>();
  for (const fd of readdirSync("/proc/self/fd")) {
    try {
      const kind = readlinkSync(`/proc/self/fd/${fd}`).replace(/\d+/g, "");
      if (/socket|io_uring|event/.test(kind)) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    } catch {
      // The descriptor of the listing itself is closed by now.
    }
  }
  return kinds;
}
