import { isLocalhost, localhostAddresses } from "../address/localhost.ts";
import { close } from "../posix/close.ts";
import { AF, SOCK } from "../posix/constants.ts";
import { trySocket } from "../posix/socket.ts";
import type { ListenAddress } from "./endpoint.ts";
import { parseHostAndPort, parseUnixPath, resolve } from "./endpoint.ts";
import { UsageError } from "./usage-error.ts";

/** What a command is asked about: a port or `--unix`, one of them. */
function checkOne(place: string | undefined, unix: string | undefined): void {
  if (place === undefined && unix === undefined) {
    throw new UsageError("Which one? Give a port, such as 3000, or --unix and a path.");
  }
  if (place !== undefined && unix !== undefined) {
    throw new UsageError(`Give either a port ("${place}") or --unix, not both.`);
  }
}

/** The place and the command of `[[host:]port] [command...]`: with --unix there is no port, and the first word is the command's. */
export function placeAndCommand(
  first: string | undefined,
  rest: readonly string[],
  unix: string | undefined,
): readonly [place: string | undefined, command: readonly string[]] {
  // No command is called by a number alone: it is the port that --unix stands for.
  const isPlace = unix === undefined || (first !== undefined && /^\d+$/.test(first));
  checkOne(isPlace ? first : undefined, unix);
  return isPlace ? [first, rest] : [undefined, first === undefined ? [] : [first, ...rest]];
}

/**
 * The addresses that a command is asked about: two of localhost, otherwise one. A port alone is that of every address, IPv4's and IPv6's, so that whoever has
 * any of them is found.
 */
export async function askedAddresses(
  place: string | undefined,
  unix: string | undefined,
): Promise<ListenAddress[]> {
  checkOne(place, unix);
  if (unix !== undefined) return [parseUnixPath(unix)];
  const asked = parseHostAndPort(place, "::");
  if (asked.port === 0)
    throw new UsageError("The port is missing; a port is a whole number from 1 to 65535.");
  const { port } = asked;
  if (isLocalhost(asked.host)) return localhostAddresses.map((each) => ({ ...each, port }));
  if (asked.host !== "::") return [await resolve(asked)];
  return [hasIpv6() ? { family: "ipv6", address: "::", port } : { family: "ipv4", address: "0.0.0.0", port }];
}

/** A kernel without IPv6 has no socket of it. */
function hasIpv6(): boolean {
  const made = trySocket(AF.INET6, SOCK.STREAM);
  if (made.ok) close(made.value);
  return made.ok;
}
