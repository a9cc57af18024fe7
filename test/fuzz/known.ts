// Where our engines may differ from node:net, and why.
import type { Divergence } from "./compare.ts";

interface Exception {
  readonly why: string;
  covers(divergence: Divergence): boolean;
}

/**
 * Faults of ours that are known and not fixed yet. Whoever fixes one removes its name here, and
 * nothing else.
 */
type Fault =
  | "busy end"
  | "subclasses"
  | "received before failure"
  | "duplex"
  | "transfer"
  | "end after reset";
const unfixed: readonly Fault[] = [
  "busy end",
  "subclasses",
  "received before failure",
  "duplex",
  "transfer",
  "end after reset",
];

/** Whether a fault is to be left out. FUZZ_ALL=1 leaves nothing out. */
export const isUnfixed = (fault: Fault): boolean =>
  process.env.FUZZ_ALL === undefined && unfixed.includes(fault);

const exceptions: readonly Exception[] = [
  {
    why: "node:net destroys a socket whose write fails, with what it had not read yet; we deliver that first",
    covers: ({ what, expected, found }) =>
      (what === "lostFromPeer" || what === "events") &&
      (expected.failure === "lost" || expected.lostFromPeer !== 0) &&
      found.lostFromPeer === 0,
  },
  {
    why: "a Connection receives one piece ahead, or the end, so that it may close before a paused program reads the end",
    covers: ({ program, what, expected, found }) =>
      what === "events" &&
      program.setting.face === "pull" &&
      program.steps.some(({ action }) => action.do === "pause") &&
      expected.events.replace(/end /, "") === found.events,
  },
  {
    why: "node:net waits for ever in this program, and we do not",
    covers: ({ expected, found }) => expected.stalled !== "no" && found.stalled === "no",
  },
  {
    why: "unfixed: uring loses the end or the reset behind many full buffers",
    covers: ({ engine, found }) =>
      isUnfixed("busy end") &&
      engine === "uring" &&
      (found.stalled === "end" || found.stalled === "failure" || found.stalled === "closed"),
  },
  {
    why: "unfixed: a write that fails drops what was received",
    covers: ({ program, found }) =>
      isUnfixed("received before failure") &&
      found.failure === "lost" &&
      program.steps.some(({ action }) => action.do === "peer closes" || action.do === "peer resets"),
  },
  {
    why: "unfixed: end() of a connection that the peer has reset fails with ENOTCONN, and leaves it open",
    covers: ({ program, found }) =>
      isUnfixed("end after reset") &&
      (found.failure === "ENOTCONN" || found.stalled === "closed") &&
      program.steps.some(({ action }) => action.do === "peer closes" || action.do === "peer resets"),
  },
];

/** The reason for a difference; undefined where there is none. */
export function exceptionFor(divergence: Divergence): string | undefined {
  return exceptions.find((exception) => exception.covers(divergence))?.why;
}
