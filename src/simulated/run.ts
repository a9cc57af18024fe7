import { argumentType, checkObject, invalidValue, kind } from "../errors/argument.ts";
import { isError } from "../errors/is-error.ts";
import { patchCalendar } from "./calendar.ts";
import { baseContext, beginFinding, currentScope, endFinding, runIn } from "./context.ts";
import { realNow, realSetTimeout } from "./driver.ts";
import { patchHttpDate } from "./http-date.ts";
import { patchNameServers } from "./name-servers.ts";
import { patchNames } from "./names.ts";
import type { NetworkOptions } from "./network/network.ts";
import { patchOs } from "./os.ts";
import { Patches } from "./patches.ts";
import { patchRandomness } from "./randomness.ts";
import { patchDatagrams } from "./real-datagrams.ts";
import { RealWork } from "./real-work.ts";
import { shrinkFaults } from "./shrink.ts";
import { SimulatedNetwork } from "./simulated-network.ts";
import { patchTimers } from "./timers.ts";

/** Options of `simulate()`. */
export interface SimulateOptions extends Partial<Omit<NetworkOptions, "bind">> {
  /** Whether the program's random numbers come from the seed too; true by default. */
  readonly random?: boolean;
  /**
   * How many timers and handlers may run one after the other without a packet before the simulation
   * counts as stuck; 100 000 by default.
   */
  readonly idleTimers?: number;
}

/** Options of `simulate.seeds()`. */
export interface SeedsOptions extends Omit<SimulateOptions, "seed" | "faults"> {
  /** How many seeds to run. */
  readonly count: number;
  /** The first seed; the others follow. 1 by default. */
  readonly first?: number;
  /**
   * How often to run a failed seed again to find the faults that matter, for at most half a minute;
   * 100 by default. 0 reports the failure unchanged.
   */
  readonly shrinkRuns?: number;
}

type Program<Value> = (network: SimulatedNetwork) => Value | Promise<Value>;

interface Simulate {
  /**
   * Runs a program on a simulated network, in virtual time, until its promise settles. Equal seeds
   * give equal runs on the same runtime.
   *
   * Meanwhile the timers, Date, performance, process.hrtime() and random numbers of code that the
   * program runs belong to the simulation; those of other code stay real.
   *
   * @returns what the program returns
   * @throws what the program throws, with the seed in its message; StuckError if it can never end
   * @example
   * ```ts
   * import { simulate } from "berkeley/simulated";
   * await simulate({ seed: 42 }, async (network) => {
   *   const server = network.host("server");
   *   const client = network.host("client");
   *   network.link(server, client, { latency: "20ms" });
   *   await server.listen({ port: 80 }, { data: (connection, bytes) => connection.write(bytes) });
   *   const connection = await client.connect({ host: "server", port: 80 });
   *   await connection.write("hello");
   *   const answer = await connection.read();
   *   console.log(`${Buffer.from(answer ?? [])} after ${network.time} ms`); // hello after 80 ms
   * });
   * ```
   */
  <Value>(options: SimulateOptions, program: Program<Value>): Promise<Value>;
  /**
   * Runs a program with many seeds, one after the other, and stops at the first that fails. It then
   * runs that seed without some of its faults (lost, duplicated, reordered and damaged packets;
   * partitions, holds, crashes and pauses) to find those that matter, and the message of the error
   * says how to repeat the run with these alone. The error is that of the first run.
   */
  seeds(options: SeedsOptions, program: Program<unknown>): Promise<void>;
}

/** The simulations that run at present: globals are patched as long as there is one. */
const running = new Set<SimulatedNetwork>();
let patches: Patches | undefined;
const work = new RealWork();

/**
 * An uncaught exception or unhandled rejection ends the simulation that it came from, or all of
 * them if that is unknown. Otherwise it would end the process.
 */
function uncaught(error: unknown): void {
  const scope = currentScope();
  const from = [...running].filter((network) => scope !== undefined && network.owns(scope));
  for (const { driver } of from.length > 0 ? from : running) driver.fail(error);
}

function begin(network: SimulatedNetwork): void {
  running.add(network);
  beginFinding();
  if (running.size > 1) return;
  globalThis.process?.on("uncaughtException", uncaught);
  globalThis.process?.on("unhandledRejection", uncaught);
  patches = new Patches();
  patchTimers(patches);
  patchCalendar(patches);
  patchHttpDate(patches);
  patchRandomness(patches);
  patchNames(patches);
  patchNameServers(patches);
  patchDatagrams(patches);
  patchOs(patches);
  work.begin(patches);
  patches.sync();
}

function end(network: SimulatedNetwork): void {
  network.end();
  running.delete(network);
  endFinding();
  if (running.size > 0) return;
  globalThis.process?.off("uncaughtException", uncaught);
  globalThis.process?.off("unhandledRejection", uncaught);
  patches?.restore();
  patches = undefined;
  work.end();
}

interface Failure {
  readonly error: unknown;
  readonly network: SimulatedNetwork;
}

