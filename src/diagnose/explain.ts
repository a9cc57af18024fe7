import type { AddressInput, Ipv4Address, Ipv6Address, UnixAddress } from "../address/address.ts";
import { decodeAddress, encodeAddress } from "../address/sockaddr.ts";
import { argumentType, invalidValue, kind } from "../errors/argument.ts";
import { isError } from "../errors/is-error.ts";
import type { BindErrorName } from "../posix/bind.ts";
import { host } from "../system/host.ts";
import { adviceForUser } from "./advice-for-user.ts";
import { explainPath } from "./explain-path.ts";
import { explainPort } from "./explain-port.ts";
import type { Cause, Explanation } from "./explanation.ts";
import { adviceOn, hostAndPort, messageOf, pathText } from "./messages.ts";
import { printable } from "./printable.ts";

/** Options of `explain()`. */
export interface ExplainOptions {
  /** TCP and UDP have ports of their own; TCP is the default. */
  readonly protocol?: "tcp" | "udp";
}

/**
 * Explains why an address cannot be bound or listened on: who holds it, and what to do. It reads
 * the system's tables and changes nothing.
 *
 * - Linux: sockets come from netlink's sock_diag, or from /proc/net without it; processes from
 *   /proc, as far as this user may inspect them. Since Linux 6.8, sock_diag also lists sockets that
 *   are bound without listening; otherwise the address is bound for a moment to find out whether it
 *   is free. Only this network namespace is visible.
 * - Windows: sockets and their processes come from GetExtendedTcpTable() and GetExtendedUdpTable(),
 *   which leave out TCP sockets that are bound without listening. Instead of command lines there
 *   are paths of programs. Only bind() detects excluded ranges and exclusive use, so the address is
 *   bound for a moment, without listening.
 * - macOS: written from its headers, not yet run. Sockets come from sysctl()'s lists of protocol
 *   control blocks, processes from libproc, which shows other users' only to root. The holders of
 *   unix sockets are unknown.
 * - FreeBSD: not supported yet; the verdict is `"unknown"`.
 *
 * @param about an address, or an error of `bind()` or `listen()`, ours or Node's, that has one
 * @param options `protocol`, if it is not TCP
 * @returns the explanation, typed and as text. An error's address may be free by now; the
 * explanation then says so
 * @throws TypeError if `about` is neither an IP or unix address nor an error that has one
 * @throws RangeError if a port or a path is out of range
 * @example
 * ```ts
 * import { explain } from "berkeley/diagnose";
 *
 * using server = socket(AF.INET, SOCK.STREAM);
 * listen(server, 16);
 * const { verdict, text } = explain(getsockname(server));
 * console.log(verdict); // taken
 * // 0.0.0.0:39117: held by node (pid 4121, user ana, "node server.js", …
 * if (verdict !== "taken") throw new Error(text);
 * ```
 * @see [Linux](https://man7.org/linux/man-pages/man7/sock_diag.7.html)
 * @see
 * [Windows](https://learn.microsoft.com/windows/win32/api/iphlpapi/nf-iphlpapi-getextendedtcptable)
 */
export function explain(about: AddressInput | Error, options: ExplainOptions = {}): Explanation {
  const address = addressOf(about);
  const { protocol = "tcp" } = options;
  if (address.family === "unix") return explanation(address, protocol, explainPath(address), []);
  const { causes, notes } = explainPort(address, protocol, refusalOf(about));
  return explanation(address, protocol, causes, notes);
}

function explanation(
  address: Explanation["address"],
  protocol: "tcp" | "udp",
  causes: readonly Cause[],
  notes: readonly string[],
): Explanation {
  const verdict = verdictOf(causes);
  const advice = adviceForUser(causes.flatMap((cause) => adviceOn(cause, address, protocol)));
  const [first, ...others] = causes.map((cause) => printable(messageOf(cause)));
  const message = first ?? "free";
  const lines = [
    `${address.family === "unix" ? pathText(address) : hostAndPort(address)}: ${message}`,
    ...others.map((other) => `  ${other}`),
    ...notes.map((note) => `  ${note}`),
    ...advice.map((one) => `  ${one.message}${one.command === undefined ? "" : ` Run: ${one.command}`}`),
  ];
  return {
    address,
    verdict,
    causes,
    notes,
    advice,
    message,
    text: lines.map(printable).join("\n"),
  };
}

function verdictOf([first]: readonly Cause[]): Explanation["verdict"] {
  switch (first?.kind) {
    case undefined:
      return "free";
    case "held":
    case "in-use":
    case "time-wait":
    case "reuse-port-group":
    case "stale-path":
    case "not-a-socket":
    case "exclusive-use":
      return "taken";
    case "excluded-port":
    case "privileged-port":
    case "address-not-local":
    case "ports-exhausted":
    case "missing-directory":
    case "directory-denied":
      return "unavailable";
    case "unavailable":
      return "unknown";
  }
}

function addressOf(about: AddressInput | Error): Explanation["address"] {
  if (typeof about !== "object" || about === null) {
    throw argumentType(`explain() takes an address or an error, not ${kind(about)}`);
  }
  const input = isError(about) ? addressInError(about) : about;
  // Encoding it as a sockaddr checks it, and decoding writes it as the system does.
  const address = decodeAddress(host, encodeAddress(input, host, host.address));
  if (isExplained(address)) return address;
  throw invalidValue(`explain() takes IPv4, IPv6 and unix addresses, not ${address.family}`);
}

const isExplained = (address: {
  readonly family: string;
}): address is Ipv4Address | Ipv6Address | UnixAddress =>
  address.family === "ipv4" || address.family === "ipv6" || address.family === "unix";

/** The error name of bind() that an error of Node's or ours stands for. */
function refusalOf(about: AddressInput | Error): BindErrorName | undefined {
  const code = isError(about) && "code" in about ? about.code : undefined;
  if (code === "EACCES") return "AccessDenied";
  return code === "EADDRINUSE" ? "AddressInUse" : undefined;
}

/** Node's error about a unix path has port -1 and the path as its address (net.js). */
function addressInError(error: Error): AddressInput {
  const { address, port, path } = fieldsOf(error);
  if (typeof path === "string") return { family: "unix", path };
  if (typeof address !== "string") throw invalidValue("the error has no address to explain");
  if (port === -1 || port === undefined) return { family: "unix", path: address };
  if (typeof port !== "number") throw invalidValue("the error has no port to explain");
  return { family: address.includes(":") ? "ipv6" : "ipv4", address, port };
}

function fieldsOf(error: Error): { address: unknown; port: unknown; path: unknown } {
  return {
    address: "address" in error ? error.address : undefined,
    port: "port" in error ? error.port : undefined,
    path: "path" in error ? error.path : undefined,
  };
}
