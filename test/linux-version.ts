import { release } from "node:os";

const [major = 0, minor = 0] = process.platform === "linux" ? release().split(".").map(Number) : [];

/** Whether this is a Linux as new as that version, whose number is `[6, 5]` for Linux 6.5. */
export function isLinuxSince([wantedMajor, wantedMinor]: readonly [number, number]): boolean {
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}
