import type { IcmpContent } from "./script.ts";

// The names that packetdrill gives types and codes (RFC 792, RFC 1122, RFC 1812; RFC 4443).
const V4 = {
  types: {
    echo_reply: 0,
    unreachable: 3,
    source_quench: 4,
    redirect: 5,
    echo_request: 8,
    time_exceeded: 11,
    parameter_problem: 12,
  },
  codes: {
    net_unreachable: 0,
    host_unreachable: 1,
    protocol_unreachable: 2,
    port_unreachable: 3,
    frag_needed: 4,
    source_route_failed: 5,
    net_unknown: 6,
    host_unknown: 7,
    source_host_isolated: 8,
    net_prohibited: 9,
    host_prohibited: 10,
    net_unreachable_for_tos: 11,
    host_unreachable_for_tos: 12,
    packet_filtered: 13,
    precedence_violation: 14,
    precedence_cutoff: 15,
  },
};

const V6 = {
  types: {
    unreachable: 1,
    packet_too_big: 2,
    time_exceeded: 3,
    parameter_problem: 4,
    echo_request: 128,
    echo_reply: 129,
  },
  codes: {
    no_route: 0,
    net_unreachable: 0,
    admin_prohibited: 1,
    not_neighbour: 2,
    address_unreachable: 3,
    port_unreachable: 4,
    exceeded_hop_limit: 0,
    exceeded_frag_time: 1,
    header_field: 0,
    unknown_next_header: 1,
    unknown_option: 2,
  },
};

/** The numbers of a message's type and code; undefined if they have no such name. */
export function icmpNumbers(
  { type, code }: Pick<IcmpContent, "type" | "code">,
  version: 4 | 6,
): { type: number; code: number } | undefined {
  const names = version === 4 ? V4 : V6;
  const typeNumber = numberOf(type, "type_", names.types);
  const codeNumber = code === undefined ? 0 : numberOf(code, "code_", names.codes);
  if (typeNumber === undefined || codeNumber === undefined) return undefined;
  return { type: typeNumber, code: codeNumber };
}

function numberOf(name: string, prefix: string, known: Readonly<Record<string, number>>): number | undefined {
  return name.startsWith(prefix) ? Number(name.slice(prefix.length)) : known[name];
}
