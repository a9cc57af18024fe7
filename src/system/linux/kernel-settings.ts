import { readFileSync } from "node:fs";

// Settings of the kernel and of this process, from proc(5).

/** A setting by name, such as `net.core.somaxconn`; undefined if the kernel has no such setting. */
export function setting(name: string): string | undefined {
  return text(`/proc/sys/${name.replaceAll(".", "/")}`)?.trim();
}

/** A setting that is a number. */
export function numericSetting(name: string): number | undefined {
  const value = setting(name);
  return value === undefined ? undefined : Number(value);
}

/** net.ipv4.ip_local_port_range, from which the system chooses ports: first and last. */
export function ephemeralRange(): { readonly first: number; readonly last: number } {
  const [, first = 32_768, last = 60_999] =
    /^(\d+)\s+(\d+)$/.exec(setting("net.ipv4.ip_local_port_range") ?? "") ?? [];
  return { first: Number(first), last: Number(last) };
}

/**
 * Whether a port is in net.ipv4.ip_local_reserved_ports, from which the system does not choose:
 * `"8080,9000-9010"`.
 */
export function reservedPorts(): (port: number) => boolean {
  const ranges = (setting("net.ipv4.ip_local_reserved_ports") ?? "")
    .split(",")
    .filter((part) => part !== "")
    .map((part) => part.split("-").map(Number));
  return (port) => ranges.some(([first = 0, last = first]) => port >= first && port <= last);
}

/** CAP_NET_BIND_SERVICE, include/uapi/linux/capability.h. */
const CAP_NET_BIND_SERVICE = 10n;

/** Whether this process may bind to every port. */
export function mayBindPrivilegedPorts(): boolean {
  const [, effective] = /^CapEff:\s*([\da-f]+)/m.exec(text("/proc/self/status") ?? "") ?? [];
  // Without /proc, root most likely has it.
  if (effective === undefined) return process.geteuid?.() === 0;
  return (BigInt(`0x${effective}`) & (1n << CAP_NET_BIND_SERVICE)) !== 0n;
}

/**
 * Since Linux 6.8, the kernel lists sockets that are bound without listening (TCPF_BOUND_INACTIVE
 * in inet_diag_dump_icsk).
 */
export function tellsBoundSockets(): boolean {
  const [major = 0, minor = 0] = (text("/proc/sys/kernel/osrelease") ?? "").split(".").map(Number);
  return major > 6 || (major === 6 && minor >= 8);
}

export function text(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
