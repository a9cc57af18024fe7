// Runs one program on every implementation, and compares the outcomes.
import { enginesHere } from "../engine/engines-here.ts";
import { exceptionFor } from "./known.ts";
import { nodeImplementation } from "./node-subject.ts";
import { ownImplementation } from "./own-subject.ts";
import { asks, describe, type Program } from "./program.ts";
import { type Outcome, run } from "./run.ts";

const own = enginesHere.map(({ name }) => ownImplementation(name));

/** A difference between two implementations in one respect. */
export interface Divergence {
  readonly program: Program;
  readonly engine: string;
  readonly what: keyof Outcome;
  readonly expected: Outcome;
  readonly found: Outcome;
}

/** Runs it, and throws if one of our engines differs from node:net without a known reason. */
export async function compare(program: Program): Promise<void> {
  const expected = await run(program, nodeImplementation);
  for (const implementation of own) {
    const found = await run(program, implementation);
    const broken = brokenRule(program, found);
    if (broken !== undefined)
      throw new Error(report({ program, engine: implementation.name, what: broken, expected, found }));
    for (const what of differencesOf(expected, found)) {
      const divergence = { program, engine: implementation.name, what, expected, found };
      if (exceptionFor(divergence) === undefined) throw new Error(report(divergence));
    }
  }
}

/**
 * Results that programs must never get from ours, even if node:net has them, because it loses bytes
 * in places.
 */
function brokenRule({ setting }: Program, found: Outcome): keyof Outcome | undefined {
  if (found.corrupt) return "corrupt";
  if (found.keptChanged) return "keptChanged";
  if (found.lostFromPeer !== "any" && found.lostFromPeer > 0) return "lostFromPeer";
  if (found.lostFromSubject !== "any" && found.lostFromSubject > 0) return "lostFromSubject";
  const order = asks(setting)
    ? /^(data |failed )*(end )?(failed )?closed$/
    : /^(data )?(end )?(failed )?closed$/;
  return found.events === "any" || order.test(found.events) ? undefined : "events";
}

function differencesOf(expected: Outcome, found: Outcome): (keyof Outcome)[] {
  const names: readonly (keyof Outcome)[] = [
    "stalled",
    "corrupt",
    "keptChanged",
    "lostFromPeer",
    "lostFromSubject",
    "failure",
    "ending",
    "events",
  ];
  return names.filter(
    (name) => expected[name] !== found[name] && expected[name] !== "any" && found[name] !== "any",
  );
}

function report({ program, engine, what, expected, found }: Divergence): string {
  return [
    `${what} differs on ${engine}`,
    describe(program),
    `node:net: ${JSON.stringify(expected)}`,
    `${engine}: ${JSON.stringify(found)}`,
  ].join("\n");
}
