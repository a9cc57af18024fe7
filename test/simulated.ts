import assert from "node:assert/strict";
import childProcess from "node:child_process";
import { syncBuiltinESMExports } from "node:module";
import workers from "node:worker_threads";
import { currentSystem } from "../src/system/current.ts";
import type { Calls, System } from "../src/system/system.ts";

/**
 * Whether the tables run on a simulated host instead of this machine's kernel: in the column
 * "Simulated" of the matrix.
 */
export const onSimulatedHosts: boolean = process.env.BERKELEY_SIMULATED === "1";

/**
 * Runs a row on a host of its own. It fails if it never calls the host, or starts a program, which
 * would run on this machine.
 */
export async function runSimulated(row: () => void | Promise<void>): Promise<void> {
  const { simulate } = await import("../src/simulated/index.ts");
  const programs = refusePrograms();
  try {
    await simulate({ seed: 1 }, async (network) => {
      const here = network.host("here", { addresses: ["10.0.0.1", "fd00::1"] });
      await here.run(async () => {
        const calls = countCalls(currentSystem());
        await row();
        assert.ok(calls.count > 0, "the row never called the simulated host");
      });
    });
  } finally {
    programs.restore();
  }
  if (programs.refused !== undefined) throw programs.refused;
}

/** Calls that a row makes itself, unlike those of its clean-up. */
const counted: readonly (keyof Calls)[] = ["socket", "socketpair", "poll", "getsockopt", "identity"];

function countCalls(system: System): { count: number } {
  const calls = { count: 0 };
  for (const name of counted) {
    const call = system[name];
    Reflect.set(system, name, (...args: never[]) => {
      calls.count += 1;
      return Reflect.apply(call, system, args);
    });
  }
  return calls;
}

/** Lets nothing start a program or a thread. */
function refusePrograms() {
  const state: { refused: Error | undefined; restore(): void } = { refused: undefined, restore };
  const before: (() => void)[] = [];
  function refuse(): never {
    state.refused ??= new Error("a program that a row starts does not run on the simulated host");
    throw state.refused;
  }
  for (const name of [
    "exec",
    "execFile",
    "execFileSync",
    "execSync",
    "fork",
    "spawn",
    "spawnSync",
  ] as const) {
    const real = childProcess[name];
    before.push(() => Reflect.set(childProcess, name, real));
    Reflect.set(childProcess, name, refuse);
  }
  const { Worker } = workers;
  before.push(() => Reflect.set(workers, "Worker", Worker));
  Reflect.set(workers, "Worker", refuse);
  syncBuiltinESMExports();
  function restore() {
    for (const undo of before) undo();
    syncBuiltinESMExports();
  }
  return state;
}
