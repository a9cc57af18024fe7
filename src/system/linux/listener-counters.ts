import type { ListenerCounters } from "../host-tables.ts";
import { numericSetting, text } from "./kernel-settings.ts";

/** The TcpExt lines of /proc/net/netstat: one of names, one of numbers. */
function counters(): ReadonlyMap<string, number> | undefined {
  const lines = (text("/proc/net/netstat") ?? "").split("\n").filter((line) => line.startsWith("TcpExt:"));
  const [names, numbers] = lines.map((line) => line.split(" ").slice(1));
  if (names === undefined || numbers === undefined) return undefined;
  return new Map(names.map((name, index) => [name, Number(numbers[index])]));
}

/** Linux: SO_MEMINFO, /proc/net/netstat, and the settings of tcp(7). */
export const listenerCounters: ListenerCounters = {
  counters,
  somaxconn: () => numericSetting("net.core.somaxconn"),
  usesSynCookies: () => numericSetting("net.ipv4.tcp_syncookies") !== 0,
};
