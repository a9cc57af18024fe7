// Where our engines may differ from node:net, and why.
import type { Divergence } from "./compare.ts";
import { type Action, asks, isDuplex } from "./program.ts";

interface Exception {
  readonly why: string;
  covers(divergence: Divergence): boolean;
}

/** Whether the peer does one of these in the program. */
const peerDoes = ({ program }: Divergence, ...actions: readonly string[]): boolean =>
  program.steps.some(({ action }) => actions.includes(action.do));

/** Whether two orders of events differ in one word only, or the kernel leaves the order open. */
const differs = (expected: string, found: string, from: string, to: string): boolean =>
  expected === "any" || found === "any" || expected.replace(from, to) === found;

/** Whether one action follows another in the same turn. */
const inOneTurn = ({ program }: Divergence, first: string, then: readonly string[]): boolean =>
  program.steps.some(({ action }, index) => {
    if (action.do !== first) return false;
    const others = program.steps.slice(index);
    const settled = others.findIndex(({ settles }) => settles);
    return others
      .slice(1, settled < 0 ? undefined : settled + 1)
      .some((step) => then.includes(step.action.do));
  });

/** Whether it writes in its last turn, in which it is resumed to end. */
const writesLast = ({ program }: Divergence): boolean =>
  program.steps.some(
    ({ action }, index) =>
      action.do === "write" && program.steps.slice(index).every(({ settles }) => !settles),
  );

/** Whether the program pauses, at once or in a handler. */
const pauses = (action: Action): boolean =>
  action.do === "pause" || (action.do === "use" && action.use === "pause");

/** With one "data" for data that comes in several pieces. */
const merged = (events: string): string => events.replace(/\b(data )+/g, "data ");

/** Without received data. */
const withoutReceived = (events: string): string => events.replace(/\b(data|end) /g, "");

