import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { Agent, get, request } from "node:http";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { Listening, readAll, readBytes } from "../../test/command.ts";
import { close } from "../posix/close.ts";
import { connect } from "../posix/connect.ts";
import { AF, MSG, SOCK } from "../posix/constants.ts";
import { recv } from "../posix/recv.ts";
import { trySend } from "../posix/send.ts";
import { socket } from "../posix/socket.ts";

test("a peer that never reads is not read from: nothing is buffered without bound", async (context) => {
  const listening = await Listening.start(context);
  using greedy = socket(AF.INET, SOCK.STREAM);
  connect(greedy, { family: "ipv4", address: "127.0.0.1", port: listening.port });
  const polite = await listening.connect();
  const before = residentBytes(listening);
  // The kernel's own buffers hold some megabytes (tcp_rmem, tcp_wmem); a server that buffers would
  // take everything.
  const offered = 256 << 20;
  const block = Buffer.alloc(1 << 20);
  let sent = 0;
  // Whenever the server has answered the other connection, it has also served this one.
  for (let refusals = 0; refusals < 50 && sent < offered; ) {
    const result = trySend(greedy, block, MSG.DONTWAIT);
    refusals = result.ok ? 0 : refusals + 1;
    sent += result.ok ? result.value : 0;
    const echoed = readBytes(polite, 1);
    polite.write("x");
    await echoed;
  }
  assert.ok(sent < 64 << 20, `the server took ${sent} bytes that nobody reads`);
  assert.ok(residentBytes(listening) - before < 64 << 20);
  // It continues where it left off once the peer reads.
  for (let received = 0; received < sent; ) received += recv(greedy, block);
  polite.destroy();
  close(greedy);
  const { received, sent: returned } = await listening.event("close", ({ id }) => id === 1);
  assert.deepEqual([received, returned], [sent, sent]);
});

test("500 connections at once", async (context) => {
  const listening = await Listening.start(context);
  const sockets = await Promise.all(Array.from({ length: 500 }, () => listening.connect(true)));
  const answers = await Promise.all(
    sockets.map((socket, index) => {
      socket.end(`number ${index}`);
      return readAll(socket);
    }),
  );
  assert.deepEqual(
    answers,
    sockets.map((_, index) => `number ${index}`),
  );
  await listening.event("close", ({ open, id }) => open === 0 && id > 0);
  const summary = await listening.stop();
  assert.deepEqual([summary.connections, summary.failed, summary.interrupted], [500, 0, 0]);
});

test("reports a client that resets its connection, without affecting others", async (context) => {
  const listening = await Listening.start(context);
  const [first, other] = [await listening.connect(), await listening.connect()];
  first.write("x");
  await readBytes(first, 1);
  first.resetAndDestroy();
  const close = await listening.event("close", ({ id }) => id === 1);
  assert.equal(close.error, "ConnectionResetByPeer");
  other.write("y");
  assert.equal(String(await readBytes(other, 1)), "y");
  other.destroy();
  await listening.event("close", ({ id }) => id === 2);
  assert.equal((await listening.stop()).failed, 1);
});

test("out of descriptors: says so once, does not spin, and resumes when connections close", async (context) => {
  // io_uring uses the limit at the time the accept was submitted (io_accept_prep in
  // io_uring/net.c).
  const listening = await Listening.start(context, [], ["env", "BERKELEY_ENGINE=readiness"]);
  // After its first connection, the server has opened everything that it needs for itself.
  (await listening.connect()).destroy();
  await listening.event("close");
  const pid = `${listening.child.pid}`;
  const limit = limitForMore(10, pid);
  const limited = spawnSync("prlimit", ["--pid", pid, `--nofile=${limit}:${limit}`], { encoding: "utf8" });
  if (limited.status !== 0) {
    context.skip(`the limit cannot be set: ${limited.stderr ?? limited.error}`);
    return;
  }
  const sockets = await Promise.all(Array.from({ length: 30 }, () => listening.connect()));
  const error = await listening.event("error");
  assert.deepEqual([error.name, error.code], ["ProcessFdQuotaExceeded", "EMFILE"]);
  await listening.event("queue", ({ pending }) => pending === 20);
  // That nothing happens can only be seen over some time: a second, in which a spinning process
  // takes a hundred ticks.
  const before = processorTicks(listening);
  await setTimeout(1000);
  assert.ok(processorTicks(listening) - before < 30, "it spins");
  // All are served eventually, as earlier connections end.
  await Promise.all(
    sockets.map(async (socket) => {
      const echoed = readBytes(socket, 1);
      socket.write("x");
      await echoed;
      socket.destroy();
    }),
  );
  assert.equal(listening.events.filter(({ event }) => event === "error").length, 1);
  assert.equal((await listening.stop()).connections, 31);
});

test("http: node:http, over one kept connection and over new ones", async (context) => {
  const listening = await Listening.start(context, ["--respond", "http"]);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (let count = 0; count < 3; count++) {
    const [response] = await once(get({ port: listening.port, host: "127.0.0.1", agent }), "response");
    assert.equal(response.statusCode, 200);
    assert.match(await readAll(response), /The accept queue/);
  }
  agent.destroy();
  await listening.event("close");
  const posted = request({ port: listening.port, host: "127.0.0.1", method: "POST" });
  posted.end(Buffer.alloc(1_000_000));
  const [refusal] = await once(posted, "response");
  assert.equal(refusal.statusCode, 405);
  await readAll(refusal);
  assert.equal((await listening.stop()).connections, 2);
});

test("http: curl", async (context) => {
  if (spawnSync("curl", ["--version"]).status !== 0) {
    context.skip("curl is not there");
    return;
  }
  const listening = await Listening.start(context, ["--respond", "http"]);
  const url = `http://127.0.0.1:${listening.port}/`;
  const page = spawnSync("curl", ["--silent", "--show-error", "--fail", url, url], { encoding: "utf8" });
  assert.deepEqual([page.status, page.stderr], [0, ""]);
  assert.equal(page.stdout.split("<!doctype html>").length, 3);
  const head = spawnSync("curl", ["--silent", "--head", url], { encoding: "utf8" });
  assert.match(head.stdout, /^HTTP\/1\.1 200 OK\r\n/);
  assert.equal((await listening.stop()).connections, 2);
});

/**
 * The limit with which a process can open this many more. The kernel uses the lowest free number
 * below the limit.
 */
function limitForMore(count: number, pid: string): number {
  const open = new Set(readdirSync(`/proc/${pid}/fd`).map(Number));
  let limit = 0;
  for (let free = 0; free < count; limit++) if (!open.has(limit)) free++;
  return limit;
}

/** The memory that the server's process holds. */
function residentBytes({ child }: Listening): number {
  const kilobytes = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1];
  return Number(kilobytes) * 1024;
}

/** User and system time of the process: fields 14 and 15 of /proc/pid/stat, in ticks of 10 ms. */
function processorTicks({ child }: Listening): number {
  const fields = readFileSync(`/proc/${child.pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return Number(fields[11]) + Number(fields[12]);
}
