import { formatIpv6, parseIpv6 } from "../../address/ip.ts";
import { isIPv4, isIPv6 } from "../../address/is-ip.ts";
import { defined } from "../../invariant.ts";
import type { ParsedHeader, ProxiedAddress, ProxyHeader } from "./proxy-header.ts";

/** The longest line, with its end (section 2.1). */
const LONGEST = 107;

/** "PROXY ". A browser, where a simulation loads this, has no Buffer. */
const START = [0x50, 0x52, 0x4f, 0x58, 0x59, 0x20];

/** Whether the bytes are the start of a line, or begin with it. */
export function startsV1(bytes: Uint8Array): boolean {
  return START.every((byte, index) => index >= bytes.length || bytes[index] === byte);
}

/** Whether the bytes can only be a line of the protocol. */
export const isCertainlyV1 = (bytes: Uint8Array): boolean => bytes.length >= START.length && startsV1(bytes);

export function parseV1(bytes: Uint8Array): ParsedHeader {
  const text = Buffer.from(bytes.subarray(0, LONGEST)).toString("latin1");
  const end = text.indexOf("\r\n");
  if (end === -1) {
    if (bytes.length < LONGEST) return { kind: "incomplete" };
    return { kind: "invalid", reason: `its line does not end within ${LONGEST} bytes` };
  }
  const line = text.slice(0, end);
  const header = headerOf(line);
  if (header === undefined) return { kind: "invalid", reason: "its line is malformed" };
  return { kind: "header", header, length: end + 2 };
}

function headerOf(line: string): ProxyHeader | undefined {
  const [, protocol, ...words] = line.split(" ");
  const unsaid = { version: 1, command: "proxy", tlvs: [] } as const;
  // The rest of the line must be ignored.
  if (protocol === "UNKNOWN") return { ...unsaid, source: undefined, destination: undefined };
  const [from, to, fromPort, toPort, ...more] = words;
  if (more.length > 0 || (protocol !== "TCP4" && protocol !== "TCP6")) return undefined;
  const source = addressOf(protocol, from, fromPort);
  const destination = addressOf(protocol, to, toPort);
  return source && destination && { ...unsaid, source, destination };
}

function addressOf(protocol: "TCP4" | "TCP6", address = "", portText = ""): ProxiedAddress | undefined {
  const port = /^(0|[1-9]\d{0,4})$/.test(portText) ? Number(portText) : -1;
  if (port < 0 || port > 0xffff) return undefined;
  if (protocol === "TCP4") return isIPv4(address) ? { family: "ipv4", address, port } : undefined;
  const parsed = isIPv6(address) ? parseIpv6(address) : undefined;
  return parsed && { family: "ipv6", address: formatIpv6(parsed), port, flowlabel: 0, scopeId: 0 };
}

/** A line with both addresses, or one without any: unix sockets cannot be represented. */
export function encodeV1(
  source: ProxiedAddress | undefined,
  destination: ProxiedAddress | undefined,
): Uint8Array {
  const words = lineOf(source, destination) ?? ["UNKNOWN"];
  return Buffer.from(`PROXY ${words.join(" ")}\r\n`);
}

function lineOf(source: ProxiedAddress | undefined, destination: ProxiedAddress | undefined) {
  if (source === undefined || destination === undefined) return undefined;
  if (source.family === "unix" || destination.family === "unix") return undefined;
  if (source.family !== destination.family) return undefined;
  const protocol = source.family === "ipv4" ? "TCP4" : "TCP6";
  return [protocol, bare(source), bare(destination), source.port, destination.port];
}

/** Without a zone, which is meaningless on another host. */
const bare = ({ address }: { readonly address: string }): string =>
  defined(address.split("%")[0], "split() returns at least one part");
