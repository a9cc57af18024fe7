import { isLocalhost } from "../address/localhost.ts";
import { listenersFromEnvironment } from "../net/handoff/listeners-from-environment.ts";
import { takeOver } from "../net/handoff/take-over.ts";
import type { ListenOptions } from "../net/options/listen-options.ts";
import type { ProxyTarget } from "../net/proxy/proxy-options.ts";
import { type ListenAddress, parseEndpoint, parseHostAndPort, parseUnixPath, resolve } from "./endpoint.ts";
import { UsageError } from "./usage-error.ts";

/** Where a proxy listens: at an address, or on another process's sockets. */
export interface ListenSource {
  readonly address: ListenAddress;
  readonly listen: ListenOptions;
  readonly ready?: () => void;
}

/** The sockets of the process that is restarting. */
export async function handedSockets(): Promise<ListenSource> {
  const taken = await takeOver();
  return { address: unnamed, listen: { socket: taken }, ready: () => taken.ready() };
}

/** Sockets inherited from `berkeley hold` or similar. */
export function inheritedSockets(): ListenSource | undefined {
  const sockets = listenersFromEnvironment();
  return sockets.length === 0 ? undefined : { address: unnamed, listen: { socket: { sockets } } };
}

/** A placeholder for the address of an inherited socket, which cannot be reported as in use. */
const unnamed: ListenAddress = { family: "unix", path: "" };

export async function addressToListenOn(
  endpoint: string | undefined,
  unix: string | undefined,
): Promise<ListenSource> {
  if (unix !== undefined) {
    const address = parseUnixPath(unix);
    return { address, listen: { path: address.path } };
  }
  const { host, port } = parseHostAndPort(endpoint);
  const address = await resolve({ host, port });
  const listening = isLocalhost(host) || !("address" in address) ? host : address.address;
  return { address, listen: { host: listening, port } };
}

/** A target and its address. */
export interface ResolvedTarget {
  readonly to: ProxyTarget;
  readonly address: ListenAddress;
}

export async function targetsOf(
  endpoints: readonly string[],
  paths: readonly string[],
): Promise<ResolvedTarget[]> {
  if (endpoints.length + paths.length === 0)
    throw new UsageError(
      "The target is missing; give a port to connect to, as in `berkeley proxy 8080 3000`.",
    );
  const ports = endpoints.map(async (endpoint) => {
    const asked = parseEndpoint(endpoint, "localhost");
    // Resolve the name now, so that an unknown one is a single error rather than one per
    // connection.
    return { to: asked, address: await resolve(asked) };
  });
  const unix = paths.map((path) => {
    const address = parseUnixPath(path);
    return { to: { path: address.path }, address };
  });
  return [...(await Promise.all(ports)), ...unix];
}

/** A proxy to itself would open connections until descriptors run out. */
export function checkNotItself(address: ListenAddress, targets: readonly ResolvedTarget[]): void {
  for (const { address: target } of targets) {
    const isSame =
      "path" in address
        ? "path" in target && address.path === target.path && address.path !== ""
        : !("path" in target) && address.port === target.port && isHere(address.address, target.address);
    if (isSame) throw new UsageError("A proxy cannot be its own target; give the port of another server.");
  }
}

/**
 * Whether a socket on the first address would get connections to the second, judging by the
 * addresses.
 */
const isHere = (listening: string, target: string) =>
  listening === target || ((listening === "0.0.0.0" || listening === "::") && /^(127\.|::1$)/.test(target));
