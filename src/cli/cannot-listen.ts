import { SocketAddress } from "node:net";
import { networkInterfaces } from "node:os";
import { dirname } from "node:path";
import { localhostAddresses } from "../address/localhost.ts";
import { explain } from "../diagnose/explain.ts";
import { shellWord } from "../diagnose/printable.ts";
import { SocketError } from "../errors/socket-error.ts";
import { bracketsMeant, type ListenAddress } from "./endpoint.ts";
import { formatPath } from "./format.ts";
import { UsageError } from "./usage-error.ts";

/** Turns a failure to listen into a UsageError. */
export function cannotListen(error: unknown, address: ListenAddress): UsageError {
  const { message, command } = why(error, failedAddress(error, address));
  return new UsageError(message, { cause: error, command });
}

/** For localhost, the error says which of the two addresses failed. */
function failedAddress(error: unknown, address: ListenAddress): ListenAddress {
  if (!(error instanceof SocketError) || !("port" in address)) return address;
  const failed = localhostAddresses.find((each) => each.address === error.address);
  return failed === undefined ? address : { ...failed, port: address.port };
}

/** A message, and a command that helps. */
type Why = Pick<UsageError, "message" | "command">;

/** Explains why listening failed, and what to do. */
function why(error: unknown, address: ListenAddress): Why {
  const endpoint = endpointOf(address);
  if (error instanceof SocketError && error.name === "AddressInUse") {
    if ("path" in address) return whyPathInUse(error, address.path, endpoint);
    if (address.port !== 0) return whoHasIt(error, endpoint, "port");
  }
  return { message: reason(error, address, endpoint), command: undefined };
}

function reason(error: unknown, address: ListenAddress, endpoint: string): string {
  if (!(error instanceof SocketError)) {
    return `Cannot listen on ${endpoint}: ${error instanceof Error ? error.message : String(error)}.`;
  }
  if (error.name === "AccessDenied" && "port" in address) {
    return (
      `Port ${address.port} is privileged (below net.ipv4.ip_unprivileged_port_start, usually ` +
      "1024). Choose a higher port, run as root, or grant CAP_NET_BIND_SERVICE."
    );
  }
  if (error.name === "AccessDenied" && "path" in address) {
    return `This user may not write or search ${dirname(endpoint)}. Choose a path in another directory.`;
  }
  if (error.name === "AddressNotAvailable" && "port" in address) {
    return `${address.address} is not an address of this machine${portMeant(address)}.`;
  }
  if (error.code === "EINVAL" && "port" in address && isLinkLocal(address.address)) {
    const scoped = { ...address, address: `${address.address}%${interfaceOf(address.address) ?? "eth0"}` };
    return (
      `The link-local address ${address.address} needs the name of its interface; write ` +
      `${endpointOf(scoped)}.`
    );
  }
  if (error.name === "FileNotFound" && "path" in address)
    return `Cannot listen on ${endpoint}: the directory ${dirname(endpoint)} does not exist.`;
  return `Cannot listen on ${endpoint}: ${error.message}`;
}

/** Names the holder, unless it is gone by now, and says what to do. */
function whoHasIt(error: SocketError, endpoint: string, what: "port" | "name" | "path"): Why {
  const { verdict, message, advice } = explain(error);
  const state = verdict === "taken" ? message : "in use by another socket";
  // The holder may be unknown, or no process at all (TIME_WAIT).
  const command = advice.find((each) => each.command?.startsWith("berkeley free"))?.command;
  const stop = command === undefined ? "." : ", or stop its holder:";
  return { message: `${endpoint} is ${state}. Choose another ${what}${stop}`, command };
}

/** The endpoint as the user wrote it, or should have. */
function endpointOf(address: ListenAddress): string {
  if ("path" in address) return formatPath(address.path);
  if (address.port === 0) return address.address;
  return address.family === "ipv6"
    ? `[${address.address}]:${address.port}`
    : `${address.address}:${address.port}`;
}

/** `::1:80` is itself a valid address, but hardly meant as one. */
function portMeant({ address, port }: { readonly address: string; readonly port: number }): string {
  const meant = port === 0 ? bracketsMeant(address) : undefined;
  if (meant === undefined) return "";
  const [host, its] = [meant.slice(1, meant.lastIndexOf("]")), meant.slice(meant.lastIndexOf(":") + 1)];
  return `; for port ${its} of ${host} write ${meant}`;
}

/** Whether this is an address in fe80::/10 without an interface. */
const isLinkLocal = (address: string) => /^fe[89ab][\da-f]:[^%]*$/i.test(address);

/** The interface of this machine that has the address. */
function interfaceOf(address: string): string | undefined {
  const { address: canonical } = new SocketAddress({ family: "ipv6", address });
  return Object.entries(networkInterfaces()).find(([, its]) =>
    its?.some((one) => one.address === canonical),
  )?.[0];
}

function whyPathInUse(error: SocketError, path: string | Uint8Array, endpoint: string): Why {
  if (endpoint.startsWith("@")) return whoHasIt(error, endpoint, "name");
  const [cause] = explain({ family: "unix", path }).causes;
  switch (cause?.kind) {
    case "not-a-socket":
      return { message: `${endpoint} exists and is not a socket. Choose another path.`, command: undefined };
    case "stale-path":
      return {
        message: `${endpoint} exists, but nothing listens on it. Remove it, and try again:`,
        command: `rm ${shellWord(endpoint)}`,
      };
    default:
      return whoHasIt(error, endpoint, "path");
  }
}
