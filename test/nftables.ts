import assert from "node:assert/strict";
import { AF, IPPROTO, NETLINK_FAMILY, SOCK } from "../src/posix/constants.ts";
import { recv } from "../src/posix/recv.ts";
import { sendto } from "../src/posix/sendto.ts";
import { trySocket } from "../src/posix/socket.ts";
import { skipModule } from "./network-namespace.ts";

// Firewall rules of nf_tables, in the network namespace of the process, without nft(8): messages of
// netlink, with attributes of include/uapi/linux/netfilter/nf_tables.h.

const SUBSYSTEM = 10; // NFNL_SUBSYS_NFTABLES
const messages = { newTable: 0, newChain: 3, newRule: 6, deleteTable: 2 } as const;
const REQUEST = 1;
const ACKNOWLEDGE = 4;
const CREATE = 0x400;
const BATCH_BEGIN = 0x10;
const BATCH_END = 0x11;
const LOCAL_OUT = 3; // of enum nf_inet_hooks
const DROP = 0;
const ACCEPT = 1;
/** enum nf_ip_hook_priorities */
const FILTER_PRIORITY = 0;
const NAT_PRIORITY = -100;
const VERDICT_REGISTER = 0;
const REGISTER = 1;
const L4PROTO = 16; // NFT_META_L4PROTO
const TRANSPORT_HEADER = 2; // NFT_PAYLOAD_TRANSPORT_HEADER
const EQUAL = 0; // NFT_CMP_EQ
const ICMP_UNREACHABLE = 0; // NFT_REJECT_ICMP_UNREACH
const TCP_RESET = 1; // NFT_REJECT_TCP_RST

type Family = "ipv4" | "ipv6";
const families = { ipv4: AF.INET, ipv6: AF.INET6 } as const;

/** A rule for everything that the namespace sends. */
export type OutputRule =
  | { readonly action: "drop" }
  | { readonly action: "redirect"; readonly port: number }
  | Rejection;

/**
 * With `to`, matches only packets to that TCP port: otherwise the rule would drop the answer, too.
 */
type Rejection = { readonly action: "reject"; readonly to?: number } & (
  | { readonly with: "icmp"; readonly code: number }
  | { readonly with: "tcp reset" }
);

/** Adds a rule; disposing of it deletes it. */
export function addOutputRule(family: Family, rule: OutputRule): Disposable {
  const table = text(1, "berkeley");
  const isNat = rule.action === "redirect";
  const hook = nested(4, [big(1, LOCAL_OUT), big(2, isNat ? NAT_PRIORITY : FILTER_PRIORITY)]);
  const chain = text(3, "output");
  change(family, [
    [messages.newTable, [table]],
    [messages.newChain, [table, chain, hook, big(5, ACCEPT), text(7, isNat ? "nat" : "filter")]],
    [messages.newRule, [table, text(2, "output"), nested(4, expressions(rule))]],
  ]);
  return { [Symbol.dispose]: () => change(family, [[messages.deleteTable, [table]]]) };
}

function expressions(rule: OutputRule): Uint8Array[] {
  switch (rule.action) {
    case "drop":
      return [immediate(VERDICT_REGISTER, nested(2, [big(1, DROP)]))];
    case "reject": {
      const matches = rule.to === undefined ? [] : goesTo(rule.to);
      const answer =
        rule.with === "icmp"
          ? [big(1, ICMP_UNREACHABLE), attribute(2, Buffer.of(rule.code))]
          : [big(1, TCP_RESET)];
      return [...matches, expression("reject", answer)];
    }
    case "redirect":
      return [
        immediate(REGISTER, attribute(1, twoBytes(rule.port))),
        expression("redir", [big(1, REGISTER)]),
      ];
  }
}

/** The protocol is TCP, and the two bytes at 2 of its header are the port. */
const goesTo = (port: number) => [
  expression("meta", [big(1, REGISTER), big(2, L4PROTO)]),
  equals(Buffer.of(IPPROTO.TCP)),
  expression("payload", [big(1, REGISTER), big(2, TRANSPORT_HEADER), big(3, 2), big(4, 2)]),
  equals(twoBytes(port)),
];

const equals = (value: Uint8Array) =>
  expression("cmp", [big(1, REGISTER), big(2, EQUAL), nested(3, [attribute(1, value)])]);

function twoBytes(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

const immediate = (register: number, data: Uint8Array) =>
  expression("immediate", [big(1, register), nested(2, [data])]);

const expression = (name: string, attributes: Uint8Array[]) =>
  nested(1, [text(1, name), nested(2, attributes)]);

/** One transaction: all of it, or nothing. */
function change(family: Family, requests: readonly (readonly [type: number, attributes: Uint8Array[]])[]) {
  using netlink = openNetlink();
  const batch = [
    message(BATCH_BEGIN, REQUEST, 0, AF.UNSPEC, SUBSYSTEM, []),
    ...requests.map(([type, attributes], index) => {
      const flags = REQUEST | ACKNOWLEDGE | CREATE;
      return message((SUBSYSTEM << 8) | type, flags, index + 1, families[family], 0, attributes);
    }),
    message(BATCH_END, REQUEST, 0, AF.UNSPEC, SUBSYSTEM, []),
  ];
  sendto(netlink, Buffer.concat(batch), 0, { family: "netlink", pid: 0, groups: 0 });
  for (const _ of requests) {
    const answer = Buffer.alloc(8192);
    recv(netlink, answer);
    // struct nlmsgerr: 0, or a negative errno, after the header.
    const errno = Math.abs(answer.readInt32LE(16));
    const name = netlink.system.errnoName(errno);
    // The kernel cannot load the module of an expression or a chain type.
    if (name === "ENOENT" || name === "EOPNOTSUPP") skipModule("this kernel lacks nf_tables");
    assert.equal(errno, 0, `nf_tables: request ${answer.readUInt32LE(8)} failed with ${name}`);
  }
}

function openNetlink() {
  const result = trySocket(AF.NETLINK, SOCK.RAW, NETLINK_FAMILY.NETFILTER);
  if (result.ok) return result.value;
  if (result.error.code === "EPROTONOSUPPORT") skipModule("this kernel lacks nf_tables");
  throw result.error;
}

/** struct nlmsghdr, then struct nfgenmsg. */
function message(
  type: number,
  flags: number,
  sequence: number,
  family: number,
  resource: number,
  attributes: Uint8Array[],
): Buffer {
  const body = Buffer.concat(attributes);
  const header = Buffer.alloc(20);
  header.writeUInt32LE(header.byteLength + body.byteLength, 0);
  header.writeUInt16LE(type, 4);
  header.writeUInt16LE(flags, 6);
  header.writeUInt32LE(sequence, 8);
  header.writeUInt8(family, 16);
  header.writeUInt16BE(resource, 18);
  return Buffer.concat([header, body]);
}

/** struct nlattr, padded to four bytes. */
function attribute(type: number, content: Uint8Array): Buffer {
  const bytes = Buffer.alloc(4 + ((content.byteLength + 3) & ~3));
  bytes.writeUInt16LE(4 + content.byteLength, 0);
  bytes.writeUInt16LE(type, 2);
  bytes.set(content, 4);
  return bytes;
}

const NESTED = 0x8000;
const nested = (type: number, attributes: Uint8Array[]) =>
  attribute(type | NESTED, Buffer.concat(attributes));
const text = (type: number, value: string) => attribute(type, Buffer.from(`${value}\0`));

function big(type: number, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return attribute(type, bytes);
}
