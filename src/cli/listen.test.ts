import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Listening, readAll, readBytes, runBerkeley } from "../../test/command.ts";
import { except } from "../../test/platform.ts";
import { noAbstractNames, noUnixStreams } from "../../test/winsock-exceptions.ts";
import { connect } from "../posix/connect.ts";
import { AF, MSG, SOCK, SOMAXCONN } from "../posix/constants.ts";
import { recv } from "../posix/recv.ts";
import { send } from "../posix/send.ts";
import { socket } from "../posix/socket.ts";

const backlogUnavailable = { windows: "Windows does not tell the backlog in force" };

const somaxconn = Number(readFileSync("/proc/sys/net/core/somaxconn", "utf8"));

function folder(context: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "berkeley-"));
  context.after(() => rmSync(path, { recursive: true }));
  return path;
}

test("without a port it picks a free one of 127.0.0.1, and two do not clash", async (context) => {
  const [one, other] = await Promise.all([Listening.start(context), Listening.start(context)]);
  assert.equal(one.at.family, "ipv4");
  assert.equal(one.at.address, "127.0.0.1");
  assert.notEqual(one.port, other.port);
});

test("echo: sends back what it receives, and closes when the peer does", async (context) => {
  const listening = await Listening.start(context);
  const socket = await listening.connect();
  const sent = randomBytes(1_000_000);
  const received = readBytes(socket, sent.byteLength);
  socket.write(sent);
  assert.ok(sent.equals(await received));
  socket.end();
  const close = await listening.event("close");
  assert.equal(close.received, sent.byteLength);
  assert.equal(close.sent, sent.byteLength);
  assert.equal(close.error, null);
});

test("echo: what was sent before the peer closed its side comes back", async (context) => {
  const listening = await Listening.start(context);
  const socket = await listening.connect(true);
  socket.end("first and last");
  assert.equal(await readAll(socket), "first and last");
});

test("discard: reads all, sends nothing", async (context) => {
  const listening = await Listening.start(context, ["--respond", "discard"]);
  const socket = await listening.connect(true);
  socket.end(randomBytes(1_000_000));
  assert.equal(await readAll(socket), "");
  const close = await listening.event("close");
  assert.equal(close.received, 1_000_000);
  assert.equal(close.sent, 0);
});

test("reports each connection with its peer and bytes", async (context) => {
  const listening = await Listening.start(context);
  const socket = await listening.connect();
  const { id, peer, open } = await listening.event("connection");
  assert.deepEqual({ id, peer, open }, { id: 1, peer: `127.0.0.1:${socket.localPort}`, open: 1 });
  socket.end("12345");
  await listening.event("close", (close) => close.received === 5 && close.open === 0);
});

test("the backlog is SOMAXCONN unless told otherwise", except(backlogUnavailable), async (context) => {
  const { at } = await Listening.start(context);
  assert.equal(at.backlog, SOMAXCONN);
  assert.equal(at.granted, Math.min(SOMAXCONN, somaxconn));
});

