import assert from "node:assert/strict";
import type { Host } from "../src/simulated/index.ts";
import { currentSystem } from "../src/system/current.ts";
import type { Calls, System } from "../src/system/system.ts";
import { simulateMachine } from "./simulated-machine.ts";

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
  const surroundings = simulateMachine(() => rowHost, openFile);
  try {
    await simulate({ seed: 1 }, async (network) => {
      const here = network.host("here", { addresses: ["10.0.0.1", "fd00::1"], pid: process.pid });
      rowHost = here;
      await here.run(async () => {
        const calls = countCalls(currentSystem());
        rowCalls = calls;
        await row();
        assert.ok(calls.count > 0, "the row never called the simulated host");
        assert.deepEqual(rowDescriptors(), [], "descriptors of the host were left open");
      });
    });
  } finally {
    rowHost = undefined;
    surroundings.restore();
  }
  if (surroundings.refused !== undefined) throw surroundings.refused;
}

/** The host of the row that runs, and how often it was called. */
let rowHost: Host | undefined;
let rowCalls: { count: number } | undefined;

/** Makes a folder of this machine one of the simulated host's, too, for unix sockets. */
export function makeSimulatedFolder(path: string): void {
  rowHost?.kernel.files.makeDirectory(path);
}

/** The sockets that the host of the row has open; undefined outside of a row. */
export const rowDescriptors = (): string[] | undefined =>
  rowHost &&
  [...rowHost.kernel.openDescriptors()]
    .filter(({ kind }) => kind === "socket")
    .map(({ fd, inode }) => `${fd} socket:[${inode}]`);

/** A descriptor of the simulated host that is no socket: a readiness queue's. */
function openFile(): number {
  if (rowCalls !== undefined) rowCalls.count += 1;
  const queue = rowHost?.kernel.openReadinessQueue(() => {});
  assert.ok(typeof queue === "object", "a queue can be opened");
  return queue.fd;
}

/** Calls that a row makes itself, unlike those of its clean-up. */
const counted: readonly (keyof Calls)[] = [
  ...(["socket", "socketpair", "poll", "getsockopt", "identity"] as const),
  ...(["getaddrinfo", "getnameinfo", "getprotobyname", "getservbyname"] as const),
  ...(["if_indextoname", "if_nameindex", "if_nametoindex"] as const),
];

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
