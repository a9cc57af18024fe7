import { provideMachine } from "./current.ts";
import { darwin } from "./darwin/darwin.ts";
import { freebsd } from "./freebsd/freebsd.ts";
import { linux } from "./linux/linux.ts";
import type { System } from "./system.ts";
import { windows } from "./windows/windows.ts";

/** Functions, because creating the Systems of other platforms would only waste memory. */
const systems: Readonly<Partial<Record<NodeJS.Platform, () => System>>> = {
  darwin,
  freebsd,
  linux: () => linux,
  win32: windows,
};

/**
 * This machine's System. Code that serves programs uses `currentSystem()` or the System of a socket
 * instead, which may be a simulated host's.
 */
export const host: System = hostSystem();
provideMachine(host);

function hostSystem(): System {
  const system = systems[process.platform];
  if (system !== undefined && (process.arch === "x64" || process.arch === "arm64")) return system();
  throw new Error(
    `berkeley: ${process.platform} on ${process.arch} is not supported; Linux, macOS, FreeBSD and ` +
      "Windows on x64 and arm64 are",
  );
}
