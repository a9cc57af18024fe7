import {
  FLAG,
  type IcmpContent,
  type IpFields,
  type PacketAction,
  type Ports,
  type SackBlock,
  type TcpContent,
  type TcpOption,
} from "./script.ts";
import type { TokenReader } from "./token-reader.ts";

/** A packet, after its `<` or `>`. */
export function parsePacket(reader: TokenReader, direction: "in" | "out"): PacketAction {
  const ip = ipFields(reader);
  if (reader.takeWord("icmp"))
    return { kind: "packet", direction, ip, ports: undefined, content: icmp(reader) };
  if (reader.takeWord("udp")) {
    const ports = optionalPorts(reader);
    reader.expectSign("(");
    const length = reader.integer("the length of the data");
    reader.expectSign(")");
    return { kind: "packet", direction, ip, ports, content: { protocol: "udp", length } };
  }
  for (const unsupported of ["ipv4", "ipv6", "gre", "GREv0", "mpls", "encap"]) {
    if (reader.takeWord(unsupported)) reader.fail(`packets within ${unsupported} are not supported`);
  }
  const ports = optionalPorts(reader);
  const content = tcp(reader);
  if (direction === "in" && (ip.ecn === "ect01" || content.options === "any")) {
    reader.fail("[ect01] and <...> are for packets that the host sends");
  }
  return { kind: "packet", direction, ip, ports, content };
}

const ECN = new Map([
  ["noecn", 0],
  ["ect1", 1],
  ["ect0", 2],
  ["ce", 3],
]);

function ipFields(reader: TokenReader): IpFields {
  let fields: IpFields = {};
  const end = reader.takeSign("[") ? "]" : reader.takeSign("(") ? ")" : undefined;
  if (end === undefined) return fields;
  do {
    const name = reader.take("word")?.text ?? reader.fail("expected tos, ttl, flowlabel or an ECN mark");
    const ecn = ECN.get(name);
    if (ecn !== undefined) fields = { ...fields, ecn };
    else if (name === "ect01") fields = { ...fields, ecn: "ect01" };
    else if (name === "tos") fields = { ...fields, tos: reader.integer("a traffic class") };
    else if (name === "ttl") fields = { ...fields, hopLimit: reader.integer("a hop limit") };
    else if (name === "flowlabel") fields = { ...fields, flowLabel: reader.integer("a flow label") };
    else reader.fail(`${name} is not a field of an IP header`);
  } while (reader.takeSign(","));
  reader.expectSign(end);
  return fields;
}

function optionalPorts(reader: TokenReader): Ports | undefined {
  if (reader.peek().kind !== "integer" || reader.peek(1).text !== ">") return undefined;
  const source = reader.integer("a port");
  reader.expectSign(">");
  return { source, destination: reader.integer("a port") };
}

const FLAGS = new Map<string, number>([
  ["F", FLAG.FIN],
  ["S", FLAG.SYN],
  ["R", FLAG.RST],
  ["P", FLAG.PSH],
  ["U", FLAG.URG],
  ["E", FLAG.ECE],
  ["W", FLAG.CWR],
  ["A", FLAG.AE],
]);

function tcp(reader: TokenReader): TcpContent {
  const { flags, ace } = tcpFlags(reader);
  const { sequence, length } = sequenceRange(reader);
  const acknowledgment = reader.takeWord("ack") ? reader.integer("an acknowledgment") : 0;
  const window = reader.takeWord("win") ? reader.integer("a window") : undefined;
  const urgentPointer = reader.takeWord("urg") ? reader.integer("an urgent pointer") : 0;
  const options = tcpOptions(reader);
  return { protocol: "tcp", flags, ace, sequence, length, acknowledgment, window, urgentPointer, options };
}

/** `S.`, `.`, `FP.`, `-` for none; `P.5` has the count 5 of Accurate ECN. */
function tcpFlags(reader: TokenReader): { flags: number; ace: number | undefined } {
  let flags = 0;
  if (reader.takeSign("-")) return { flags, ace: undefined };
  const word = reader.take("word");
  for (const letter of word?.text ?? "") {
    flags |= FLAGS.get(letter) ?? reader.fail(`${letter} is not a flag of TCP`);
  }
  const count = reader.take("float");
  if (count !== undefined) return { flags: flags | FLAG.ACK, ace: Number(count.text.replace(".", "")) };
  if (reader.takeSign(".")) flags |= FLAG.ACK;
  else if (word === undefined) reader.fail("expected the flags of a segment");
  return { flags, ace: undefined };
}

