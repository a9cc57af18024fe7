import assert from "node:assert/strict";
import { test } from "node:test";
import { someTurns } from "../../../test/engine/engine-test.ts";
import { RecordedStream } from "../../../test/engine/recorded-stream.ts";
import { ScriptedPoller } from "../../../test/engine/scripted-poller.ts";
import { scripted } from "../../../test/scripted/scripted.ts";
import { EXCEPTIONAL, READABLE, WRITABLE } from "../../system/readiness-queue.ts";
import { ReadinessEngine } from "./readiness.ts";

const { EAGAIN = 0 } = scripted({}).errnos;
const { DONTWAIT = 0, NOSIGNAL = 0 } = scripted({}).constants.MSG;
const FLAGS = DONTWAIT | NOSIGNAL;
const FROM = 1001;
const TO = 1002;

/**
 * A stream that forwards these pieces, of which an empty one is the end, to one that sends so many
 * bytes in each call.
 */
function forwarding(pieces: string[], sends: number[]) {
  const sent: string[] = [];
  const system = scripted({
    recv: [
      (fd, buffer) => {
        const piece = fd === FROM ? pieces.shift() : undefined;
        if (piece === undefined) return -EAGAIN;
        buffer.set(Buffer.from(piece));
        return piece.length;
      },
    ],
    send: [
      (_fd, bytes) => {
        const count = sends.shift() ?? bytes.length;
        if (count > 0) sent.push(`${Buffer.from(bytes).subarray(0, count)}`);
        return count;
      },
    ],
  });
  const poller = new ScriptedPoller();
  const engine = new ReadinessEngine(system, poller.openPoller);
  const [from, to] = [FROM, TO].map((fd) => new RecordedStream(engine, fd));
  assert.ok(from !== undefined && to !== undefined);
  for (const { stream } of [from, to]) stream.resume();
  from.stream.forward(to.stream);
  const turn = async (fd: number, ready: number) => {
    poller.report(fd, ready);
    await someTurns();
  };
  return { from, to, sent, system, turn };
}

test("readiness: small pieces that are forwarded in one turn are sent with one call", async () => {
  const { from, to, sent, turn } = forwarding(["one ", "two ", "three"], []);
  await turn(FROM, READABLE);
  assert.deepEqual(sent, ["one two three"]);
  for (const { stream } of [from, to]) stream.close();
});

test("readiness: an end that is forwarded follows the pieces of its turn", async () => {
  const { from, to, system, turn } = forwarding(["last", ""], []);
  from.whenEnded = () => to.stream.shutdown();
  // Otherwise a short piece shows that there is no more.
  await turn(FROM, READABLE | EXCEPTIONAL);
  const calls = system.calls.filter((call) => call.startsWith("send(") || call.startsWith("shutdown("));
  assert.deepEqual(calls, [`send(${TO}, ${FLAGS})`, `shutdown(${TO}, 1)`]);
  for (const { stream } of [from, to]) stream.close();
});

test("readiness: forwarding waits while gathered bytes do not fit the system's buffer", async () => {
  const pieces = ["first"];
  const { from, to, sent, turn } = forwarding(pieces, [2, -EAGAIN]);
  await turn(FROM, READABLE);
  assert.deepEqual(sent, ["fi"]);
  // It is noticed with the next piece, which waits behind the rest.
  pieces.push(" second");
  await turn(FROM, READABLE);
  pieces.push(" third");
  await turn(FROM, READABLE);
  assert.deepEqual(pieces, [" third"], "it is not received");
  assert.equal(to.stream.pendingBytes, "rst second".length);
  await turn(TO, WRITABLE);
  await turn(TO, WRITABLE);
  assert.equal(sent.join(""), "first second");
  assert.ok(to.drains > 0);
  from.stream.resume();
  await someTurns();
  assert.equal(sent.join(""), "first second third");
  for (const { stream } of [from, to]) stream.close();
});
