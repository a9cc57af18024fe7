import assert from "node:assert/strict";
import { test } from "node:test";
import { describe, TcpPair } from "../../../test/simulated/tcp-pair.ts";
import { constants } from "../../system/linux/constants.ts";
import { NO_TCP_OPTIONS, type Packet, TCP_FLAG } from "../ip/packet.ts";
import { STATE } from "./state.ts";

// The reaction of each state to each segment (RFC 9293, 3.10.7; RFC 5961; RFC 1337;
// tcp_reset_check()), as a table.

const { SHUT } = constants;
const { ACK, FIN, RST, SYN } = TCP_FLAG;

type StateName = Exclude<keyof typeof STATE, "CLOSE" | "SYN_SENT">;

/**
 * Brings the server into a state, after which the client is silent. Returns the server's socket.
 */
function reach(pair: TcpPair, state: StateName): number {
  const silence = (): void => {
    pair.drops = ({ from }) => from === "10.0.0.1";
  };
  if (state === "LISTEN" || state === "SYN_RECV") {
    const listener = pair.listen();
    pair.drops = ({ from }, index) => from === "10.0.0.1" && (state === "LISTEN" || index > 0);
    pair.connecting();
    pair.advance(100);
    return listener;
  }
  const { client, server } = pair.connected();
  const finish = (calls: "a" | "b"): void => {
    pair[calls].system.shutdown(calls === "a" ? client : server, SHUT.WR);
  };
  switch (state) {
    case "FIN_WAIT1":
      silence();
      finish("b");
      break;
    case "FIN_WAIT2":
      finish("b");
      break;
    case "CLOSE_WAIT":
      finish("a");
      break;
    case "CLOSING":
      // Both FINs cross, and the server's is lost.
      pair.drops = ({ from }) => from === "10.0.0.2";
      finish("b");
      finish("a");
      break;
    case "LAST_ACK":
      finish("a");
      pair.advance(100);
      silence();
      finish("b");
      break;
    case "TIME_WAIT":
      finish("b");
      pair.advance(100);
      finish("a");
      break;
    default:
      break;
  }
  pair.advance(100);
  silence();
  return server;
}

/** The segments that are tried; `next` is what the server expects, `acked` what it has sent. */
const segments: Readonly<
  Record<string, { flags: number; sequence: number; acknowledgment?: number; length?: number }>
> = {
  SYN: { flags: SYN, sequence: 1_000 },
  "SYN with FIN": { flags: SYN | FIN, sequence: 1_000 },
  "RST exactly": { flags: RST, sequence: 0 },
  "RST in the window": { flags: RST, sequence: 1 },
  "RST outside": { flags: RST, sequence: -100_000 },
  "RST just before": { flags: RST, sequence: -1 },
  "ACK of what was never sent": { flags: ACK, sequence: 0, acknowledgment: 1_000, length: 1 },
  "data beyond the window": { flags: ACK, sequence: 10_000_000, length: 10 },
  "data that came before": { flags: ACK, sequence: -1, length: 1 },
  data: { flags: ACK, sequence: 0, length: 1 },
  FIN: { flags: FIN | ACK, sequence: 0 },
};

/** Sends one of them to the server. Returns its answer within a second, and its new state. */
function attempt(state: StateName, name: string): string {
  const pair = new TcpPair();
  const socket = reach(pair, state);
  const last = pair.seen.findLast(({ from }) => from === "10.0.0.2")?.segment;
  const first = pair.seen[0];
  const wanted = segments[name];
  assert.ok(first !== undefined && wanted !== undefined);
  const next = last?.acknowledgment ?? 0;
  const length = last === undefined ? 0 : last.data.length + ((last.flags & (SYN | FIN)) === 0 ? 0 : 1);
  const sent = ((last?.sequence ?? 0) + length) >>> 0;
  const packet: Packet = {
    ...first.packet,
    payload: {
      ...first.segment,
      flags: wanted.flags,
      sequence: (next + wanted.sequence) >>> 0,
      acknowledgment: (wanted.flags & ACK) === 0 ? 0 : (sent + (wanted.acknowledgment ?? 0)) >>> 0,
      options: NO_TCP_OPTIONS,
      data: new Uint8Array(wanted.length ?? 0),
    },
  };
  pair.forget();
  pair.server.receive(packet, pair.client);
  pair.advance(60);
  const answers = pair.seen.filter(({ from }) => from === "10.0.0.2").map(({ segment }) => describe(segment));
  const { option } = pair.b.system;
  option.length = 4;
  const result = pair.b.system.getsockopt(socket, 6, 11, option);
  const now = Object.entries(STATE).find(([, number]) => number === option.bytes[0])?.[0];
  return `${answers.join(", ") || "nothing"}; ${result < 0 ? result : now}`;
}

/**
 * The answer, and the state in the socket's TCP_INFO: the listener's for its requests, and CLOSE
 * once TIME_WAIT has taken over.
 */