async function simulateOnce<Value>(options: SimulateOptions, program: Program<Value>): Promise<Value> {
  const outcome = await run(options, program);
  if ("value" in outcome) return outcome.value;
  throw withNote(outcome.error, noteOf(outcome.network));
}

async function run<Value>(
  options: SimulateOptions,
  program: Program<Value>,
): Promise<{ readonly value: Value } | Failure> {
  checkObject("options", "{ seed?, random?, … }", options);
  if (typeof program !== "function") throw argumentType(`program must be a function, not ${kind(program)}`);
  const { seed = randomSeed(), random = true, idleTimers = 100_000, ...rest } = options;
  checkSeed(seed);
  const base = baseContext();
  await parserReady();
  const network = new SimulatedNetwork({ ...rest, seed, seedsRandom: random, idleTimers, work, base });
  begin(network);
  try {
    const begun = runIn(network.scope, async () => program(network));
    return { value: await network.driver.run(begun) };
  } catch (error) {
    return { error, network };
  } finally {
    end(network);
  }
}

/** Milliseconds of real time. */
const COMPILING = 200;
let isParserReady = false;

/**
 * undici compiles its parser when it is loaded, in threads that cannot be observed, and its first
 * request waits for that; meanwhile, virtual time would run on.
 */
async function parserReady(): Promise<void> {
  if (isParserReady || !(Symbol.for("undici.globalDispatcher.1") in globalThis)) return;
  isParserReady = true;
  await new Promise<void>((resolve) => void realSetTimeout(resolve, COMPILING));
}

/** A random seed. */
const randomSeed = (): number => Math.floor(Math.random() * 2 ** 32);

function checkSeed(seed: unknown): void {
  if (typeof seed !== "string" && !Number.isFinite(seed))
    throw argumentType(
      `seed must be a finite number or a string, not ${typeof seed === "number" ? seed : kind(seed)}`,
    );
}

/** Adds to an error's message how to repeat the run that it ended. */
function withNote(error: unknown, note: string): unknown {
  if (!isError(error)) return new Error(`${String(error)}\n${note}`, { cause: error });
  const { message, stack } = error;
  try {
    error.message = `${message}\n${note}`;
    if (stack?.includes(message)) error.stack = stack.replace(message, () => error.message);
  } catch {
    // A frozen error stays unchanged.
  }
  return error;
}

/** How to repeat the run, and what happened last. */
function noteOf({ seed, recent }: SimulatedNetwork, enough?: string): string {
  const text = JSON.stringify(seed);
  const repeat = [`(simulated with seed ${text}: simulate({ seed: ${text} }, …) repeats it)`, enough]
    .filter((line) => line !== undefined)
    .join("\n");
  return recent === "" ? repeat : `${repeat}\nThe last packets:\n${recent.trimEnd()}`;
}

async function seeds(options: SeedsOptions, program: Program<unknown>): Promise<void> {
  checkObject("options", "{ count, first?, … }", options);
  const { count, first = 1, shrinkRuns = 100, ...rest } = options;
  if (!Number.isInteger(count) || count < 1)
    throw invalidValue(`count must be a positive integer, not ${count}`);
  if (!Number.isInteger(shrinkRuns) || shrinkRuns < 0)
    throw invalidValue(`shrinkRuns must be an integer from 0 on, not ${shrinkRuns}`);
  for (let seed = first; seed < first + count; seed += 1) {
    const outcome = await run({ ...rest, seed }, program);
    if ("value" in outcome) continue;
    const enough = await enoughFaults(outcome, { ...rest, seed }, program, shrinkRuns);
    throw withNote(outcome.error, noteOf(outcome.network, enough));
  }
}

/** How long the search for the faults that matter may take, in milliseconds of real time. */
const SHRINKING = 30_000;

/** Describes which faults are enough for the failure; undefined if none can be omitted. */
async function enoughFaults(
  { error, network }: Failure,
  options: SimulateOptions,
  program: Program<unknown>,
  runs: number,
): Promise<string | undefined> {
  const { faults = [] } = network;
  if (faults.length === 0 || runs === 0) return undefined;
  const signature = signatureOf(error);
  const until = realNow() + SHRINKING;
  const enough = await shrinkFaults(
    faults,
    async (some) => {
      const outcome = await run({ ...options, faults: some }, program);
      return !("value" in outcome) && signatureOf(outcome.error) === signature;
    },
    { runs, expired: () => realNow() >= until },
  );
  const repeat = `simulate({ seed: ${JSON.stringify(network.seed)}, faults: ${JSON.stringify(enough)} }, …)`;
  return enough.length === 0
    ? `It fails without its ${faults.length} faults, too: ${repeat}`
    : `Of its ${faults.length} faults, ${enough.length} are enough: ${repeat}`;
}

/** A key that is equal for errors of the same failure; numbers in a message may differ. */
function signatureOf(error: unknown): string {
  if (!isError(error)) return String(error);
  const [line = ""] = error.message.split("\n");
  return [error.name, Reflect.get(error, "code"), line.replaceAll(/\d+/g, "#")].join(" ");
}

/** Runs programs on simulated hosts. */
export const simulate: Simulate = Object.assign(simulateOnce, { seeds });