test("reports a capped backlog, with the reason", except(backlogUnavailable), async (context) => {
  const { at } = await Listening.start(context, ["--backlog", "1000000"]);
  assert.deepEqual([at.backlog, at.granted, at.somaxconn], [1_000_000, somaxconn, somaxconn]);
  const small = await Listening.start(context, ["--backlog", "7"]);
  assert.deepEqual([small.at.backlog, small.at.granted], [7, 7]);
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  test(
    `${signal} closes everything, with a summary and status 0`,
    except({ windows: "no signal reaches a process of Windows: it ends at once" }),
    async (context) => {
      const listening = await Listening.start(context);
      const [finished, idle] = [await listening.connect(), await listening.connect()];
      finished.end("bytes");
      await listening.event("close");
      await listening.event("connection", ({ id }) => id === 2);
      const closed = once(idle.resume(), "close");
      const { milliseconds, deepestQueue, ...summary } = await listening.stop(signal);
      assert.deepEqual(withoutTime(summary), {
        event: "summary",
        signal,
        connections: 2,
        failed: 0,
        interrupted: 1,
        refused: 0,
        received: 5,
        sent: 5,
        dropped: 0,
      });
      assert.ok(milliseconds >= 0 && deepestQueue >= 0);
      await closed;
      assert.equal(listening.events.at(-1)?.event, "summary");
    },
  );
}

test("ends silently when the reader of its output is gone", async (context) => {
  const listening = await Listening.start(context);
  listening.child.stdout?.destroy();
  // Writing the line about this connection fails.
  const socket = await listening.connect();
  socket.on("error", () => {}).resume();
  const { status, stderr } = await listening.exited;
  assert.deepEqual([status, stderr], [0, ""]);
});

test("reports output that cannot be written, as on a full disk, with status 1", (context) => {
  const full = openSync("/dev/full", "w");
  context.after(() => closeSync(full));
  for (const words of [["listen"], ["listen", "--json"], ["--help"]]) {
    const { status, stderr } = runBerkeley(words, { stdio: ["ignore", full, "pipe"] });
    assert.equal(status, 1);
    assert.match(stderr, /^berkeley: Cannot write to standard output: ENOSPC: .+\.\n$/);
  }
});

test(
  "a link-local address: asks for its interface and reports it",
  except({ wine: "Wine binds a link-local address without its interface" }),
  async (context) => {
    const [name, own] =
      Object.entries(networkInterfaces())
        .flatMap(([name, its = []]) => its.map((one) => [name, one] as const))
        .find(([, one]) => one.family === "IPv6" && one.address.startsWith("fe80:")) ?? [];
    if (own?.family !== "IPv6") {
      context.skip("no interface has a link-local address");
      return;
    }
    const { stderr } = runBerkeley(["listen", own.address]);
    assert.equal(
      stderr,
      `berkeley: The link-local address ${own.address} needs the name of its interface; ` +
        `write ${own.address}%${name}.\n`,
    );
    const { at } = await Listening.start(context, [`${own.address}%${name}`]);
    assert.equal(at.address, `${own.address}%${own.scopeid}`);
  },
);

test("IPv6, and the host's name", async (context) => {
  const six = await Listening.start(context, ["[::1]:0"]);
  assert.deepEqual([six.at.family, six.at.address], ["ipv6", "::1"]);
  const socket = await six.connect();
  const { peer } = await six.event("connection");
  assert.equal(peer, `[::1]:${socket.localPort}`);
  socket.destroy();
});

test("localhost: listens on both families, and names every address", async (context) => {
  const { at, port } = await Listening.start(context, ["localhost:0"]);
  const hasIpv6 = Object.values(networkInterfaces()).some((its) => its?.some((one) => one.address === "::1"));
  const hosts = hasIpv6 ? ["127.0.0.1", "::1"] : ["127.0.0.1"];
  assert.deepEqual(
    at.addresses,
    hosts.map((host) => (host === "::1" ? `[::1]:${port}` : `${host}:${port}`)),
  );
  for (const host of hosts) {
    const socket = createConnection(port, host);
    socket.end("both");
    assert.equal(await readAll(socket), "both");
  }
});

test("a unix socket: echoes, and removes its path at the end", except(noUnixStreams), async (context) => {
  const path = join(folder(context), "a socket");
  const listening = await Listening.start(context, ["--unix", path]);
  const { at } = listening;
  assert.deepEqual([at.family, at.path, at.port, at.address], ["unix", path, null, null]);
  assert.equal(at.granted, Math.min(SOMAXCONN, somaxconn));
  const socket = await listening.connect(true);
  socket.end("over unix");
  assert.equal(await readAll(socket), "over unix");
  assert.equal((await listening.event("connection")).peer, "unnamed");
  await listening.stop();
  assert.equal(existsSync(path), false);
});

test(
  "a unix socket: leaves a path that another program has made since",
  except(noUnixStreams),
  async (context) => {
    const path = join(folder(context), "socket");
    const listening = await Listening.start(context, ["--unix", path]);
    rmSync(path);
    writeFileSync(path, "another's");
    await listening.stop();
    assert.equal(readFileSync(path, "utf8"), "another's");
  },
);

test("a unix socket in the abstract namespace", except(noAbstractNames), async (context) => {
  const name = `@berkeley-test-${process.pid}`;
  const listening = await Listening.start(context, ["--unix", name]);
  assert.equal(listening.at.path, name);
  // Node 20 cannot name an abstract socket.
  using client = socket(AF.UNIX, SOCK.STREAM);
  connect(client, { family: "unix", path: `\0${name.slice(1)}` });
  send(client, Buffer.from("abstract"));
  const received = Buffer.alloc(8);
  assert.equal(recv(client, received, MSG.WAITALL), 8);
  assert.equal(received.toString(), "abstract");
  const { status, stderr } = runBerkeley(["listen", "--unix", name]);
  assert.equal(status, 2);
  assert.match(stderr, inUse(name, "name", listening));
});

test(
  "a path that is in use, stale, or not a socket: one sentence each",
  except(noUnixStreams),
  async (context) => {
    const directory = folder(context);
    const path = join(directory, "socket");
    const listening = await Listening.start(context, ["--unix", path]);
    assert.match(runBerkeley(["listen", "--unix", path]).stderr, inUse(path, "path", listening));
    // A killed process cannot remove the path.
    listening.child.kill("SIGKILL");
    await listening.exited;
    assert.equal(
      runBerkeley(["listen", "--unix", path]).stderr,
      `berkeley: ${path} exists, but nothing listens on it. Remove it, and try again: rm ${path}\n`,
    );
    const file = join(directory, "file");
    writeFileSync(file, "");
    assert.equal(
      runBerkeley(["listen", "--unix", file]).stderr,
      `berkeley: ${file} exists and is not a socket. Choose another path.\n`,
    );
    assert.ok(existsSync(path) && existsSync(file), "what is not ours is not removed");
  },
);

/** The error for a unix address on which one of our processes listens. */
function inUse(endpoint: string, what: "name" | "path", { child }: Listening): RegExp {
  return new RegExp(
    `^berkeley: ${endpoint} is held by \\S+ \\(pid ${child.pid}, .*\\)\\. Choose another ${what}, or ` +
      `stop its holder: berkeley free --unix ${endpoint}\n$`,
  );
}

function withoutTime(event: object): object {
  return Object.fromEntries(Object.entries(event).filter(([name]) => name !== "time"));
}