function sequenceRange(reader: TokenReader): { sequence: number; length: number } {
  const sequence = reader.integer("a sequence number");
  reader.expectSign(":");
  const end = reader.integer("a sequence number");
  reader.expectSign("(");
  const length = reader.integer("the length of the data");
  reader.expectSign(")");
  if (end !== sequence + length) reader.fail(`${sequence}:${end} are not ${length} bytes`);
  return { sequence, length };
}

function tcpOptions(reader: TokenReader): readonly TcpOption[] | "any" {
  if (!reader.takeSign("<")) return [];
  if (reader.takeSign("...")) {
    reader.expectSign(">");
    return "any";
  }
  const options: TcpOption[] = [];
  do options.push(tcpOption(reader));
  while (reader.takeSign(","));
  reader.expectSign(">");
  return options;
}

/** RFC 7413, and its experiment (RFC 6994); RFC 2385. */
const FAST_OPEN = 34;
const EXPERIMENT = 254;
const MD5 = 19;

function tcpOption(reader: TokenReader): TcpOption {
  const name = reader.take("word")?.text ?? reader.fail("expected an option of TCP");
  switch (name) {
    case "nop":
    case "eol":
    case "sackOK":
      return { kind: name };
    case "mss":
      return { kind: "mss", size: reader.integer("a segment size") };
    case "wscale":
      return { kind: "wscale", shift: reader.integer("a window scale") };
    case "sack":
      return { kind: "sack", blocks: sackBlocks(reader) };
    case "TS":
      return timestamps(reader);
    case "FO":
      return { kind: "other", number: FAST_OPEN, bytes: hexBytes(reader) };
    case "FOEXP":
      return { kind: "other", number: EXPERIMENT, bytes: [0xf9, 0x89, ...hexBytes(reader)] };
    case "md5":
      return { kind: "other", number: MD5, bytes: hexBytes(reader) };
    case "ECN":
      return accurateEcn(reader);
    default:
      return reader.fail(`the option ${name} of TCP is not supported`);
  }
}

/** RFC 9768, 3.2.3: counters of 24 bits, in one of two orders. */
const ACCURATE_ECN = { e0b: 172, e1b: 174 };

/** `ECN e0b 1 ceb 0 e1b 1` and `ECN e1b 1 ceb 0 e0b 1`, or the beginning of either. */
function accurateEcn(reader: TokenReader): TcpOption {
  const first = reader.peek().text === "e1b" ? "e1b" : "e0b";
  const bytes: number[] = [];
  for (const counter of first === "e0b" ? ["e0b", "ceb", "e1b"] : ["e1b", "ceb", "e0b"]) {
    if (!reader.takeWord(counter)) break;
    const value = reader.integer("a counter");
    bytes.push((value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
  }
  return { kind: "other", number: ACCURATE_ECN[first], bytes };
}

function timestamps(reader: TokenReader): TcpOption {
  if (!reader.takeWord("val")) reader.fail("expected val");
  const value = reader.integer("a timestamp");
  if (!reader.takeWord("ecr")) reader.fail("expected ecr");
  return { kind: "TS", value, echo: reader.integer("a timestamp") };
}

function sackBlocks(reader: TokenReader): SackBlock[] {
  const blocks: SackBlock[] = [];
  while (reader.peek().kind === "integer") {
    const left = reader.integer("a sequence number");
    reader.expectSign(":");
    blocks.push({ left, right: reader.integer("a sequence number") });
  }
  return blocks;
}

function hexBytes(reader: TokenReader): number[] {
  const token = reader.take("word") ?? reader.take("integer");
  return (token?.text.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16));
}

function icmp(reader: TokenReader): IcmpContent {
  const type = reader.take("word")?.text ?? reader.fail("expected a type of ICMP message");
  const next = reader.peek().text;
  const code = next === "mtu" || next === "id" ? undefined : reader.take("word")?.text;
  const mtu = reader.takeWord("mtu") ? reader.integer("an MTU") : undefined;
  const echoId = reader.takeWord("id") ? reader.integer("an identifier") : undefined;
  return { protocol: "icmp", type, code, mtu, echoId, quoted: quotedPacket(reader) };
}

function quotedPacket(reader: TokenReader): IcmpContent["quoted"] {
  if (!reader.takeSign("[")) return undefined;
  if (reader.takeWord("udp")) {
    reader.expectSign("(");
    const length = reader.integer("the length of the data");
    reader.expectSign(")");
    reader.expectSign("]");
    return { protocol: "udp", length };
  }
  const range = sequenceRange(reader);
  reader.expectSign("]");
  return { protocol: "tcp", ...range };
}
