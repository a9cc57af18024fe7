import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { print, printedByC } from "../../../test/c-program.ts";
import { IFREQ } from "../../posix/ioctl-request.ts";
import { ADDRINFO } from "../posix-netdb.ts";
import { constants } from "./constants.ts";
import { controls } from "./controls.ts";
import { errnos } from "./errno.ts";
import { familyConstants } from "./family-constants.ts";
import { BUF, BUF_REG, CQE_SIZE, IORING, IOSQE, PARAMS, RECVMSG_OUT, SQE_SIZE } from "./io-uring.ts";
import { ioctls } from "./ioctls.ts";
import { linux, NETDB } from "./linux.ts";
import { IOV, MSG } from "./msghdr.ts";
import { options } from "./options.ts";
import { valueConstants } from "./value-constants.ts";

/** Names of options.ts that old headers lack, with the version of Linux that added each. */
const broughtBy: Readonly<Record<string, string>> = {
  IPV6_RECVERR_RFC4884: "5.9",
  IP_LOCAL_PORT_RANGE: "6.3",
  IP_PROTOCOL: "6.4",
  PACKET_VNET_HDR_SZ: "6.4",
  SO_DEVMEM_DONTNEED: "6.12",
  SO_INQ: "6.17",
  SO_PASSPIDFD: "6.5",
  SO_PASSRIGHTS: "6.16",
  SO_PEERPIDFD: "6.5",
  SO_RCVMARK: "5.19",
  SO_RCVPRIORITY: "6.14",
  SO_RESERVE_MEM: "5.16",
  SO_TXREHASH: "5.18",
  TLS_RX_EXPECT_NO_PAD: "6.0",
  TLS_TX_ZEROCOPY_RO: "5.19",
  TCP_AO_ADD_KEY: "6.7",
  TCP_AO_DEL_KEY: "6.7",
  TCP_AO_GET_KEYS: "6.7",
  TCP_AO_INFO: "6.7",
  TCP_AO_REPAIR: "6.7",
  TCP_DELACK_MAX_US: "6.15",
  TCP_IS_MPTCP: "6.7",
  TCP_RTO_MAX_MS: "6.15",
  TCP_RTO_MIN_US: "6.15",
};

/** Names that the C library's headers may lack, since it has its own release schedule. */
const newInLibc = new Set([
  ...["AF_MCTP", "AF_XDP", "IPPROTO_ETHERNET", "IPPROTO_L2TP", "IPPROTO_MPTCP", "MSG_ZEROCOPY"],
  ...["IPPROTO_SMC", "SOL_MCTP", "SOL_MPTCP", "SOL_SCTP", "SOL_SMC", "SOL_VSOCK"],
  // Not in <sys/socket.h>, but in headers of their own.
  ...["SOL_ATALK", "SOL_AX25", "SOL_IPX", "SOL_NETROM", "SOL_ROSE"],
  // The kernel exports no header with those of Bluetooth.
  ...["SOL_HCI", "SOL_L2CAP", "SOL_RFCOMM", "SOL_SCO"],
]);

/**
 * The kernel exports neither of the first two (include/linux/socket.h), and glibc the first since
 * 2.39; the others are in Linux 6.4, 6.13 and 6.17.
 */
const newControls = new Set(["IP_PROTOCOL", "SCM_INQ", "SCM_PIDFD", "SCM_SECURITY", "SCM_TS_OPT_ID"]);

/** Names of families, which family-headers.test.ts checks: most are enumerators. */
const ofFamily = /^(ALG|BT|CAN_ISOTP|CAN_RAW|KCM|LLC|RDS|SO_RDS|S(O|CM)_J1939|TIPC)_/;

const libcHeaders = ["sys/socket.h", "netinet/in.h", "poll.h", "errno.h"];
const kernelHeaders = [
  "stdint.h",
  "asm/socket.h",
  "linux/in.h",
  "linux/in6.h",
  "linux/icmp.h",
  "linux/icmpv6.h",
  "linux/if_packet.h",
  "linux/netfilter_ipv4.h",
  "linux/netfilter_ipv6/ip6_tables.h",
  "linux/netlink.h",
  "linux/sctp.h",
  "linux/tcp.h",
  "linux/tls.h",
  "linux/udp.h",
  "linux/version.h",
  "linux/vm_sockets.h",
];

