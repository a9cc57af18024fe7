import assert from "node:assert/strict";
import childProcess from "node:child_process";
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import workers from "node:worker_threads";
import type { Host } from "../src/simulated/index.ts";
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
      rowHost = here;
      await here.run(async () => {
        const calls = countCalls(currentSystem());
        rowCalls = calls;
        await row();
        assert.ok(calls.count > 0, "the row never called the simulated host");
      });
    });
  } finally {
    rowHost = undefined;
    programs.restore();
  }
  if (programs.refused !== undefined) throw programs.refused;
}

/** The host of the row that runs, and how often it was called. */
let rowHost: Host | undefined;
let rowCalls: { count: number } | undefined;

/** Makes a folder of this machine one of the simulated host's, too, for unix sockets. */
export function makeSimulatedFolder(path: string): void {
  rowHost?.kernel.files.makeDirectory(path);
}

/** A descriptor of the simulated host that is no socket: a readiness queue's. */
function openFile(): number {
  if (rowCalls !== undefined) rowCalls.count += 1;
  const queue = rowHost?.kernel.openReadinessQueue(() => {});
  assert.ok(typeof queue === "object", "a queue can be opened");
  return queue.fd;
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

/** Lets nothing start a program or a thread, and opens files of the host. */
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
  const { closeSync, openSync } = fs;
  const files = new Set<number>();
  const { existsSync, mkdirSync, writeFileSync } = fs;
  before.push(() => Object.assign(fs, { closeSync, existsSync, mkdirSync, openSync, writeFileSync }));
  // The paths of unix sockets are the host's; what a row makes beside them is on both.
  fs.existsSync = (path) => existsSync(path) || rowHost?.kernel.files.find(`${path}`) !== undefined;
  Reflect.set(fs, "mkdirSync", (...args: unknown[]) => {
    makeSimulatedFolder(String(args[0]));
    return Reflect.apply(mkdirSync, fs, args);
  });
  fs.writeFileSync = (...args) => {
    writeFileSync(...args);
    if (typeof args[0] === "string") rowHost?.kernel.files.makeFile(args[0]);
  };
  // Rows open it for a descriptor that is no socket.
  fs.openSync = (...args) => {
    if (args[0] !== "/dev/null") return openSync(...args);
    const fd = openFile();
    files.add(fd);
    return fd;
  };
  fs.closeSync = (fd) => {
    if (files.delete(fd)) currentSystem().close(fd);
    else closeSync(fd);
  };
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
