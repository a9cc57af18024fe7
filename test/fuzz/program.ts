// Random programs for one connection: the steps of the program under test and of its raw peer.
import fc from "fast-check";

/** The size of socket buffers. */
export type Buffers = "small" | "default" | "large";
const buffers: readonly Buffers[] = ["default", "small", "large"];

/** The circumstances of a connection, and how its program uses it. */
export interface Setting {
  readonly transport: "tcp" | "unix";
  /** Whether the program accepts the connection, or connects. */
  readonly role: "accepted" | "connecting";
  /**
   * Which of our interfaces it uses; node:net has one for all. A "plain duplex" is what
   * `toDuplex()` returns on Bun.
   */
  readonly face: "handlers" | "pull" | "duplex" | "plain duplex";
  /** The socket buffers of the program's end, and of the peer's. */
  readonly buffers: Buffers;
  readonly peerBuffers: Buffers;
  /** Whether the peer's first steps come before the program accepts. */
  readonly early: boolean;
}

/** Whether it asks for bytes; only the programs of accepted connections have handlers. */
export const asks = ({ face, role }: Setting): boolean =>
  face === "pull" || (face === "handlers" && role === "connecting");

/** Whether it is used as most programs use a net.Socket: its end follows the peer's. */
export const isDuplex = ({ face }: Setting): boolean => face === "duplex" || face === "plain duplex";

/** What the program does with the views or pieces that it receives; "pause" does so once. */
export type Use = "drop" | "echo" | "keep" | "transfer" | "pause";
const uses: readonly Use[] = ["drop", "echo", "keep", "transfer", "pause"];

/** The kind of object it writes; an "offset" is a part of a larger buffer. */
export type Kind = "plain" | "buffer" | "packet" | "offset";
const kinds: readonly Kind[] = ["plain", "buffer", "packet", "offset"];

export type Action =
  | { readonly do: "peer sends"; readonly size: number }
  | { readonly do: "peer passes a descriptor" }
  | { readonly do: "peer ends" | "peer closes" | "peer resets" }
  | { readonly do: "peer stops reading" | "peer reads" }
  | { readonly do: "write"; readonly size: number; readonly kind: Kind }
  | { readonly do: "use"; readonly use: Use }
  | { readonly do: "pause" | "resume" | "end" | "close" | "reset" | "destroy" };

/**
 * A step; unless it settles, the next follows in the same turn, as in a program that blocks the
 * event loop.
 */
export interface Step {
  readonly action: Action;
  readonly settles: boolean;
}

export interface Program {
  readonly setting: Setting;
  readonly steps: readonly Step[];
}

const faces: readonly Setting["face"][] = ["handlers", "pull", "duplex", "plain duplex"];

const setting: fc.Arbitrary<Setting> = fc.record({
  transport: fc.constantFrom("tcp", "unix"),
  role: fc.constantFrom("accepted", "connecting"),
  face: fc.constantFrom(...faces),
  buffers: fc.constantFrom(...buffers),
  peerBuffers: fc.constantFrom(...buffers),
  early: fc.boolean(),
});

/** Around the units in which our engines and the kernel count. */
const size = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 2000 }) },
  { weight: 2, arbitrary: fc.constantFrom(16_383, 16_384, 16_385, 65_535, 65_536, 65_537) },
  { weight: 2, arbitrary: fc.integer({ min: 2000, max: 300_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 300_000, max: 1_500_000 }) },
);

/** A program may also write nothing. */
const written = fc.oneof({ weight: 12, arbitrary: size }, { weight: 1, arbitrary: fc.constant(0) });

const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("peer sends"), size }) },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant("write"), size: written, kind: fc.constantFrom(...kinds) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("use"), use: fc.constantFrom(...uses) }) },
  {
    weight: 8,
    arbitrary: fc
      .constantFrom(
        "pause",
        "resume",
        "end",
        "close",
        "reset",
        "destroy",
        "peer ends",
        "peer closes",
        "peer resets",
        "peer stops reading",
        "peer reads",
        "peer passes a descriptor",
      )
      .map((what) => ({ do: what })),
  },
);

const step: fc.Arbitrary<Step> = fc.record({ action, settles: fc.boolean() });

/** Repeated steps give a program many small pieces. */
const steps: fc.Arbitrary<Step[]> = fc
  .array(fc.tuple(step, fc.oneof({ weight: 8, arbitrary: fc.constant(1) }, fc.constantFrom(5, 40))), {
    minLength: 1,
    maxLength: 10,
  })
  .map((pairs) => pairs.flatMap(([each, times]) => Array<Step>(isSmall(each) ? times : 1).fill(each)));

function isSmall({ action }: Step): boolean {
  if (action.do === "peer passes a descriptor") return true;
  return (action.do === "write" || action.do === "peer sends") && action.size <= 20_000;
}

const stepOf = (action: Action, settles: boolean): Step => ({ action, settles });

/**
 * A peer that sends and goes, while the program is paused or writes: where bytes are lost most
 * easily, and random steps seldom get.
 */
const lastBytes: fc.Arbitrary<Step[]> = fc
  .record({
    paused: fc.boolean(),
    sizes: fc.array(fc.record({ size, settles: fc.boolean() }), { minLength: 1, maxLength: 3 }),
    leaves: fc.constantFrom("peer ends", "peer closes", "peer resets"),
    gone: fc.boolean(),
    writes: fc.array(fc.boolean(), { maxLength: 3 }),
    rest: fc.array(step, { maxLength: 2 }),
  })
  .map(({ paused, sizes, leaves, gone, writes, rest }) => [
    ...(paused ? [stepOf({ do: "pause" }, true)] : []),
    ...sizes.map(({ size, settles }) => stepOf({ do: "peer sends", size }, settles)),
    stepOf({ do: leaves }, gone),
    ...writes.map((settles) => stepOf({ do: "write", size: 100, kind: "plain" }, settles)),
    ...rest,
  ]);

export const programs: fc.Arbitrary<Program> = fc.record({
  setting,
  steps: fc.oneof({ weight: 2, arbitrary: steps }, { weight: 1, arbitrary: lastBytes }),
});

/** A program on one line, for a report. */
export function describe({ setting, steps }: Program): string {
  const words = Object.values(setting).join(" ");
  const told = steps.map(({ action, settles }) => {
    const { do: what, ...details } = action;
    return [what, ...Object.values(details), ...(settles ? [] : ["(at once)"])].join(" ");
  });
  return `${words}: ${told.join("; ")}`;
}