test("constants.ts has the numbers of the C library's headers", (context) => {
  const groups = Object.entries(constants).filter(([group]) => !(group in valueConstants));
  const flat = groups.flatMap(([group, value]: [string, number | object]) =>
    typeof value === "number"
      ? [[group, value] as const]
      : Object.entries(value).map(
          ([name, number]) => [`${group}${group === "POLL" ? "" : "_"}${name}`, number] as const,
        ),
  );
  const defined = compiled(
    context,
    [
      ...libcHeaders,
      "netinet/tcp.h",
      "netinet/udp.h",
      "linux/can/isotp.h",
      "linux/can/j1939.h",
      "linux/can/raw.h",
      "linux/sctp.h",
    ],
    flat.map(([name]) => name),
  );
  if (defined === undefined) return;
  for (const [name, number] of flat) {
    if (!defined.has(name) && newInLibc.has(name)) context.diagnostic(`${name}: not in these headers`);
    else assert.equal(defined.get(name), number, name);
  }
});

test("value-constants.ts has the numbers of the headers", (context) => {
  /** The prefixes in C, where a group is not named after it. */
  const prefixes: Readonly<Record<string, string>> = {
    NETLINK_FAMILY: "NETLINK_",
    PACKET_TYPE: "PACKET_",
    TCP_STATE: "TCP_",
  };
  /** In Linux 6.2, 6.12 and 6.15: enumerators, which the preprocessor does not see. */
  const newer = new Set([
    "SOF_TIMESTAMPING_OPT_ID_TCP",
    "SOF_TIMESTAMPING_OPT_RX_FILTER",
    "SOF_TIMESTAMPING_TX_COMPLETION",
  ]);
  const flat = Object.entries(valueConstants)
    .filter(([group]) => !(group in familyConstants))
    .flatMap(([group, values]: [string, Readonly<Record<string, number>>]) =>
      Object.entries<number>(values).map(
        ([name, number]) => [`${prefixes[group] ?? `${group}_`}${name}`, number] as const,
      ),
    )
    .filter(([name]) => !newer.has(name));
  const headers = ["time.h", "netdb.h", "netinet/in.h", "netinet/tcp.h"];
  const kernel = [
    "udp",
    "errqueue",
    "net_tstamp",
    "netlink",
    "if_ether",
    "if_packet",
    "if",
    "in6",
    "vm_sockets",
  ];
  const printed = printedByC(
    context,
    [...headers, ...kernel.map((name) => `linux/${name}.h`)],
    flat.map(([name]) => print(name, `(unsigned) ${name}`)),
  );
  if (printed === undefined) return;
  for (const [name, number] of flat) assert.equal(printed.get(name), number, name);
});

test("errno.ts has the numbers of the C library's headers", (context) => {
  const defined = compiled(context, libcHeaders, Object.keys(errnos));
  if (defined === undefined) return;
  for (const [name, number] of Object.entries(errnos)) assert.equal(defined.get(name), number, name);
});

