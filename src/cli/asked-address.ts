import { isLocalhost, localhostAddresses } from "../address/localhost.ts";
import { close } from "../posix/close.ts";
import { AF, SOCK } from "../posix/constants.ts";
import { trySocket } from "../posix/socket.ts";
import type { ListenAddress } from "./endpoint.ts";
import { parseEndpoint, parseUnixPath, resolve } from "./endpoint.ts";
import { UsageError } from "./usage-error.ts";

/** The arguments of a command: ports, or paths given with `--unix`. */
export interface Asked {
  readonly endpoints: readonly string[];
  readonly paths: readonly string[];
}

/** Checks that there are either ports or paths, not both. */
export function checkAsked({ endpoints: [endpoint], paths: [path] }: Asked): void {
  if (endpoint === undefined && path === undefined) {
    throw new UsageError("The port is missing; give one, such as 3000, or --unix and a path.");
  }
  if (endpoint !== undefined && path !== undefined) {
    throw new UsageError(`Give either a port ("${endpoint}") or --unix, not both.`);
  }
}

/** Collects the values of an option that may be repeated. */
export const collect = (word: string, before: readonly string[] = []): readonly string[] => [...before, word];

/**
 * Splits `[[host:]port...] [command...]` into ports and command. The command follows `--`, or else
 * starts at the first argument that does not look like a port. With --unix there are no ports.
 *
 * @param operands the arguments that are not options, without `--`
 * @param commandLine all arguments, to find `--`
 */
export function endpointsAndCommand(
  operands: readonly string[],
  paths: readonly string[],
  commandLine: readonly string[],
): readonly [places: readonly string[], command: readonly string[]] {
  const separator = commandLine.indexOf("--");
  const given = separator === -1 ? operands.length : operands.length - (commandLine.length - separator - 1);
  const before = operands.slice(0, Math.max(0, given));
  // The first one is always parsed as a port; the error message explains what a port looks like.
  const start = paths.length === 0 && before.length > 0 ? 1 : 0;
  const others = before.slice(start).findIndex((word) => !looksLikePort(word));
  const count = others === -1 ? before.length : start + others;
  const endpoints = operands.slice(0, count);
  checkAsked({ endpoints, paths });
  return [endpoints, operands.slice(count)];
}

/** Numbers, with or without a host before them, are ports: no command has such a name. */
const looksLikePort = (word: string) => /^([^/]*:)?\d+$/.test(word);

/**
 * The addresses of an endpoint: two for localhost, otherwise one. A port alone means every address,
 * IPv4 and IPv6, so that every holder is found.
 */
async function addressesOf(endpoint: string): Promise<readonly ListenAddress[]> {
  const asked = parseEndpoint(endpoint, "::");
  const { port } = asked;
  if (isLocalhost(asked.host)) return localhostAddresses.map((each) => ({ ...each, port }));
  if (asked.host !== "::") return [await resolve(asked)];
  return [hasIpv6() ? { family: "ipv6", address: "::", port } : { family: "ipv4", address: "0.0.0.0", port }];
}

/**
 * The addresses of each argument. All arguments are parsed before anything is done about the first.
 */
export async function askedAddresses(asked: Asked): Promise<readonly (readonly ListenAddress[])[]> {
  checkAsked(asked);
  if (asked.endpoints.length > 0) return Promise.all(asked.endpoints.map(addressesOf));
  return asked.paths.map((path) => [parseUnixPath(path)]);
}

/** Whether the kernel has IPv6. */
function hasIpv6(): boolean {
  const made = trySocket(AF.INET6, SOCK.STREAM);
  if (made.ok) close(made.value);
  return made.ok;
}
