import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { assertFails, conformance, errnoOf } from "../../test/conformance.ts";
import type { PollEntry } from "../system/system.ts";
import type { ValueResult } from "../system/value-result.ts";
import { tryAccept } from "./accept.ts";
import { AF, POLL, SOCK } from "./constants.ts";
import { recv, tryRecv } from "./recv.ts";
import { tryRecvfrom } from "./recvfrom.ts";
import { trySend } from "./send.ts";
import { trySendto } from "./sendto.ts";
import { socket } from "./socket.ts";

const EINTR = errnoOf("EINTR");
const SO_RCVTIMEO = 20;
const SO_SNDTIMEO = 21;
const buffer = new Uint8Array(8);

/** A getsockopt() that returns this many seconds for SO_RCVTIMEO or SO_SNDTIMEO. */
const timeout = (option: number, seconds: bigint) => [
  (_fd: number, _level: number, name: number, value: ValueResult) => {
    value.bytes.fill(0, 0, 16);
    if (name === option) value.view.setBigInt64(0, seconds, true);
    return 0;
  },
];

/** A poll(2) that reports all requested events as ready, and records them. */
function readyFor(asked: number[]) {
  return (entries: PollEntry[]) => {
    for (const entry of entries) {
      asked.push(entry.events);
      entry.revents = entry.events;
    }
    return entries.length;
  };
}

conformance("a call that a signal interrupts", [
  {
    clause: "resumes every blocking call transparently after real signals",
    except: {
      deno: "Deno's child.kill() takes every signal for the child's end",
      windows: "Windows has no signals that interrupt calls",
    },
    source: "POSIX ERRORS, EINTR; signal(7)",
    run: bombarded,
  },
  {
    clause: "with SO_RCVTIMEO: waits for what is left of it, and is retried once there is data",
    source: "socket(7), SO_RCVTIMEO; signal(7)",
    except: { windows: "it expects numbers of Linux's" },
    script: { recv: [-EINTR, -EINTR, 5], getsockopt: timeout(SO_RCVTIMEO, 3600n) },
    play(system) {
      const asked: number[] = [];
      using client = socket(AF.INET, SOCK.STREAM, 0, { system: { ...system, poll: readyFor(asked) } });
      assert.equal(recv(client, buffer), 5);
      assert.deepEqual(asked, [POLL.IN, POLL.IN]);
    },
  },
  {
    clause: "with SO_RCVTIMEO that is over: EAGAIN, however many signals come",
    source: "socket(7), SO_RCVTIMEO",
    script: {
      accept: [-EINTR],
      recv: [-EINTR],
      recvfrom: [-EINTR],
      poll: [0],
      getsockopt: timeout(SO_RCVTIMEO, 0n),
    },
    play(system) {
      const inAMillisecond = (_fd: number, _level: number, name: number, value: ValueResult) => {
        value.bytes.fill(0, 0, 16);
        if (name === SO_RCVTIMEO) value.view.setBigInt64(8, 1000n, true);
        return 0;
      };
      using client = socket(AF.INET, SOCK.STREAM, 0, { system: { ...system, getsockopt: inAMillisecond } });
      assertFails(tryRecv(client, buffer), "WouldBlock", "EAGAIN");
      assertFails(tryRecvfrom(client, buffer), "WouldBlock", "EAGAIN");
      assertFails(tryAccept(client), "WouldBlock", "EAGAIN");
    },
  },
  {
    clause: "with SO_SNDTIMEO: waits for room, and is retried",
    source: "socket(7), SO_SNDTIMEO",
    except: { windows: "it expects numbers of Linux's" },
    script: { send: [-EINTR, 5], sendto: [-EINTR, 5], getsockopt: timeout(SO_SNDTIMEO, 3600n) },
    play(system) {
      const asked: number[] = [];
      using client = socket(AF.INET, SOCK.STREAM, 0, { system: { ...system, poll: readyFor(asked) } });
      assert.ok(trySend(client, buffer).ok);
      assert.ok(trySendto(client, buffer, 0, { family: "unspecified" }).ok);
      assert.deepEqual(asked, [POLL.OUT, POLL.OUT]);
    },
  },
  {
    clause: "and then fails, fails with that",
    source: "berkeley",
    script: { recv: [-EINTR, -errnoOf("ECONNRESET")], getsockopt: timeout(SO_RCVTIMEO, 3600n), poll: [1] },
    play(system) {
      using client = socket(AF.INET, SOCK.STREAM, 0, { system });
      assertFails(tryRecv(client, buffer), "ConnectionResetByPeer", "ECONNRESET");
    },
  },
]);

/** Runs the calls in a child process, and sends it signals until it exits. */
async function bombarded(): Promise<void> {
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL("./retry-interrupted.child.js", import.meta.url))],
    {
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  let signals: NodeJS.Timeout | undefined;
  child.stdout.once("data", () => {
    signals = setInterval(() => child.kill("SIGWINCH"), 1);
  });
  const status = await new Promise((resolve) => child.once("close", resolve));
  clearInterval(signals);
  assert.equal(status, 0, stderr);
}