test("options.ts has the numbers of the kernel's headers", (context) => {
  // IPV6_JOIN_GROUP and IPV6_LEAVE_GROUP are POSIX's names of IPV6_ADD_MEMBERSHIP and
  // IPV6_DROP_MEMBERSHIP: only the C library defines them. Its headers come last, since
  // linux/libc-compat.h makes the kernel's yield to it.
  const names = Object.keys(options).map(cName);
  const defined = compiled(context, kernelHeaders, [...names, ...levels, "LINUX_VERSION_CODE"]);
  const posix = compiled(
    context,
    [...libcHeaders, "linux/mptcp.h"],
    [
      ...["IPV6_JOIN_GROUP", "IPV6_LEAVE_GROUP"],
      ...["MPTCP_INFO", "MPTCP_SUBFLOW_ADDRS", "MPTCP_TCPINFO"],
      ...otherLevels.map(([, level]) => level),
    ],
  );
  if (defined === undefined || posix === undefined) return;
  const headers = defined.get("LINUX_VERSION_CODE") ?? 0;
  for (const [key, { level, number }] of Object.entries(options)) {
    if (ofFamily.test(key)) continue;
    const name = cName(key);
    const version = broughtBy[name];
    const inHeaders: number | undefined = defined.get(name) ?? posix.get(name);
    if (inHeaders === undefined && version !== undefined && versionCode(version) > headers) {
      context.diagnostic(`${name}: in Linux ${version}, and not in these headers`);
      continue;
    }
    // The kernel does not export those of UDP-Lite.
    if (!name.startsWith("UDPLITE_")) assert.equal(inHeaders, number, name);
    assert.equal(level, defined.get(levelOf(key)) ?? posix.get(levelOf(key)), `the level of ${name}`);
  }
});

test("controls.ts has the numbers of the headers", (context) => {
  const names = Object.keys(controls);
  const defined = compiled(context, kernelHeaders, [...names, ...levels]);
  const posix = compiled(
    context,
    libcHeaders,
    otherLevels.map(([, level]) => level),
  );
  if (defined === undefined || posix === undefined) return;
  for (const [name, { level, number }] of Object.entries(controls)) {
    if (ofFamily.test(name)) continue;
    if (!defined.has(name) && newControls.has(name)) context.diagnostic(`${name}: not in these headers`);
    else assert.equal(defined.get(name), number, name);
    const ofLevel = name.startsWith("SCM_") ? "SOL_SOCKET" : levelOf(name);
    assert.equal(level, defined.get(ofLevel) ?? posix.get(ofLevel), `the level of ${name}`);
  }
});

test("eai.ts and posix-netdb.ts agree with <netdb.h>", (context) => {
  const { addr, canonname, eai } = NETDB;
  const members = { ...ADDRINFO, addr, canonname };
  const printed = printedByC(
    context,
    ["netdb.h"],
    [
      ...Object.keys(eai).map((name) => print(name, name)),
      ...Object.keys(members)
        .filter((name) => name !== "size")
        .map((name) => print(name, `offsetof(struct addrinfo, ai_${name})`)),
      print("size", "sizeof(struct addrinfo)"),
    ],
  );
  if (printed === undefined) return;
  for (const [name, number] of Object.entries({ ...eai, ...members }))
    assert.equal(printed.get(name), number, name);
});

test("ioctls.ts has the numbers of the kernel's headers", (context) => {
  const defined = compiled(context, ["sys/ioctl.h", "linux/sockios.h"], Object.keys(ioctls));
  const printed = printedByC(
    context,
    ["linux/if.h"],
    [print("size", "sizeof(struct ifreq)"), print("value", "offsetof(struct ifreq, ifr_flags)")],
  );
  if (defined === undefined || printed === undefined) return;
  for (const [name, number] of Object.entries(ioctls)) {
    assert.equal(defined.get(name), number, name);
  }
  assert.deepEqual([printed.get("size"), printed.get("value")], [IFREQ.size, IFREQ.value]);
});

