import { readFileSync } from "node:fs";

/** net.core.somaxconn, which caps every backlog on Linux; undefined on other systems. */
export function somaxconn(): number | undefined {
  try {
    return Number(readFileSync("/proc/sys/net/core/somaxconn", "utf8"));
  } catch {
    return undefined;
  }
}
