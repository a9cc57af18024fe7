import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { test } from "node:test";
import { assertFails, assertOk } from "../../test/conformance.ts";
import { engineTest, someTurns } from "../../test/engine/engine-test.ts";
import { enginesHere } from "../../test/engine/engines-here.ts";
import { loopback } from "../../test/fixture.ts";
import { except } from "../../test/platform.ts";
import { answersHidden } from "../../test/winsock-exceptions.ts";
import type { EngineName } from "../engine/engine.ts";
import { SO } from "../options/so.ts";
import { accept } from "../posix/accept.ts";
import { bind } from "../posix/bind.ts";
import { close } from "../posix/close.ts";
import { connect as connectSync, tryConnect } from "../posix/connect.ts";
import { AF, IPPROTO, SHUT, SOCK } from "../posix/constants.ts";
import { getsockname } from "../posix/getsockname.ts";
import { getsockopt } from "../posix/getsockopt.ts";
import { recv, tryRecv } from "../posix/recv.ts";
import { send, trySend } from "../posix/send.ts";
import { sendto } from "../posix/sendto.ts";
import { shutdown } from "../posix/shutdown.ts";
import { connect } from "./connection/connect.ts";
import { listen } from "./listener/listen.ts";
import { isReadableError, readable } from "./readable.ts";
import { udp } from "./udp/udp.ts";
import { writable } from "./writable.ts";

const windows = { windows: "Windows has no such sockets" };
const timeout = 30_000;

for (const { name: engine } of enginesHere) tests(engine);

