// Where our engines may differ from node:net, and why.
import type { Divergence } from "./compare.ts";

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

/** Whether a program reads on demand; only programs of accepted connections have handlers. */
const asks = ({ program }: Divergence): boolean =>
  program.setting.face === "pull" ||
  (program.setting.face === "handlers" && program.setting.role === "connecting");

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
        // A write() fails immediately, and read() returns what has arrived.
        (asks(divergence) || !/failed (data|end)/.test(found.events))
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
        // An end() fails immediately, and read() returns what has arrived, and the end.
        (asks(divergence) &&
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
    why: "node:net loses data that the peer sent before it closed; we deliver it",
    covers: ({ what, found }) => what === "lostFromPeer" && found.lostFromPeer === 0,
  },
  {
    why: "a net.Socket that will end with its peer drops data written just then; we send it",
    covers: ({ program, what, found }) =>
      what === "lostFromSubject" && program.setting.face === "duplex" && found.lostFromSubject === 0,
  },
  {
    why: "libuv mistakes a reset that came with the last bytes for the end (uv__stream_io, POLLHUP after a partial read)",
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
    why: "uring receives the end of a unix socket before the peer closes it; node:net, which receives later, gets ECONNRESET instead",
    covers: (divergence) => {
      const { program, engine, what, expected, found } = divergence;
      return (
        engine === "uring" &&
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
    why: "a Connection receives one piece ahead, or the end, so it may close before a paused program reads the end",
    covers: (divergence) =>
      divergence.what === "events" &&
      asks(divergence) &&
      divergence.program.steps.some(({ action }) => action.do === "pause") &&
      divergence.expected.events.replace(/end /, "") === divergence.found.events,
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
