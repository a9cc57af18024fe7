import type { Connection } from "./connection.ts";
import { icmpNumbers } from "./icmp-numbers.ts";
import { pattern } from "./pattern.ts";
import { FLAG, type IcmpContent, type PacketAction, type TcpContent } from "./script.ts";
import type { Settings } from "./target.ts";
import { fail } from "./values.ts";
import { encodePacket, type WireIcmp, type WirePacket, type WireTcp, type WireUdp } from "./wire.ts";

const HOP_LIMIT = 255;

/** A packet of the script as the host gets it. */
export function buildPacket(packet: PacketAction, connection: Connection, settings: Settings): WirePacket {
  const { ip, content, ports } = packet;
  const sourcePort = ports?.source ?? connection.remotePort;
  const destinationPort = ports?.destination ?? connection.localPort;
  return {
    version: settings.version,
    source: settings.remoteAddress,
    destination: settings.localAddress,
    trafficClass: ip.tos ?? (ip.ecn === "ect01" ? 0 : (ip.ecn ?? 0)),
    flowLabel: ip.flowLabel ?? 0,
    hopLimit: ip.hopLimit ?? HOP_LIMIT,
    content:
      content.protocol === "tcp"
        ? segment(content, connection, sourcePort, destinationPort, settings.scaledEcho)
        : content.protocol === "udp"
          ? { protocol: "udp", sourcePort, destinationPort, data: pattern(0, content.length) }
          : message(content, connection, settings),
  };
}

function segment(
  content: TcpContent,
  connection: Connection,
  sourcePort: number,
  destinationPort: number,
  scaledEcho: boolean,
): WireTcp {
  const syn = (content.flags & FLAG.SYN) !== 0;
  const acknowledges = (content.flags & FLAG.ACK) !== 0;
  if (content.flags & FLAG.URG) connection.readsPattern = false;
  const { sequence, acknowledgment, urgentPointer, ace } = content;
  const script: WireTcp = {
    protocol: "tcp",
    sourcePort,
    destinationPort,
    sequence,
    acknowledgment,
    flags: content.flags | aceFlags(ace),
    window: content.window ?? 0,
    urgentPointer,
    options: content.options === "any" ? [] : content.options,
    data: pattern(sequence - 1, content.length),
  };
  return connection.toLive(script, syn, acknowledges, scaledEcho);
}

/** The count of Accurate ECN as the flags that carry it. */
const aceFlags = (ace = 0): number =>
  (ace & 4 ? FLAG.AE : 0) | (ace & 2 ? FLAG.CWR : 0) | (ace & 1 ? FLAG.ECE : 0);

function message(content: IcmpContent, connection: Connection, settings: Settings): WireIcmp {
  const numbers = icmpNumbers(content, settings.version) ?? fail(`icmp ${content.type} has no number`);
  const rest = content.mtu ?? (content.echoId ?? 0) * 0x10000;
  const { quoted } = content;
  const about = quoted ?? { protocol: "tcp", sequence: 0, length: 0 };
  const error = settings.version === 4 ? ![0, 8].includes(numbers.type) : numbers.type < 128;
  const data = error ? quotedBytes(about, connection, settings) : new Uint8Array();
  return { protocol: "icmp", ...numbers, rest, data };
}

/**
 * The beginning of a packet that the host has sent: its IP header, whose length is that of the
 * whole packet, and eight bytes.
 */
function quotedBytes(
  quoted: NonNullable<IcmpContent["quoted"]>,
  connection: Connection,
  settings: Settings,
): Uint8Array {
  const ports = { sourcePort: connection.localPort, destinationPort: connection.remotePort };
  const data = new Uint8Array(quoted.length);
  const content: WireTcp | WireUdp =
    quoted.protocol === "udp"
      ? { protocol: "udp", ...ports, data }
      : {
          protocol: "tcp",
          ...ports,
          sequence: (quoted.sequence + connection.local.live) % 2 ** 32,
          acknowledgment: 0,
          flags: 0,
          window: 0,
          urgentPointer: 0,
          options: [],
          data,
        };
  const { version, localAddress, remoteAddress } = settings;
  const packet = encodePacket({
    version,
    source: localAddress,
    destination: remoteAddress,
    trafficClass: 0,
    flowLabel: 0,
    hopLimit: HOP_LIMIT,
    content,
  });
  return packet.subarray(0, (version === 4 ? 20 : 40) + 8);
}
