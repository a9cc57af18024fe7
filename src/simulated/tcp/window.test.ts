import assert from "node:assert/strict";
import { test } from "node:test";
import { TcpPair } from "../../../test/simulated/tcp-pair.ts";
import { constants } from "../../system/linux/constants.ts";
import { PROTOCOL } from "../ip/packet.ts";
import { ACK } from "./ack-state.ts";
import type { ControlBlock } from "./control-block.ts";
import { TcpProtocol } from "./tcp-protocol.ts";
import { TcpSocket } from "./tcp-socket.ts";
import { allowedWindow, selectWindow } from "./window.ts";

// The window that is offered, at the bounds of each rule of __tcp_select_window() and
// tcp_select_window() (RFC 9293, 3.8.6.2.2).

interface Receiver {
  /** The receive buffer, all of which is data. */
  readonly buffer: number;
  readonly free: number;
  readonly mss: number;
  readonly offered?: number;
  readonly clamp?: number;
  readonly threshold?: number;
  readonly scale?: number;
}

function receiver({ client }: TcpPair, state: Receiver): ControlBlock {
  const { buffer, free, mss, offered = 0, clamp = buffer, threshold = buffer, scale = 0 } = state;
  const { tcb } = new TcpSocket(new TcpProtocol(client), constants.AF.INET);
  tcb.socket.receiveBuffer = buffer;
  tcb.ownReceiveQueue().memory = buffer - free;
  tcb.ack.rcvMss = mss;
  tcb.ack.quick = 5;
  tcb.rcvWscale = scale;
  Object.assign(tcb.window, { ratio: 256, offered, clamp, threshold });
  return tcb;
}

test("the window that the buffer allows", () => {
  const cases: readonly (readonly [window: number, state: Receiver])[] = [
    // Half the buffer is free: the window stays, even if it is less than a segment.
    [100, { buffer: 1_000, free: 500, mss: 600, offered: 100 }],
    // Less than half, and less than a segment, or than a sixteenth of the buffer: none.
    [0, { buffer: 1_000, free: 499, mss: 500, offered: 100 }],
    [500, { buffer: 2_000, free: 500, mss: 500 }],
    [4_000, { buffer: 64_000, free: 4_000, mss: 500 }],
    [0, { buffer: 64_000, free: 3_999, mss: 500 }],
    // Another segment fits: as many whole ones as do. Not quite: the window stays.
    [600, { buffer: 2_000, free: 1_000, mss: 600, offered: 400 }],
    [401, { buffer: 2_000, free: 1_000, mss: 600, offered: 401 }],
    [1_300, { buffer: 2_000, free: 1_300, mss: 600, offered: 1_300 }],
    [1_200, { buffer: 2_000, free: 1_300, mss: 600, offered: 1_301 }],
    // A segment fills the buffer: the window opens by more than half of it.
    [1_000, { buffer: 1_000, free: 1_000, mss: 1_460, offered: 499 }],
    [500, { buffer: 1_000, free: 1_000, mss: 1_460, offered: 500 }],
    [450, { buffer: 1_000, free: 1_000, mss: 900, offered: 450 }],
    // TCP_WINDOW_CLAMP stands for the buffer, but for the sixteenth.
    [5_000, { buffer: 64_000, free: 5_000, mss: 6_000, clamp: 5_000, offered: 2_000 }],
    [0, { buffer: 64_000, free: 3_000, mss: 1_460, clamp: 7_000, offered: 2_000 }],
    [0, { buffer: 64_000, free: 64_000, mss: 536, clamp: 0 }],
    // A scaled window is rounded up to what can be expressed, but not when space is short.
    [33_024, { buffer: 64_000, free: 40_000, mss: 536, threshold: 33_000, scale: 7 }],
    [4_096, { buffer: 64_000, free: 4_100, mss: 536, scale: 7 }],
    [0, { buffer: 64_000, free: 4_005, mss: 536, scale: 7 }],
  ];
  const pair = new TcpPair();
  for (const [window, state] of cases)
    assert.equal(allowedWindow(receiver(pair, state)), window, JSON.stringify(state));
});

test("less than half the buffer ends quick acknowledgments", () => {
  const pair = new TcpPair();
  const quick = (free: number): number => {
    const tcb = receiver(pair, { buffer: 2_000, free, mss: 536 });
    allowedWindow(tcb);
    return tcb.ack.quick;
  };
  assert.deepEqual([quick(1_000), quick(999)], [5, 0]);
});

test("under memory pressure a connection is offered four segments (tcp_adjust_rcv_ssthresh())", () => {
  const pair = new TcpPair();
  const tcb = receiver(pair, { buffer: 64_000, free: 64_000, mss: 500, scale: 1 });
  tcb.advmss = 1_000;
  pair.client.sysctl("net.ipv4.tcp_mem", [1, 2, 1_000]);
  pair.client.memory(PROTOCOL.TCP).charge(100_000);
  // Only while less than half of the buffer is free.
  assert.equal(allowedWindow(tcb), 64_000);
  tcb.ownReceiveQueue().memory = 33_000;
  assert.equal(allowedWindow(tcb), 4_000);
  assert.equal(tcb.window.threshold, 4_000);
});

test("a segment without memory closes the window, which otherwise never shrinks", () => {
  const tcb = receiver(new TcpPair(), { buffer: 8_000, free: 8_000, mss: 500, offered: 3_000 });
  tcb.rcvNxt = 1_000;
  tcb.window.offeredAt = 500;
  tcb.ownReceiveQueue().memory = 8_000;
  assert.equal(selectWindow(tcb), 2_500);
  assert.deepEqual([tcb.window.offered, tcb.window.offeredAt], [2_500, 1_000]);
  tcb.rcvNxt = 1_100;
  tcb.ack.pending |= ACK.NO_MEMORY;
  assert.equal(selectWindow(tcb), 0);
  assert.deepEqual([tcb.window.offered, tcb.window.offeredAt], [0, 1_100]);
});

test("without scaling, a window is 65,535 at most, or 32,767 for old systems", () => {
  for (const [signed, most] of [
    [0, 65_535],
    [1, 32_767],
  ] as const) {
    const pair = new TcpPair();
    pair.client.sysctl("net.ipv4.tcp_workaround_signed_windows", signed);
    assert.equal(selectWindow(receiver(pair, { buffer: 100_000, free: 100_000, mss: 500 })), most);
    const scaled = receiver(pair, { buffer: 100_000, free: 100_000, mss: 500, scale: 1 });
    assert.equal(selectWindow(scaled), 50_000);
  }
});
