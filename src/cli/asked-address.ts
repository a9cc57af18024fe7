import { isLocalhost, localhostAddresses } from "../address/localhost.ts";
import { close } from "../posix/close.ts";
import { AF, SOCK } from "../posix/constants.ts";
import { trySocket } from "../posix/socket.ts";
import type { ListenAddress } from "./endpoint.ts";
import { parseEndpoint, parseUnixPath, resolve } from "./endpoint.ts";
import { UsageError } from "./usage-error.ts";

/** What a command is asked about, as written: ports, or paths given with `--unix`. */
export interface Asked {
  readonly endpoints: readonly string[];
  readonly paths: readonly string[];
}

/** Ports or paths: some of one kind, and none of the other. */
export function checkAsked({ endpoints: [endpoint], paths: [path] }: Asked): void {
  if (endpoint === undefined && path === undefined) {
    throw new UsageError("Which one? Give a port, such as 3000, or --unix and a path.");
  }
  if (endpoint !== undefined && path !== undefined) {
    throw new UsageError(`Give either a port ("${endpoint}") or --unix, not both.`);
  }
}

/** For an option that may be repeated. */
export const collect = (word: string, before: readonly string[] = []): readonly string[] => [...before, word];

/**
 * The ports and the command of `[[host:]port...] [command...]`. What follows `--` is the command's;
 * without it, the first word that does not look like a port begins the command. With --unix there
 * are no ports.
 *
 * @param operands the words that are no options, without `--`
 * @param commandLine all the words, which tell where `--` was
 */
export function endpointsAndCommand(
  operands: readonly string[],
  paths: readonly string[],
  commandLine: readonly string[],
): readonly [places: readonly string[], command: readonly string[]] {
  const separator = commandLine.indexOf("--");
  const given = separator === -1 ? operands.length : operands.length - (commandLine.length - separator - 1);
  const before = operands.slice(0, Math.max(0, given));
  // The first is taken for a port whatever it looks like: the complaint about it says what a port
  // is.
  const start = paths.length === 0 && before.length > 0 ? 1 : 0;
  const others = before.slice(start).findIndex((word) => !looksLikePort(word));
  const count = others === -1 ? before.length : start + others;
  const endpoints = operands.slice(0, count);
  checkAsked({ endpoints, paths });
  return [endpoints, operands.slice(count)];
}

/** No command is called by a number alone, nor by one after a colon. */
const looksLikePort = (word: string) => /^([^/]*:)?\d+$/.test(word);

/**
 * The addresses of a place: two of localhost, otherwise one. A port alone is that of every address,
 * IPv4's and IPv6's, so that every holder of any of them is found.
 */
async function addressesOf(endpoint: string): Promise<readonly ListenAddress[]> {
  const asked = parseEndpoint(endpoint, "::");
  const { port } = asked;
  if (isLocalhost(asked.host)) return localhostAddresses.map((each) => ({ ...each, port }));
  if (asked.host !== "::") return [await resolve(asked)];
  return [hasIpv6() ? { family: "ipv6", address: "::", port } : { family: "ipv4", address: "0.0.0.0", port }];
}

/**
 * The addresses of each thing that is asked about; all are read before anything is done about the
 * first.
 */
export async function askedAddresses(asked: Asked): Promise<readonly (readonly ListenAddress[])[]> {
  checkAsked(asked);
  if (asked.endpoints.length > 0) return Promise.all(asked.endpoints.map(addressesOf));
  return asked.paths.map((path) => [parseUnixPath(path)]);
}

/** A kernel without IPv6 has no socket of it. */
function hasIpv6(): boolean {
  const made = trySocket(AF.INET6, SOCK.STREAM);
  if (made.ok) close(made.value);
  return made.ok;
}
