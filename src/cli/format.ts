import type { Address } from "../address/address.ts";
import { printable } from "../diagnose/printable.ts";

/** Formats an address for people: `127.0.0.1:3000`, `[::1]:3000`, a path, `@name`. */
export function formatAddress(address: Address): string {
  switch (address.family) {
    case "ipv4":
      return `${address.address}:${address.port}`;
    case "ipv6":
      return `[${address.address}${address.scopeId === 0 ? "" : `%${address.scopeId}`}]:${address.port}`;
    case "unix":
      // The peer chooses the name of its unix socket, so it must be escaped.
      return address.path.length === 0 ? "unnamed" : printable(formatPath(address.path));
    case "unspecified":
      return "unnamed";
    case "unknown":
      return `family ${address.number}`;
    case "alg":
    case "bluetooth":
    case "can":
    case "netlink":
    case "packet":
    case "qipcrtr":
    case "tipc":
    case "xdp":
    case "vsock":
      return address.family;
  }
}

/** The path of a unix socket; a name in the abstract namespace starts with @. */
export function formatPath(path: string | Uint8Array): string {
  const text = typeof path === "string" ? path : Buffer.from(path).toString();
  return text.startsWith("\0") ? `@${text.slice(1)}` : text;
}

export function formatBytes(bytes: number): string {
  return bytes === 1 ? "1 byte" : `${bytes} bytes`;
}

export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