const exceptions: readonly Exception[] = [
  {
    why: "node:net destroys a socket whose write fails, with unread data; we deliver that first",
    covers: (divergence) => {
      const { what, expected, found } = divergence;
      return (
        (what === "lostFromPeer" || what === "events") &&
        expected.failure === "lost" &&
        found.failure === "lost" &&
        found.lostFromPeer === 0 &&
        withoutReceived(expected.events) === withoutReceived(found.events) &&
        // A write() fails immediately, and read() returns the data that has arrived.
        (asks(divergence.program.setting) || !/failed (data|end)/.test(found.events))
      );
    },
  },
  {
    why: "end() of a connection that the peer has reset after its end fails; a net.Socket ignores that",
    covers: (divergence) => {
      const { program, what, expected, found } = divergence;
      const { transport } = program.setting;
      const inOrder =
        expected.events === "any" ||
        found.events === "any" ||
        expected.events.replace("end closed", "end failed closed") === found.events ||
        // An end() fails immediately, and read() returns the data that has arrived, then the end.
        (asks(divergence.program.setting) &&
          /end closed$/.test(expected.events) &&
          withoutReceived(found.events) === "failed closed");
      return (
        (what === "failure" || what === "events") &&
        transport === "tcp" &&
        peerDoes(divergence, "peer resets", "peer closes") &&
        expected.failure === "none" &&
        found.failure === "lost" &&
        inOrder
      );
    },
  },
  {
    why: "libuv takes POLLHUP after a short read for the end, though more waits (uv__stream_io)",
    covers: (divergence) => {
      const { program, what, expected, found } = divergence;
      // POLLHUP: both directions have ended. Short reads: descriptors part the bytes, or a piece
      // came just before.
      const hangsUp =
        peerDoes(divergence, "peer closes", "peer resets") ||
        isDuplex(program.setting) ||
        program.steps.some(({ action }) => action.do === "end");
      return (
        (what === "lostFromPeer" || what === "ending") &&
        hangsUp &&
        expected.lostFromPeer !== "any" &&
        expected.lostFromPeer > 0 &&
        found.lostFromPeer === 0 &&
        // It closes a unix socket in which bytes are left, which the kernel makes a reset.
        (what === "lostFromPeer" || (expected.ending === "reset" && found.ending === "end"))
      );
    },
  },
  {
    why:
      "libuv mistakes a reset that came with the last bytes for the end (uv__stream_io, " +
      "POLLHUP after a partial read)",
    covers: (divergence) => {
      const { what, expected, found } = divergence;
      return (
        (what === "failure" || what === "events") &&
        peerDoes(divergence, "peer resets", "peer closes") &&
        expected.failure === "none" &&
        found.failure === "lost" &&
        differs(expected.events, found.events, "end", "failed")
      );
    },
  },
  {
    why:
      "uring sends after the turn of the write(): a peer that closes in that turn is gone by then; " +
      "node:net sends in the call",
    covers: (divergence) => {
      const { engine, what, expected, found } = divergence;
      return (
        engine === "uring" &&
        (what === "failure" || what === "events") &&
        inOneTurn(divergence, "write", ["peer closes", "peer resets"]) &&
        expected.failure === "none" &&
        found.failure === "lost" &&
        (expected.events === found.events ||
          merged(expected.events) === merged(found.events.replace("failed ", "")) ||
          merged(expected.events.replace("end ", "")) === merged(found.events.replace("failed ", "")))
      );
    },
  },
  {
    why:
      "uring sends after the turn of the write(): it has received the end by then where the program " +
      "resumes in that turn; node:net sends in the call, and receives the peer's reset",
    covers: (divergence) => {
      const { program, engine, what, expected, found } = divergence;
      return (
        engine === "uring" &&
        program.setting.transport === "tcp" &&
        (what === "failure" || what === "events") &&
        (inOneTurn(divergence, "write", ["resume"]) || writesLast(divergence)) &&
        peerDoes(divergence, "peer closes") &&
        expected.failure === "lost" &&
        found.failure === "none" &&
        found.lostFromPeer === 0 &&
        differs(expected.events, found.events, "failed", "end")
      );
    },
  },
  {
    why:
      "we receive the end of a unix socket before the peer closes it; node:net, which receives later, " +
      "is told ECONNRESET in its place",
    covers: (divergence) => {
      const { program, engine, what, expected, found } = divergence;
      // Readiness receives as soon as it has accepted; uring also while the program is busy.
      const receivesSooner = engine === "uring" || program.setting.early;
      return (
        receivesSooner &&
        program.setting.transport === "unix" &&
        (what === "failure" || what === "events") &&
        peerDoes(divergence, "peer ends") &&
        peerDoes(divergence, "peer resets", "peer closes") &&
        expected.failure === "lost" &&
        found.failure === "none" &&
        differs(expected.events, found.events, "failed", "end")
      );
    },
  },
  {
    why:
      "a Connection receives one piece ahead, or the end, so it may close before a " +
      "paused program reads the end",
    covers: (divergence) =>
      divergence.what === "events" &&
      asks(divergence.program.setting) &&
      divergence.program.steps.some(({ action }) => pauses(action)) &&
      divergence.expected.events.replace(/end /, "") === divergence.found.events,
  },
  {
    why:
      "node:net makes the system call of an empty write, which fails once the peer " +
      "is gone; ours sends nothing",
    covers: (divergence) => {
      const { program, what, expected, found } = divergence;
      return (
        (what === "failure" || what === "events" || what === "lostFromPeer") &&
        (found.lostFromPeer === 0 || found.lostFromPeer === "any") &&
        program.steps.some(({ action }) => action.do === "write" && action.size === 0) &&
        peerDoes(divergence, "peer resets", "peer closes") &&
        expected.failure === "lost" &&
        found.failure === "none" &&
        withoutReceived(expected.events).replace("failed ", "") === withoutReceived(found.events)
      );
    },
  },
  {
    why: "node:net waits forever in this program, and we do not",
    covers: ({ what, expected, found }) =>
      what !== "corrupt" && what !== "keptChanged" && expected.stalled !== "no" && found.stalled === "no",
  },
];

/** The reason for a difference; undefined if there is none. */
export function exceptionFor(divergence: Divergence): string | undefined {
  return exceptions.find((exception) => exception.covers(divergence))?.why;
}
