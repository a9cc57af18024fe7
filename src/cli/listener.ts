import { lstatSync } from "node:fs";
import { isIPv6, SocketAddress } from "node:net";
import { networkInterfaces } from "node:os";
import { dirname } from "node:path";
import { SocketError } from "../errors/socket-error.ts";
import { SO } from "../options/so.ts";
import { bind } from "../posix/bind.ts";
import { tryClose } from "../posix/close.ts";
import { tryConnect } from "../posix/connect.ts";
import { AF, SOCK } from "../posix/constants.ts";
import { listen } from "../posix/listen.ts";
import type { Socket } from "../posix/owned-socket.ts";
import { setsockopt } from "../posix/setsockopt.ts";
import { socket } from "../posix/socket.ts";
import type { ListenAddress } from "./endpoint.ts";
import { formatPath, shellWord } from "./format.ts";
import { UsageError } from "./usage-error.ts";

/** Makes a non-blocking socket that listens. What prevents it is told as a UsageError. */
export function openListener(address: ListenAddress, backlog: number): Socket {
  let listener: Socket | undefined;
  try {
    listener = socket(familyOf(address), SOCK.STREAM, 0, { nonblocking: true });
    if (!("path" in address)) setsockopt(listener, SO.REUSEADDR, true);
    bind(listener, address);
    listen(listener, backlog);
    return listener;
  } catch (error) {
    if (listener !== undefined) tryClose(listener);
    throw new UsageError(why(error, address), { cause: error });
  }
}

function familyOf(address: ListenAddress): number {
  if (address.family === "unix") return AF.UNIX;
  return address.family === "ipv6" ? AF.INET6 : AF.INET;
}

/** One sentence on why it cannot listen, and what to do. */
function why(error: unknown, address: ListenAddress): string {
  const place = placeOf(address);
  if (!(error instanceof SocketError)) {
    return `Cannot listen on ${place}: ${error instanceof Error ? error.message : String(error)}.`;
  }
  if (error.name === "AddressInUse" && "path" in address) return whyPathInUse(address.path, place);
  if (error.name === "AddressInUse" && "port" in address && address.port !== 0) {
    return `${place} is in use by another socket: choose another port, or find its holder with \`ss -ltnp sport = :${address.port}\`.`;
  }
  if (error.name === "AccessDenied" && "port" in address) {
    return `Port ${address.port} needs a privilege: choose one from 1024 up (net.ipv4.ip_unprivileged_port_start), or run with CAP_NET_BIND_SERVICE.`;
  }
  if (error.name === "AccessDenied" && "path" in address) {
    return `${dirname(place)} may not be written or searched by this user: choose a path in another folder.`;
  }
  if (error.name === "AddressNotAvailable" && "port" in address) {
    return `${address.address} is not an address of this machine${portMeant(address)}.`;
  }
  if (error.code === "EINVAL" && "port" in address && isLinkLocal(address.address)) {
    const scoped = { ...address, address: `${address.address}%${interfaceOf(address.address) ?? "eth0"}` };
    return `The link-local address ${address.address} needs the name of its interface: write ${placeOf(scoped)}.`;
  }
  return `Cannot listen on ${place}: ${error.message}`;
}

/** As the user wrote it, or would have to. */
function placeOf(address: ListenAddress): string {
  if ("path" in address) return formatPath(address.path);
  if (address.port === 0) return address.address;
  return address.family === "ipv6"
    ? `[${address.address}]:${address.port}`
    : `${address.address}:${address.port}`;
}

/** `::1:80` is an address as a whole; it was hardly meant. */
function portMeant({ address, port }: { readonly address: string; readonly port: number }): string {
  const [, host = "", meant] = /^(.*):(\d+)$/.exec(address) ?? [];
  return port === 0 && isIPv6(host) ? `; for port ${meant} of ${host} write [${host}]:${meant}` : "";
}

/** Of fe80::/10, and without its interface. */
const isLinkLocal = (address: string) => /^fe[89ab][\da-f]:[^%]*$/i.test(address);

/** The interface of this machine that has the address. */
function interfaceOf(address: string): string | undefined {
  const { address: canonical } = new SocketAddress({ family: "ipv6", address });
  return Object.entries(networkInterfaces()).find(([, its]) =>
    its?.some((one) => one.address === canonical),
  )?.[0];
}

/**
 * A path that a killed program left behind is not removed: between another program's bind() and its listen(), a live one
 * looks the same.
 */
function whyPathInUse(path: string | Uint8Array, place: string): string {
  if (place.startsWith("@")) return `${place} is in use by another socket: choose another name.`;
  const isSocket = lstatSync(formatPath(path), { throwIfNoEntry: false })?.isSocket() ?? false;
  if (!isSocket) return `${place} exists, and is not a socket: choose another path.`;
  return hasListener(path)
    ? `${place} is in use by another socket: choose another path, or find its holder with \`ss -lxp\`.`
    : `${place} exists, but nobody listens on it: remove it with \`rm ${shellWord(place)}\` and try again.`;
}

/** Refused, nobody listens; connected, or refused because the queue is full (WouldBlock), somebody does. */
function hasListener(path: string | Uint8Array): boolean {
  const probe = socket(AF.UNIX, SOCK.STREAM, 0, { nonblocking: true });
  const result = tryConnect(probe, { family: "unix", path });
  tryClose(probe);
  return result.ok || result.error.name !== "ConnectionRefused";
}
