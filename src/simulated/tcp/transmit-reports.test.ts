import assert from "node:assert/strict";
import { test } from "node:test";
import { message, valueResult } from "../../../test/simulated/calls.ts";
import { TcpPair } from "../../../test/simulated/tcp-pair.ts";
import { constants } from "../../system/linux/constants.ts";
import { errnos } from "../../system/linux/errno.ts";
import { options } from "../../system/linux/options.ts";
import { STAMP } from "./transmit-reports.ts";

const { MSG, POLL } = constants;
const { DONTWAIT = 0, ERRQUEUE = 0 } = MSG;

test("SO_TIMESTAMPING reports when the last byte of a send() left, and was acknowledged", () => {
  const pair = new TcpPair();
  const { client } = pair.connected();
  const { TX_SCHED, TX_SOFTWARE, TX_ACK, SOFTWARE, OPT_ID } = STAMP;
  pair.a.setInt(client, options.SO_TIMESTAMPING, TX_SCHED | TX_SOFTWARE | TX_ACK | SOFTWARE | OPT_ID);
  pair.a.send(client, "x".repeat(2_000));
  pair.advance(100);
  assert.equal(pair.a.poll(client) & POLL.ERR, POLL.ERR);
  const reports: number[][] = [];
  const times: number[] = [];
  for (;;) {
    const control = valueResult(new Uint8Array(512));
    const received = message({ data: [new Uint8Array(0)], control });
    const result = pair.a.system.recvmsg(client, received, ERRQUEUE | DONTWAIT);
    if (result < 0) {
      assert.equal(result, -errnos.EAGAIN);
      break;
    }
    assert.equal(received.flags & ERRQUEUE, ERRQUEUE);
    const { view } = control;
    // A struct scm_timestamping of 48 bytes, and then a struct sock_extended_err.
    times.push(view.getUint32(16, true) * 1_000 + view.getUint32(24, true) / 1e6);
    reports.push([view.getUint32(64 + 16 + 8, true), view.getUint32(64 + 16 + 12, true)]);
  }
  // Scheduled, sent, acknowledged: byte 1999.
  assert.deepEqual(reports, [
    [1, 1_999],
    [0, 1_999],
    [2, 1_999],
  ]);
  const [scheduled = 0, sent = 0, acknowledged = 0] = times;
  assert.equal(sent, scheduled);
  assert.ok(Math.abs(acknowledged - sent - 20) < 1, `${times}`);
  assert.equal(pair.a.poll(client) & POLL.ERR, 0);
});
