import type { Connection } from "./connection.ts";
import { icmpNumbers } from "./icmp-numbers.ts";
import { optionText } from "./packet-text.ts";
import { pattern } from "./pattern.ts";
import { FLAG, type PacketAction, type TcpContent, type TcpOption } from "./script.ts";
import type { WirePacket, WireTcp } from "./wire.ts";

/** How far timestamps may be off, in ticks; undefined if they are not compared. */
export type TimestampTolerance = number | undefined;

/**
 * Compares a packet that the host sent, with the script's sequence numbers, with the script's.
 * Returns what differs; empty if nothing does.
 */
export function differences(
  expected: PacketAction,
  actual: WirePacket,
  connection: Connection,
  tolerance: TimestampTolerance,
): string[] {
  const { content } = expected;
  if (content.protocol !== actual.content.protocol) {
    return [`${actual.content.protocol} instead of ${content.protocol}`];
  }
  const found = ipDifferences(expected.ip, actual);
  if (content.protocol === "tcp" && actual.content.protocol === "tcp") {
    found.push(...tcpDifferences(content, actual.content, connection, tolerance));
  } else if (content.protocol === "udp" && actual.content.protocol === "udp") {
    if (actual.content.data.length !== content.length) {
      found.push(`${actual.content.data.length} bytes instead of ${content.length}`);
    }
  } else if (content.protocol === "icmp" && actual.content.protocol === "icmp") {
    const numbers = icmpNumbers(content, actual.version);
    if (numbers === undefined) found.push(`icmp ${content.type} ${content.code ?? ""} has no number`);
    else if (numbers.type !== actual.content.type || numbers.code !== actual.content.code) {
      const { type, code } = actual.content;
      found.push(`icmp type ${type} code ${code} instead of ${numbers.type} and ${numbers.code}`);
    }
  }
  return found;
}

function ipDifferences({ tos, ecn, hopLimit }: PacketAction["ip"], actual: WirePacket): string[] {
  const found: string[] = [];
  const marks = actual.trafficClass & 3;
  if (tos !== undefined && actual.trafficClass !== tos) {
    found.push(`tos ${actual.trafficClass} instead of ${tos}`);
  }
  if (ecn === "ect01" ? marks !== 1 && marks !== 2 : ecn !== undefined && marks !== ecn) {
    found.push(`ECN bits ${marks} instead of ${ecn}`);
  }
  if (hopLimit !== undefined && actual.hopLimit !== hopLimit) {
    found.push(`ttl ${actual.hopLimit} instead of ${hopLimit}`);
  }
  return found;
}

/** The three flags that count in Accurate ECN (RFC 9768, 3.2). */
const ACE = FLAG.AE | FLAG.CWR | FLAG.ECE;

function tcpDifferences(
  expected: TcpContent,
  actual: WireTcp,
  connection: Connection,
  tolerance: TimestampTolerance,
): string[] {
  const found: string[] = [];
  const check = (what: string, value: number, wanted: number) => {
    if (value !== wanted) found.push(`${what} ${value} instead of ${wanted}`);
  };
  const compared = expected.ace === undefined ? ~0 : ~ACE;
  for (const [name, flag] of Object.entries(FLAG)) {
    if (((actual.flags ^ expected.flags) & flag & compared) === 0) continue;
    found.push(`${actual.flags & flag ? "an unexpected" : "no"} ${name}`);
  }
  if (expected.ace !== undefined) {
    const { flags } = actual;
    check(
      "ACE",
      (flags & FLAG.AE ? 4 : 0) + (flags & FLAG.CWR ? 2 : 0) + (flags & FLAG.ECE ? 1 : 0),
      expected.ace,
    );
  }
  check("sequence number", actual.sequence, expected.sequence);
  check("length", actual.data.length, expected.length);
  check("ack", actual.acknowledgment, expected.acknowledgment);
  if (expected.window !== undefined) check("win", actual.window, expected.window);
  check("urgent pointer", actual.urgentPointer, expected.urgentPointer);
  if (expected.options !== "any") {
    found.push(...optionDifferences(expected.options, actual.options, connection, tolerance));
  }
  found.push(...dataDifferences(actual, connection));
  return found;
}

function optionDifferences(
  expected: readonly TcpOption[],
  actual: readonly TcpOption[],
  connection: Connection,
  tolerance: TimestampTolerance,
): string[] {
  const texts = (options: readonly TcpOption[]) => `<${options.map(optionText).join(",")}>`;
  const kinds = (options: readonly TcpOption[]) => options.map(({ kind }) => kind).join(",");
  if (kinds(expected) !== kinds(actual)) return [`options ${texts(actual)} instead of ${texts(expected)}`];
  const found: string[] = [];
  for (const [index, option] of actual.entries()) {
    const wanted = expected[index];
    if (option.kind === "TS" && wanted?.kind === "TS") {
      const value = connection.timestampToScript(wanted.value, option.value);
      const off = Math.abs((value - wanted.value) | 0);
      if (tolerance !== undefined && off > tolerance) {
        found.push(`timestamp ${value} instead of ${wanted.value}, tolerance ${tolerance}`);
      }
    } else if (wanted !== undefined && optionText(option) !== optionText(wanted)) {
      found.push(`option ${optionText(option)} instead of ${optionText(wanted)}`);
    }
  }
  return found;
}

/** The host sends what the script's calls wrote, which was the pattern, from 1 on. */
function dataDifferences({ sequence, data }: WireTcp, { writesPattern }: Connection): string[] {
  if (!writesPattern || data.length === 0) return [];
  const wanted = pattern(sequence - 1, data.length);
  const at = data.findIndex((byte, index) => byte !== wanted[index]);
  return at === -1 ? [] : [`other data than was written, from ${sequence + at} on`];
}
