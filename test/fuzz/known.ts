// Where our engines may differ from node:net, and why.
import type { Divergence } from "./compare.ts";

interface Exception {
  readonly why: string;
  covers(divergence: Divergence): boolean;
}

/** Whether the peer does one of these in the program. */
const peerDoes = ({ program }: Divergence, ...actions: readonly string[]): boolean =>
  program.steps.some(({ action }) => actions.includes(action.do));

/** Without what was received before the failure. */
const fromFailureOn = (events: string): string => events.replace(/^.*(?=failed)/, "");

const exceptions: readonly Exception[] = [
  {
    why: "node:net destroys a socket whose write fails, with what it had not read yet; we deliver that first",
    covers: ({ what, expected, found }) =>
      (what === "lostFromPeer" || what === "events") &&
      expected.failure === "lost" &&
      found.failure === "lost" &&
      found.lostFromPeer === 0 &&
      fromFailureOn(expected.events) === fromFailureOn(found.events),
  },
  {
    why: "libuv takes a reset that came with the last bytes for the end (uv__stream_io, POLLHUP after a partial read)",
    covers: (divergence) => {
      const { what, expected, found } = divergence;
      return (
        (what === "failure" || what === "events") &&
        peerDoes(divergence, "peer resets", "peer closes") &&
        expected.failure === "none" &&
        found.failure === "lost" &&
        expected.events.replace("end", "failed") === found.events
      );
    },
  },
  {
    why: "uring receives the end of a unix socket before the peer closes it; node:net, which receives later, is told ECONNRESET in its place",
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
        expected.events.replace("failed", "end") === found.events
      );
    },
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
    covers: ({ what, expected, found }) =>
      what !== "corrupt" && what !== "keptChanged" && expected.stalled !== "no" && found.stalled === "no",
  },
];

/** The reason for a difference; undefined where there is none. */
export function exceptionFor(divergence: Divergence): string | undefined {
  return exceptions.find((exception) => exception.covers(divergence))?.why;
}
