import { readFileSync } from "node:fs";
import type { LinuxRelease } from "../../src/simulated/host/linux-release.ts";
import { runScript } from "./interpreter.ts";
import { parseScript } from "./parse-script.ts";
import type { Script } from "./script.ts";
import { settingsOf } from "./settings.ts";
import { type Settings, type Target, Unsupported } from "./target.ts";
import { ScriptError } from "./tokens.ts";

/** Exit statuses: the script failed, and it could not be run here. */
export const FAILED = 1;
export const UNSUPPORTED = 3;

/** How a script went, and what to print about it. */
export interface Outcome {
  readonly status: number;
  readonly text: string;
}

/** Runs the script of a file, on a simulated host as each of some releases until it passes. */
export async function runFile(
  path: string,
  on: Target["name"],
  releases: readonly LinuxRelease[] = [TODAY],
): Promise<Outcome> {
  const [first = TODAY, ...earlier] = releases;
  const outcome = await runOn(path, on, first);
  if (on === "kernel" || outcome.status !== FAILED) return outcome;
  for (const release of earlier) {
    const { status } = await runOn(path, on, release);
    if (status === 0) return { status, text: `ok   ${path} (simulated, as Linux ${release})` };
  }
  return outcome;
}

const TODAY: LinuxRelease = "6.18";

async function runOn(path: string, on: Target["name"], release: LinuxRelease): Promise<Outcome> {
  let target: Target | undefined;
  try {
    const script = parseScript(path, readFileSync(path, "utf8"));
    target = await open(script, on, release);
    const settings = settingsOf(script);
    if (on === "kernel") warmUp(target, settings, blocks(script));
    runScript(script, settings, target);
    return { status: 0, text: `ok   ${path} (${on})` };
  } catch (error) {
    if (error instanceof ScriptError) {
      return { status: FAILED, text: `FAIL ${path}:${error.line}: ${error.message} (${on})` };
    }
    if (error instanceof Unsupported) {
      return { status: UNSUPPORTED, text: `SKIP ${path}: ${error.message} (${on})` };
    }
    const shown = error instanceof Error ? error.stack : error;
    return { status: FAILED, text: `FAIL ${path}: ${shown} (${on})` };
  } finally {
    target?.close();
  }
}

/**
 * Runs a short script, whenever its events happen: code runs slowly at first, which would delay the
 * first events of a script that is timed.
 */
function warmUp(target: Target, settings: Settings, blocking: boolean): void {
  const text = blocking ? WARM_UP.replace("+0 read(", "+0...0 read(") : WARM_UP;
  const script = parseScript("warm-up", text);
  for (let round = 0; round < 3; round += 1) {
    runScript(script, { ...settings, bindPort: 9, tolerance: Number.POSITIVE_INFINITY }, target);
  }
}

const WARM_UP = `
    0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
   +0 setsockopt(3, SOL_SOCKET, SO_REUSEADDR, [1], 4) = 0
   +0 bind(3, ..., ...) = 0
   +0 listen(3, 1) = 0
   +0 < S 0:0(0) win 32792 <mss 1000,sackOK,nop,nop,nop,wscale 7>
   +0 > S. 0:0(0) ack 1 <...>
   +0 < . 1:1(0) ack 1 win 257
   +0 accept(3, ..., ...) = 4
   +0 write(4, ..., 1000) = 1000
   +0 > P. 1:1001(1000) ack 1
   +0 < P. 1:1001(1000) ack 1001 win 257
   +0 > . 1001:1001(0) ack 1001
   +0 read(4, ..., 1000) = 1000
   +0 %{ assert tcpi_state == TCP_ESTABLISHED, tcpi_state }%
   +0 < R. 1001:1001(0) ack 1001 win 257
   +0 close(4) = 0
   +0 close(3) = 0`;

async function open(script: Script, on: Target["name"], release: LinuxRelease): Promise<Target> {
  const settings = settingsOf(script);
  if (on === "simulated") {
    const { SimulatedTarget } = await import("./simulated/simulated-target.ts");
    return new SimulatedTarget(settings, release);
  }
  const { KernelTarget } = await import("./kernel/kernel-target.ts");
  const { becomeRealTime } = await import("./kernel/real-time.ts");
  // Scripts time what the kernel does to a few milliseconds.
  becomeRealTime();
  return KernelTarget.open(settings, blocks(script));
}

const blocks = ({ events }: Script): boolean =>
  events.some(({ action }) => action.kind === "call" && action.returnsAt !== undefined);