const table: Readonly<Record<StateName, Readonly<Record<string, string>>>> = {
  LISTEN: {
    SYN: "SYN ACK; LISTEN",
    "SYN with FIN": "nothing; LISTEN",
    "RST exactly": "nothing; LISTEN",
    "RST in the window": "nothing; LISTEN",
    "RST outside": "nothing; LISTEN",
    "RST just before": "nothing; LISTEN",
    "ACK of what was never sent": "RST; LISTEN",
    "data beyond the window": "RST; LISTEN",
    "data that came before": "RST; LISTEN",
    data: "RST; LISTEN",
    FIN: "RST; LISTEN",
  },
  SYN_RECV: {
    SYN: "RST ACK; LISTEN",
    "SYN with FIN": "RST ACK; LISTEN",
    "RST exactly": "nothing; LISTEN",
    "RST in the window": "nothing; LISTEN",
    "RST outside": "nothing; LISTEN",
    "RST just before": "nothing; LISTEN",
    "ACK of what was never sent": "RST; LISTEN",
    "data beyond the window": "ACK; LISTEN",
    "data that came before": "ACK; LISTEN",
    data: "ACK; LISTEN",
    FIN: "ACK; LISTEN",
  },
  ESTABLISHED: {
    SYN: "ACK; ESTABLISHED",
    "SYN with FIN": "ACK; ESTABLISHED",
    "RST exactly": "nothing; CLOSE",
    "RST in the window": "ACK; ESTABLISHED",
    "RST outside": "nothing; ESTABLISHED",
    "RST just before": "nothing; ESTABLISHED",
    "ACK of what was never sent": "ACK; ESTABLISHED",
    "data beyond the window": "ACK; ESTABLISHED",
    "data that came before": "ACK; ESTABLISHED",
    data: "ACK; ESTABLISHED",
    FIN: "ACK; CLOSE_WAIT",
  },
  FIN_WAIT1: {
    SYN: "ACK; FIN_WAIT1",
    "SYN with FIN": "ACK; FIN_WAIT1",
    "RST exactly": "nothing; CLOSE",
    "RST in the window": "ACK; FIN_WAIT1",
    "RST outside": "nothing; FIN_WAIT1",
    "RST just before": "nothing; FIN_WAIT1",
    "ACK of what was never sent": "ACK; FIN_WAIT1",
    "data beyond the window": "ACK; FIN_WAIT1",
    "data that came before": "ACK; FIN_WAIT2",
    data: "ACK; FIN_WAIT2",
    FIN: "ACK; CLOSE",
  },
  FIN_WAIT2: {
    SYN: "ACK; FIN_WAIT2",
    "SYN with FIN": "ACK; FIN_WAIT2",
    "RST exactly": "nothing; CLOSE",
    "RST in the window": "ACK; FIN_WAIT2",
    "RST outside": "nothing; FIN_WAIT2",
    "RST just before": "nothing; FIN_WAIT2",
    "ACK of what was never sent": "ACK; FIN_WAIT2",
    "data beyond the window": "ACK; FIN_WAIT2",
    "data that came before": "ACK; FIN_WAIT2",
    data: "ACK; FIN_WAIT2",
    FIN: "ACK; CLOSE",
  },
  CLOSE_WAIT: {
    SYN: "ACK; CLOSE_WAIT",
    "SYN with FIN": "ACK; CLOSE_WAIT",
    "RST exactly": "nothing; CLOSE",
    "RST in the window": "ACK; CLOSE_WAIT",
    "RST outside": "nothing; CLOSE_WAIT",
    "RST just before": "nothing; CLOSE",
    "ACK of what was never sent": "ACK; CLOSE_WAIT",
    "data beyond the window": "ACK; CLOSE_WAIT",
    "data that came before": "ACK; CLOSE_WAIT",
    data: "nothing; CLOSE_WAIT",
    FIN: "nothing; CLOSE_WAIT",
  },
  CLOSING: {
    SYN: "ACK; CLOSING",
    "SYN with FIN": "ACK; CLOSING",
    "RST exactly": "nothing; CLOSE",
    "RST in the window": "ACK; CLOSING",
    "RST outside": "nothing; CLOSING",
    "RST just before": "nothing; CLOSE",
    "ACK of what was never sent": "ACK; CLOSING",
    "data beyond the window": "ACK; CLOSING",
    "data that came before": "nothing; CLOSE",
    data: "nothing; CLOSE",
    FIN: "nothing; CLOSE",
  },
  LAST_ACK: {
    SYN: "ACK; LAST_ACK",
    "SYN with FIN": "ACK; LAST_ACK",
    "RST exactly": "nothing; CLOSE",
    "RST in the window": "ACK; LAST_ACK",
    "RST outside": "nothing; LAST_ACK",
    "RST just before": "nothing; CLOSE",
    "ACK of what was never sent": "ACK; LAST_ACK",
    "data beyond the window": "ACK; LAST_ACK",
    "data that came before": "nothing; CLOSE",
    data: "nothing; CLOSE",
    FIN: "nothing; CLOSE",
  },
  TIME_WAIT: {
    SYN: "SYN ACK; CLOSE",
    "SYN with FIN": "nothing; CLOSE",
    "RST exactly": "nothing; CLOSE",
    "RST in the window": "nothing; CLOSE",
    "RST outside": "nothing; CLOSE",
    "RST just before": "nothing; CLOSE",
    "ACK of what was never sent": "ACK; CLOSE",
    "data beyond the window": "ACK; CLOSE",
    "data that came before": "ACK; CLOSE",
    data: "ACK; CLOSE",
    FIN: "ACK; CLOSE",
  },
};

const states: readonly StateName[] = [
  "LISTEN",
  "SYN_RECV",
  "ESTABLISHED",
  "FIN_WAIT1",
  "FIN_WAIT2",
  "CLOSE_WAIT",
  "CLOSING",
  "LAST_ACK",
  "TIME_WAIT",
];

for (const state of states) {
  test(`segments in ${state}`, () => {
    const got = Object.keys(segments).map((name) => [name, attempt(state, name)]);
    assert.deepEqual(Object.fromEntries(got), table[state]);
  });
}