test("messages are laid out as in the C library's headers", (context) => {
  const layouts: Readonly<Record<string, Readonly<Record<string, number>>>> = {
    "struct msghdr": {
      msg_name: MSG.name,
      msg_namelen: MSG.namelen,
      msg_iov: MSG.iov,
      msg_iovlen: MSG.iovlen,
      msg_control: MSG.control,
      msg_controllen: MSG.controllen,
      msg_flags: MSG.flags,
    },
    "struct mmsghdr": { msg_hdr: 0, msg_len: MSG.len },
    "struct iovec": { iov_base: IOV.base, iov_len: IOV.len },
    "struct cmsghdr": {
      cmsg_len: 0,
      cmsg_level: linux.cmsg.lengthSize,
      cmsg_type: linux.cmsg.lengthSize + 4,
    },
  };
  const offsets = Object.entries(layouts).flatMap(([structure, members]) =>
    Object.keys(members).map((member) => print(member, `offsetof(${structure}, ${member})`)),
  );
  const sizes = ["mmsghdr", "iovec", "cmsghdr"].map((name) => print(name, `sizeof(struct ${name})`));
  const spaces = [0, 1, 4, 12, 16].map((length) => print(`CMSG_SPACE(${length})`, `CMSG_SPACE(${length})`));
  const printed = printedByC(context, ["sys/uio.h"], [...offsets, ...sizes, ...spaces]);
  if (printed === undefined) return;
  for (const members of Object.values(layouts)) {
    for (const [member, offset] of Object.entries(members)) assert.equal(printed.get(member), offset, member);
  }
  assert.equal(printed.get("mmsghdr"), MSG.size);
  assert.equal(printed.get("iovec"), IOV.size);
  assert.equal(printed.get("cmsghdr"), linux.cmsg.headerSize);
  for (const length of [0, 1, 4, 12, 16]) {
    const { headerSize, alignment } = linux.cmsg;
    const space = headerSize + Math.ceil(length / alignment) * alignment;
    assert.equal(printed.get(`CMSG_SPACE(${length})`), space);
  }
});

test("io-uring.ts has the numbers of the kernel's headers", (context) => {
  const names = [
    ...Object.keys(IORING).map((name) => `IORING_${name}`),
    ...Object.keys(IOSQE).map((name) => `IOSQE_${name}`),
  ];
  // Most are enumerators, which #ifdef does not see. This one is a macro, newer than the headers of
  // some systems (Linux 6.5).
  const newer = "IORING_SETUP_NO_MMAP";
  const printed = printedByC(
    context,
    ["linux/io_uring.h"],
    names.map((name) =>
      name === newer ? `\n#ifdef ${name}\n${print(name, name)}\n#endif` : print(name, name),
    ),
  );
  if (printed === undefined) return;
  for (const [name, number] of Object.entries(IORING))
    assert.equal(
      printed.get(`IORING_${name}`) ?? (`IORING_${name}` === newer ? number : undefined),
      number,
      name,
    );
  for (const [name, number] of Object.entries(IOSQE))
    assert.equal(printed.get(`IOSQE_${name}`), number, name);
});

test("the rings of io_uring are laid out as in the kernel's headers", (context) => {
  const { size: bufSize, ...buf } = BUF;
  const { size: bufRegSize, ...bufReg } = BUF_REG;
  const { size: outSize, ...out } = RECVMSG_OUT;
  const { words, ...params } = PARAMS;
  // user_addr, since Linux 6.5, was resv2 before.
  const inParams = (name: string) =>
    name.replace(/^([sc]q)_(?!entries)/, "$1_off.").replace("user_addr", "berkeley_user_addr");
  const userAddress = ["#ifdef IORING_SETUP_NO_MMAP", "user_addr", "#else", "resv2", "#endif"];
  const layouts: readonly (readonly [string, string, number])[] = [
    ...Object.entries(buf).map(([name, at]) => ["io_uring_buf", name, at] as const),
    ...Object.entries(bufReg).map(([name, at]) => ["io_uring_buf_reg", name, at] as const),
    ...Object.entries(out).map(([name, at]) => ["io_uring_recvmsg_out", name, at] as const),
    ...Object.entries(params).map(([name, word]) => ["io_uring_params", inParams(name), word * 4] as const),
    // The members that Ring.prepare() writes.
    ["io_uring_sqe", "opcode", 0],
    ["io_uring_sqe", "flags", 1],
    ["io_uring_sqe", "ioprio", 2],
    ["io_uring_sqe", "fd", 4],
    ["io_uring_sqe", "off", 8],
    ["io_uring_sqe", "addr", 16],
    ["io_uring_sqe", "len", 24],
    ["io_uring_sqe", "msg_flags", 28],
    ["io_uring_sqe", "user_data", 32],
    ["io_uring_sqe", "buf_group", 40],
    ["io_uring_cqe", "user_data", 0],
    ["io_uring_cqe", "res", 8],
    ["io_uring_cqe", "flags", 12],
  ];
  const sizes: Readonly<Record<string, number>> = {
    io_uring_buf: bufSize,
    io_uring_buf_reg: bufRegSize,
    io_uring_recvmsg_out: outSize,
    io_uring_params: words * 4,
    io_uring_sqe: SQE_SIZE,
    io_uring_cqe: CQE_SIZE,
  };
  const printed = printedByC(
    context,
    ["linux/io_uring.h"],
    [
      ...userAddress.map((line) =>
        line.startsWith("#") ? `\n${line}` : `\n#define berkeley_user_addr ${line}`,
      ),
      "",
      ...layouts.map(([type, member]) => print(`${type}.${member}`, `offsetof(struct ${type}, ${member})`)),
      ...Object.keys(sizes).map((type) => print(type, `sizeof(struct ${type})`)),
    ],
  );
  if (printed === undefined) return;
  for (const [type, member, at] of layouts)
    assert.equal(printed.get(`${type}.${member}`), at, `${type}.${member}`);
  for (const [type, size] of Object.entries(sizes)) assert.equal(printed.get(type), size, type);
});

