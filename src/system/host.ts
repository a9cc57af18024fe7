import { linux } from "./linux/linux.ts";
import type { System } from "./system.ts";
import { windows } from "./windows/windows.ts";

/** The system that this process runs on. */
export const host: System = hostSystem();

function hostSystem(): System {
  if (process.platform === "linux" && (process.arch === "x64" || process.arch === "arm64")) return linux;
  if (process.platform === "win32" && (process.arch === "x64" || process.arch === "arm64")) return windows;
  throw new Error(
    `berkeley: ${process.platform} on ${process.arch} is not supported yet; Linux and Windows on x64 and arm64 are`,
  );
}
