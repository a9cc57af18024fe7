import type { IpAddressInput, UnixAddress } from "../address/address.ts";
import { isIP, isIPv6 } from "../address/is-ip.ts";
import { isLocalhost, localhostAddresses } from "../address/localhost.ts";
import { UsageError } from "./usage-error.ts";

/** An address that the commands can listen on. */
export type ListenAddress = IpAddressInput | UnixAddress;

/** An endpoint as the user wrote it; the host may be a name. */
export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

/** By default a port is not open to the network; 0.0.0.0 and [::] make it so. */
const DEFAULT_HOST = "127.0.0.1";

/**
 * Parses `[[host:]port]`: `3000`, `:3000`, `localhost:3000`, `127.0.0.1:3000`, `[::1]:3000`. The
 * default port is 0, which stands for a free one.
 */
export function parseHostAndPort(text: string | undefined, defaultHost = DEFAULT_HOST): HostAndPort {
  if (text === undefined) return { host: defaultHost, port: 0 };
  if (isIP(text) !== 0) return { host: text, port: 0 };
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(text);
  if (bracketed !== null) {
    const [, host = "", port] = bracketed;
    if (!isIPv6(host)) throw new UsageError(`"${host}" in brackets is not an IPv6 address.`);
    return { host, port: port === undefined ? 0 : parsePort(port) };
  }
  const colon = text.lastIndexOf(":");
  const host = text.slice(0, Math.max(0, colon));
  if (host.includes(":")) {
    const meant = bracketsMeant(text);
    throw new UsageError(
      `"${text}" is not host:port; an IPv6 address goes in brackets, as in ${meant ?? "[::1]:3000"}.`,
    );
  }
  if (colon === -1 && !/^[-+.\d]/.test(text)) {
    throw new UsageError(whyNoPort(text));
  }
  return { host: host === "" ? defaultHost : host, port: parsePort(text.slice(colon + 1)) };
}

/** Parses `[[host:]port]` for a command that needs a port other than 0. */
export function parseEndpoint(text: string | undefined, defaultHost: string): HostAndPort {
  const asked = parseHostAndPort(text, defaultHost);
  if (asked.port !== 0) return asked;
  throw new UsageError(whyNoRealPort(text ?? ""));
}

function whyNoRealPort(text: string): string {
  const meant = bracketsMeant(text);
  if (meant !== undefined) return `The port is missing: "${text}" is itself an IPv6 address; write ${meant}.`;
  if (text === "") return "The port is missing; a port is a whole number from 1 to 65535.";
  const address = text.replace(/^\[(.*)\]$/, "$1");
  if (isIPv6(address)) return `The port is missing; write it after the address, as in [${address}]:3000.`;
  if (isIP(address) !== 0) return `The port is missing; write it after the address, as in ${address}:3000.`;
  return "Port 0 stands for any free port; name one from 1 to 65535.";
}

/**
 * Returns `[::1]:8080` for `::1:8080`, which is itself a valid address but hardly meant as one;
 * undefined if the text does not end like a port.
 */
export function bracketsMeant(text: string): string | undefined {
  const [, host = "", port = ""] = /^(.*):(\d{1,5})$/.exec(text) ?? [];
  if (Number(port) > 65535) return undefined;
  if (isIPv6(host)) return `[${host}]:${port}`;
  // A single digit is more likely part of the address, as in ::1.
  return port.length > 1 && host.endsWith(":") && isIPv6(`${host}:`) ? `[${host}:]:${port}` : undefined;
}

/** Explains what is wrong with an argument that may be intended as a host or as a command. */
function whyNoPort(text: string): string {
  if (text === "") return emptyPort;
  if (commands.includes(text)) return `"${text}" is not a port; a command comes first, before its options.`;
  if (text.includes(".") || text === "localhost") {
    return `"${text}" is not a port; a host needs one after it, as in ${text}:3000.`;
  }
  return (
    `"${text}" is neither a port nor a command (${commands.join(", ")}); a host needs a port after ` +
    "it, as in localhost:3000."
  );
}

/** The commands; any other first argument is parsed as a port. */
export const commands: readonly string[] = [
  "listen",
  "ports",
  "why",
  "wait",
  "free",
  "hold",
  "proxy",
  "help",
];

const emptyPort = "The port is empty; a port is a whole number from 0 (a free one) to 65535.";

function parsePort(text: string): number {
  if (text === "") throw new UsageError(emptyPort);
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65535) {
    throw new UsageError(`"${text}" is not a port; a port is a whole number from 0 (a free one) to 65535.`);
  }
  return port;
}

/** Parses a backlog: a whole number that fits a C int. */
export function parseBacklog(text: string): number {
  const backlog = Number(text);
  if (!/^\d+$/.test(text) || backlog > 0x7fffffff) {
    throw new UsageError(`"${text}" is not a backlog; a backlog is a whole number from 0 to 2147483647.`);
  }
  return backlog;
}

/** Parses the path of a unix socket; `@name` is in Linux's abstract namespace. */
export function parseUnixPath(text: string): UnixAddress {
  if (text === "" || text === "@") {
    throw new UsageError("--unix needs a path, or @name for the abstract namespace.");
  }
  return { family: "unix", path: text.startsWith("@") ? `\0${text.slice(1)}` : text };
}

/** Resolves the host with the system's resolver, and takes its first address. */
export async function resolve({ host, port }: HostAndPort): Promise<IpAddressInput> {
  if (isLocalhost(host)) return { ...localhostAddresses[0], port };
  const family = isIP(host);
  if (family !== 0) return { family: family === 6 ? "ipv6" : "ipv4", address: host, port };
  try {
    const { lookup } = await import("node:dns/promises");
    const found = await lookup(host);
    return { family: found.family === 6 ? "ipv6" : "ipv4", address: found.address, port };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? ` (${error.code})` : "";
    throw new UsageError(`The host "${host}" cannot be found${code}.`);
  }
}
