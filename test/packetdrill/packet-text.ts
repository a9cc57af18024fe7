import { FLAG, type TcpOption } from "./script.ts";
import type { WirePacket, WireTcp } from "./wire.ts";

const LETTERS = [
  [FLAG.FIN, "F"],
  [FLAG.SYN, "S"],
  [FLAG.RST, "R"],
  [FLAG.PSH, "P"],
  [FLAG.URG, "U"],
  [FLAG.ECE, "E"],
  [FLAG.CWR, "W"],
  [FLAG.AE, "A"],
] as const;

/**
 * A packet in the script's language, without its direction: `S. 0:0(0) ack 1 win 65535 <mss 1460>`.
 */
export function packetText({ content }: Pick<WirePacket, "content">): string {
  switch (content.protocol) {
    case "tcp":
      return segmentText(content);
    case "udp":
      return `udp (${content.data.length})`;
    case "icmp":
      return `icmp type_${content.type} code_${content.code}`;
  }
}

function segmentText(segment: WireTcp): string {
  const { sequence, data, options } = segment;
  const parts = [
    flagsText(segment.flags),
    `${sequence}:${(sequence + data.length) % 2 ** 32}(${data.length})`,
  ];
  if (segment.flags & FLAG.ACK) parts.push(`ack ${segment.acknowledgment}`);
  parts.push(`win ${segment.window}`);
  if (segment.urgentPointer !== 0) parts.push(`urg ${segment.urgentPointer}`);
  if (options.length > 0) parts.push(`<${options.map(optionText).join(",")}>`);
  return parts.join(" ");
}

export function flagsText(flags: number): string {
  const letters = LETTERS.map(([flag, letter]) => (flags & flag ? letter : "")).join("");
  return letters + (flags & FLAG.ACK ? "." : letters === "" ? "-" : "");
}

export function optionText(option: TcpOption): string {
  switch (option.kind) {
    case "eol":
    case "nop":
    case "sackOK":
      return option.kind;
    case "mss":
      return `mss ${option.size}`;
    case "wscale":
      return `wscale ${option.shift}`;
    case "TS":
      return `TS val ${option.value} ecr ${option.echo}`;
    case "sack":
      return `sack ${option.blocks.map(({ left, right }) => `${left}:${right}`).join(" ")}`;
    case "other": {
      const bytes = option.bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
      return `option ${option.number} ${bytes}`.trimEnd();
    }
  }
}
