import type { IcmpMessage, Packet } from "./packet.ts";

/** Types and codes of ICMP (RFC 792, 1122, 1812). */
export const ICMP = {
  ECHO_REPLY: 0,
  UNREACHABLE: 3,
  ECHO_REQUEST: 8,
  TIME_EXCEEDED: 11,
  PARAMETER_PROBLEM: 12,
  NET_UNREACHABLE: 0,
  HOST_UNREACHABLE: 1,
  PROTOCOL_UNREACHABLE: 2,
  PORT_UNREACHABLE: 3,
  FRAGMENTATION_NEEDED: 4,
  PROHIBITED: 13,
  TTL_EXCEEDED: 0,
  REASSEMBLY_TIME: 1,
} as const;

/** Types and codes of ICMPv6 (RFC 4443). */
export const ICMPV6 = {
  UNREACHABLE: 1,
  PACKET_TOO_BIG: 2,
  TIME_EXCEEDED: 3,
  PARAMETER_PROBLEM: 4,
  ECHO_REQUEST: 128,
  ECHO_REPLY: 129,
  NO_ROUTE: 0,
  PROHIBITED: 1,
  ADDRESS_UNREACHABLE: 3,
  PORT_UNREACHABLE: 4,
  NEXT_HEADER: 1,
} as const;

/** Errors by meaning, with the numbers of each version. */
export type Unreachable = "host" | "port" | "protocol" | "prohibited" | "ttl" | "reassembly";

const numbers: Readonly<
  Record<Unreachable, readonly [ipv4: readonly [number, number], ipv6: readonly [number, number]]>
> = {
  host: [
    [ICMP.UNREACHABLE, ICMP.HOST_UNREACHABLE],
    [ICMPV6.UNREACHABLE, ICMPV6.ADDRESS_UNREACHABLE],
  ],
  port: [
    [ICMP.UNREACHABLE, ICMP.PORT_UNREACHABLE],
    [ICMPV6.UNREACHABLE, ICMPV6.PORT_UNREACHABLE],
  ],
  protocol: [
    [ICMP.UNREACHABLE, ICMP.PROTOCOL_UNREACHABLE],
    [ICMPV6.PARAMETER_PROBLEM, ICMPV6.NEXT_HEADER],
  ],
  prohibited: [
    [ICMP.UNREACHABLE, ICMP.PROHIBITED],
    [ICMPV6.UNREACHABLE, ICMPV6.PROHIBITED],
  ],
  ttl: [
    [ICMP.TIME_EXCEEDED, ICMP.TTL_EXCEEDED],
    [ICMPV6.TIME_EXCEEDED, 0],
  ],
  reassembly: [
    [ICMP.TIME_EXCEEDED, ICMP.REASSEMBLY_TIME],
    [ICMPV6.TIME_EXCEEDED, 1],
  ],
};

/** The type and code of an error in the version of a packet. */
export function errorNumbers(
  about: Packet,
  error: Unreachable,
): { readonly type: number; readonly code: number } {
  const [ipv4, ipv6] = numbers[error];
  const [type, code] = about.version === 4 ? ipv4 : ipv6;
  return { type, code };
}

const NOTHING = new Uint8Array(0);

/** An error about a packet. */
export const icmpError = (about: Packet, type: number, code: number, info = 0): IcmpMessage => ({
  kind: "icmp",
  type,
  code,
  info,
  about,
  data: NOTHING,
});

/** The MTU that an error reports for a path; undefined if it is another error. */
export function reportedMtu(about: Packet, { type, code, info }: IcmpMessage): number | undefined {
  if (about.version === 6) return type === ICMPV6.PACKET_TOO_BIG ? info : undefined;
  return type === ICMP.UNREACHABLE && code === ICMP.FRAGMENTATION_NEEDED ? info & 0xffff : undefined;
}