for (const [file, tables] of Object.entries({
  "constants.ts": Object.entries(constants).filter(([, value]) => typeof value === "object"),
  "controls.ts": [["controls", controls]] as const,
  "errno.ts": [["errnos", errnos]] as const,
  "ioctls.ts": [["ioctls", ioctls]] as const,
  "io-uring.ts": [
    ["IORING", IORING],
    ["IOSQE", IOSQE],
  ] as const,
  "options.ts": [["options", options]] as const,
})) {
  test(`the tables of ${file} are sorted by C name`, () => {
    for (const [table, rows] of tables) {
      const names = Object.keys(rows);
      assert.deepEqual(names, names.toSorted(), table);
    }
  });
}

/** Options whose level is not the prefix of their names. */
const otherLevels = [
  ["ICMPV6_", "IPPROTO_ICMPV6"],
  ["ICMP_", "SOL_RAW"],
  ["MPTCP_", "SOL_MPTCP"],
  ["NETLINK_", "SOL_NETLINK"],
  ["PACKET_", "SOL_PACKET"],
  ["SCTP_", "IPPROTO_SCTP"],
  ["SO_VM_SOCKETS_", "AF_VSOCK"],
  ["TLS_", "SOL_TLS"],
  ["UDPLITE_", "IPPROTO_UDPLITE"],
] as const;

/** The MCAST_ options belong to two levels, and IPV6's have a prefix to tell them apart. */
const cName = (key: string): string => key.replace(/^IPV6_MCAST_/, "MCAST_");

const levels = ["SOL_SOCKET", "IPPROTO_IP", "IPPROTO_IPV6", "IPPROTO_TCP", "IPPROTO_UDP"];

function levelOf(key: string): string {
  const other = otherLevels.find(([prefix]) => key.startsWith(prefix));
  if (other !== undefined) return other[1];
  if (/^IP_|^MCAST_|^SO_ORIGINAL_DST$/.test(key)) return "IPPROTO_IP";
  if (/^IPV6_|^IP6T_/.test(key)) return "IPPROTO_IPV6";
  return key.startsWith("SO_") ? "SOL_SOCKET" : `IPPROTO_${key.slice(0, 3)}`;
}

/** KERNEL_VERSION() of linux/version.h. */
function versionCode(version: string): number {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major * 0x10000 + minor * 0x100;
}

/** The headers' definitions of the names; undefined names are missing. */
const compiled = (context: TestContext, headers: readonly string[], names: readonly string[]) =>
  printedByC(
    context,
    headers,
    names.flatMap((name) => [`#ifdef ${name}`, print(name, name), "#endif"]),
  );