function tests(engine: EngineName): void {
  const wait = { engine, timeout };
  const [on] = enginesHere.filter(({ name }) => name === engine);
  assert.ok(on !== undefined);

  /** Whether the promise has not settled after some turns. */
  async function isPending(promise: Promise<void>): Promise<boolean> {
    let settled = false;
    const settle = () => {
      settled = true;
    };
    promise.then(settle, settle);
    await someTurns();
    return !settled;
  }

  engineTest(
    on,
    "readable(): data of every type of unix socket, and its end",
    async (fixture) => {
      for (const type of [SOCK.STREAM, SOCK.DGRAM, SOCK.SEQPACKET]) {
        const [left, right] = fixture.pair(type, { nonblocking: true });
        const waiting = readable(right, wait);
        assert.ok(await isPending(waiting));
        send(left, Buffer.from("hello"));
        await waiting;
        assert.equal(recv(right, Buffer.alloc(16)), 5);
        const next = readable(right, wait);
        assert.ok(await isPending(next));
        if (type === SOCK.DGRAM) send(left, Buffer.from("x"));
        else shutdown(left, SHUT.WR);
        await next;
        assert.equal(recv(right, Buffer.alloc(16)), type === SOCK.DGRAM ? 1 : 0);
        close(left);
        close(right);
      }
    },
    windows,
  );

  engineTest(on, "readable(): what is ready already; again and again", async (fixture) => {
    const [left, right] = fixture.pair();
    send(left, Buffer.from("hello"));
    for (let times = 0; times < 20; times++) await readable(right, wait);
    assert.equal(recv(right, Buffer.alloc(16)), 5);
  });

  engineTest(on, "readable(): a listener has a connection", async (fixture) => {
    const listener = fixture.listener();
    const waiting = readable(listener, wait);
    assert.ok(await isPending(waiting));
    connectSync(fixture.tcp(), getsockname(listener));
    await waiting;
    fixture.own(accept(listener).socket);
  });

  engineTest(
    on,
    "readable(): an error wakes, and the next call reports it",
    async (fixture) => {
      const gone = fixture.udp();
      bind(gone, loopback);
      const address = getsockname(gone);
      close(gone);
      const sender = fixture.udp({ nonblocking: true });
      connectSync(sender, address);
      const waiting = readable(sender, wait);
      send(sender, Buffer.from("x"));
      await waiting;
      assertFails(tryRecv(sender, new Uint8Array(1)), "ConnectionRefused");
    },
    answersHidden,
  );

  engineTest(
    on,
    "readable(): a raw socket, and a netlink socket",
    async (fixture) => {
      const route = fixture.socket(AF.NETLINK, SOCK.RAW, 0, { nonblocking: true });
      const waiting = readable(route, wait);
      const request = Uint8Array.of(17, 0, 0, 0, 18, 0, 1, 3, 1, 0, 0, 0, 0, 0, 0, 0, 0);
      sendto(route, request, 0, { family: "netlink", pid: 0, groups: 0 });
      await waiting;
      assert.ok(recv(route, Buffer.alloc(65_536)) > 16);
      const packets = fixture.packetSocket();
      if (packets === undefined) return;
      bind(packets, { family: "packet", protocol: 3, ifindex: "lo" });
      const sniffing = readable(packets, wait);
      const sender = fixture.udp();
      bind(sender, loopback);
      sendto(sender, Buffer.from("x"), 0, getsockname(sender));
      await sniffing;
      assert.ok(recv(packets, Buffer.alloc(2048)) > 0);
    },
    windows,
  );

  engineTest(
    on,
    "udp({ socket }): a raw socket, and a netlink socket",
    async (fixture) => {
      await using kernel = await udp({ socket: fixture.socket(AF.NETLINK, SOCK.RAW), engine });
      const request = Uint8Array.of(17, 0, 0, 0, 18, 0, 1, 3, 1, 0, 0, 0, 0, 0, 0, 0, 0);
      await kernel.send(request, { family: "netlink", pid: 0, groups: 0 });
      const { data, address } = await kernel.receive({ timeout });
      assert.deepEqual([data[4], address.family], [16, "netlink"]);
      if (process.getuid?.() !== 0) return;
      await using raw = await udp({ socket: fixture.socket(AF.INET, SOCK.RAW, IPPROTO.ICMP), engine });
      // An echo request (RFC 792), whose checksum is that of its only word.
      await raw.send(Uint8Array.of(8, 0, 0xf7, 0xff, 0, 0, 0, 0), { ...loopback });
      const types: (number | undefined)[] = [];
      while (!types.includes(0)) types.push((await raw.receive({ timeout })).data[20]);
    },
    windows,
  );

  engineTest(
    on,
    "writable(): room after the peer has read",
    async (fixture) => {
      const [left, right] = fixture.pair(SOCK.STREAM, { nonblocking: true });
      const data = Buffer.alloc(65_536);
      while (trySend(left, data).ok);
      const waiting = writable(left, wait);
      assert.ok(await isPending(waiting));
      while (tryRecv(right, data).ok);
      await waiting;
      assert.ok(assertOk(trySend(left, data)) > 0);
    },
    { windows: "its pair of sockets has no such room" },
  );

  engineTest(on, "writable(): a connect has ended, well or badly", async (fixture) => {
    const listener = fixture.listener();
    const client = fixture.tcp({ nonblocking: true });
    tryConnect(client, getsockname(listener));
    await writable(client, wait);
    assert.equal(getsockopt(client, SO.ERROR), null);
    const address = getsockname(listener);
    close(listener);
    const refused = fixture.tcp({ nonblocking: true });
    tryConnect(refused, address);
    await writable(refused, wait);
    assert.equal(getsockopt(refused, SO.ERROR)?.name, "ConnectionRefused");
  });

  engineTest(on, "both directions and several waiters of one socket at once", async (fixture) => {
    const [left, right] = fixture.pair(SOCK.STREAM, { nonblocking: true });
    const data = Buffer.alloc(65_536);
    while (trySend(left, data).ok);
    const waiting = [readable(left, wait), writable(left, wait), readable(left, wait)] as const;
    for (const each of waiting) assert.ok(await isPending(each));
    while (tryRecv(right, data).ok);
    await waiting[1];
    assert.ok(await isPending(waiting[0]));
    send(right, Buffer.from("x"));
    await Promise.all(waiting);
  });

  engineTest(on, "the socket of a connection, whose data it leaves alone", async () => {
    await using server = await listen(
      { host: "127.0.0.1", engine },
      { data: (connection, bytes) => connection.write(bytes) },
    );
    await using client = await connect({ address: server.address, engine });
    await writable(client.socket, wait);
    await client.write("echo");
    assert.equal(Buffer.from((await client.read({ timeout })) ?? []).toString(), "echo");
  });

  engineTest(on, "a timeout, and a signal before and during the wait", async (fixture) => {
    const [, right] = fixture.pair();
    await assert.rejects(readable(right, { engine, timeout: 0 }), {
      name: "TimeoutError",
      message: "readable() timed out after 0 ms",
    });
    const reason = new Error("enough");
    await assert.rejects(readable(right, { engine, signal: AbortSignal.abort(reason) }), reason);
    const controller = new AbortController();
    const waiting = readable(right, { engine, signal: controller.signal });
    controller.abort(reason);
    await assert.rejects(waiting, reason);
  });

  engineTest(
    on,
    "a socket that is closed during the wait: it goes on, until it is aborted",
    async (fixture) => {
      const [left, right] = fixture.pair();
      const controller = new AbortController();
      const waiting = readable(right, { engine, signal: controller.signal });
      close(right);
      assert.ok(await isPending(waiting));
      controller.abort();
      await assert.rejects(waiting, { name: "AbortError" });
      // The number now belongs to another file, whose events are not ours.
      const [other] = fixture.pair();
      assert.ok(other.fd > 0 && left.fd > 0);
    },
  );

  engineTest(
    on,
    "a descriptor that is closed, or no socket",
    async (fixture) => {
      const made = fixture.tcp();
      close(made);
      await assert.rejects(readable(made, wait), {
        name: "SocketClosed",
        code: "EBADF",
        syscall: "readable",
      });
      await assert.rejects(writable(99_999, wait), { name: "BadFileDescriptor", code: "EBADF" });
      const file = openSync("/dev/null", "r");
      const rejected: unknown = await readable(file, wait).catch((error: unknown) => error);
      assert.ok(isReadableError(rejected) && rejected.name === "FileDescriptorNotASocket");
      closeSync(file);
    },
    { windows: "a descriptor of C's is no handle to Winsock" },
  );

  test(
    `${engine}: a wait keeps the process running, and leaves no descriptor open`,
    except({ deno: "its --eval takes no modules", windows: "it runs a shell" }),
    () => {
      const program = `
      import { readable, posix } from "berkeley";
      const { AF, SOCK } = posix;
      const [left, right] = posix.socketpair(AF.UNIX, SOCK.SEQPACKET);
      setTimeout(() => posix.send(left, Buffer.from("x")), 50);
      await readable(right, { engine: "${engine}" });
      console.log("woken");
    `;
      const run = spawnSync(process.execPath, ["--input-type=module", "--eval", program], {
        encoding: "utf8",
      });
      assert.deepEqual([run.stdout, run.status], ["woken\n", 0], run.stderr);
    },
  );
}
