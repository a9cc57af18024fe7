import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { assertFails, assertOk } from "../../test/conformance.ts";
import type { Connection, Fixture } from "../../test/fixture.ts";
import { LOOPBACK } from "../../test/multicast.ts";
import { inNetworkNamespace } from "../../test/network-namespace.ts";
import { observed, optionTests, overIpv6, roundTrip, toggles } from "../../test/round-trip.ts";
import { xfrmPolicy } from "../../test/xfrm-policy.ts";
import { parseIpv6 } from "../address/ip.ts";
import { accept } from "../posix/accept.ts";
import { bind } from "../posix/bind.ts";
import { connect, tryConnect } from "../posix/connect.ts";
import { AF, IPPROTO, SOCK } from "../posix/constants.ts";
import { getsockname } from "../posix/getsockname.ts";
import { getsockopt, tryGetsockopt } from "../posix/getsockopt.ts";
import { listen } from "../posix/listen.ts";
import type { Socket } from "../posix/owned-socket.ts";
import { trySendto } from "../posix/sendto.ts";
import { setsockopt, trySetsockopt } from "../posix/setsockopt.ts";
import { IPV6 } from "./ipv6.ts";
import type { Option, WritableOption } from "./option.ts";
import { SO } from "./so.ts";
import type { In6FlowlabelReq } from "./structures/in6-flowlabel-req.ts";

const udp = (fixture: Fixture) => fixture.socket(AF.INET6, SOCK.DGRAM);
const tcp = (fixture: Fixture) => fixture.socket(AF.INET6, SOCK.STREAM);
/** Protocol 200, which no program uses. */
const raw = (fixture: Fixture) => fixture.socket(AF.INET6, SOCK.RAW, 200);
const needsRaw = { needs: "CAP_NET_RAW" } as const;

function bound(socket: Socket): Socket {
  bind(socket, { family: "ipv6", address: "::1", port: 0 });
  return socket;
}

/** Both ends of a TCP connection over ::1. */
function connection(fixture: Fixture): Connection {
  const listener = bound(tcp(fixture));
  listen(listener, 1);
  const client = tcp(fixture);
  connect(client, getsockname(listener));
  return { client, server: fixture.own(accept(listener).socket) };
}

const sendToItself = (socket: Socket, bytes = 1) =>
  trySendto(socket, new Uint8Array(bytes), 0, getsockname(socket));

const loopbackMtu = () => Number(readFileSync("/sys/class/net/lo/mtu", "utf8"));

// The kernel's view of multicast: /proc/net/igmp6 has a line per group, /proc/net/mcfilter6 a line
// per source, with the number of sockets that include and exclude it.
const hex = (address: string) => Buffer.from(parseIpv6(address) ?? []).toString("hex");
const hasJoined = (group: string) => lineOf("/proc/net/igmp6", `lo +${hex(group)} `) !== undefined;
const filterOf = (group: string, source: string) =>
  lineOf("/proc/net/mcfilter6", `${hex(group)} ${hex(source)} `)
    ?.trim()
    .split(/\s+/)
    .slice(-2)
    .map(Number) ?? [0, 0];
const lineOf = (file: string, pattern: string) =>
  readFileSync(file, "utf8")
    .split("\n")
    .find((line) => new RegExp(pattern).test(line));

const SOURCE = "2001:db8::1";
let lastGroup = 0;

/** A row of an IPv6 multicast option, with a separate socket and group. */
function multicast(
  option: WritableOption<never>,
  what: string,
  run: (socket: Socket, group: string) => void,
) {
  const group = `ff15::6600:${process.pid.toString(16)}:${(++lastGroup).toString(16)}`;
  return observed(option, what, (fixture) => run(udp(fixture), group));
}

/** Rows about joining and leaving a group, for the options given. */
function membership<Request>(
  join: WritableOption<Request>,
  leave: WritableOption<Request>,
  request: (group: string) => NoInfer<Request>,
) {
  return [
    multicast(join, "the interface is in the group", (socket, group) => {
      assert.equal(hasJoined(group), false);
      setsockopt(socket, join, request(group));
      assert.equal(hasJoined(group), true);
      assertFails(trySetsockopt(socket, join, request(group)), "AddressInUse", "EADDRINUSE");
    }),
    multicast(leave, "the interface is in the group no more", (socket, group) => {
      setsockopt(socket, join, request(group));
      setsockopt(socket, leave, request(group));
      assert.equal(hasJoined(group), false);
      assertFails(trySetsockopt(socket, leave, request(group)), "AddressNotAvailable", "EADDRNOTAVAIL");
    }),
  ];
}

const mreq = (multiaddr: string) => ({ multiaddr, ifindex: LOOPBACK });
const groupReq = (group: string) => ({ group, interface: LOOPBACK });
const groupSource = (group: string) => ({ group, source: SOURCE, interface: LOOPBACK });

/**
 * An extension header of 8 bytes: the next header, a length of 0, and an option that pads the rest.
 */
const extension = Uint8Array.of(IPPROTO.UDP, 0, 1, 4, 0, 0, 0, 0);
/** A segment routing header with one segment (RFC 8754). */
const segmentRouting = Uint8Array.of(0, 2, 4, 0, 0, 0, 0, 0, ...(parseIpv6(SOURCE) ?? []));

/** Rows about an extension header: setting it, and removing it with no bytes. */
function header(option: Option<Uint8Array>, value: Uint8Array, conditions = {}) {
  return [
    roundTrip(option, udp, value, conditions),
    observed(
      option,
      "no bytes remove it",
      (fixture) => {
        const socket = udp(fixture);
        setsockopt(socket, option, value);
        setsockopt(socket, option, new Uint8Array(0));
        assert.deepEqual(getsockopt(socket, option), new Uint8Array(0));
      },
      conditions,
    ),
  ];
}

/**
 * A label for this process alone. Linux reserves those from 0x80000 on for stateless flows
 * (net.ipv6.flowlabel_state_ranges).
 */
const freshLabel = () => 1 + ((process.pid * 31 + lastLabel++) % 0x7ffff);
let lastLabel = 0;

const takenLabel = (): In6FlowlabelReq => ({
  action: "get",
  label: freshLabel(),
  dst: "::1",
  share: "exclusive",
  create: true,
});

const rows = [
  ...membership(IPV6.ADD_MEMBERSHIP, IPV6.DROP_MEMBERSHIP, mreq),
  ...membership(IPV6.JOIN_GROUP, IPV6.LEAVE_GROUP, mreq),
  ...membership(IPV6.MCAST_JOIN_GROUP, IPV6.MCAST_LEAVE_GROUP, groupReq),
  observed(IPV6.ADD_MEMBERSHIP, "an interface that is not there", (fixture) => {
    const request = { multiaddr: "ff15::6600", ifindex: 0x7ffffff0 };
    assertFails(trySetsockopt(udp(fixture), IPV6.ADD_MEMBERSHIP, request), "DeviceNotFound", "ENODEV");
  }),
  observed(IPV6.ADD_MEMBERSHIP, "TCP has no multicast", (fixture) => {
    const result = trySetsockopt(tcp(fixture), IPV6.ADD_MEMBERSHIP, mreq("ff15::6600"));
    assertFails(result, "OptionNotSupported", "EPROTO");
  }),
  observed(
    IPV6.ADD_MEMBERSHIP,
    "datagrams come and stay out, by group and by source",
    (fixture) => inNetworkNamespace(fixture, new URL("ipv6-multicast.child.js", import.meta.url)),
    { needs: "CAP_SYS_ADMIN" },
  ),
  multicast(IPV6.MCAST_JOIN_SOURCE_GROUP, "includes one source", (socket, group) => {
    setsockopt(socket, IPV6.MCAST_JOIN_SOURCE_GROUP, groupSource(group));
    assert.deepEqual(filterOf(group, SOURCE), [1, 0]);
  }),
  multicast(IPV6.MCAST_LEAVE_SOURCE_GROUP, "leaves the group with its last source", (socket, group) => {
    setsockopt(socket, IPV6.MCAST_JOIN_SOURCE_GROUP, groupSource(group));
    setsockopt(socket, IPV6.MCAST_LEAVE_SOURCE_GROUP, groupSource(group));
    assert.equal(hasJoined(group), false);
  }),
  multicast(IPV6.MCAST_BLOCK_SOURCE, "excludes one source", (socket, group) => {
    setsockopt(socket, IPV6.MCAST_JOIN_GROUP, groupReq(group));
    setsockopt(socket, IPV6.MCAST_BLOCK_SOURCE, groupSource(group));
    assert.deepEqual(filterOf(group, SOURCE), [0, 1]);
  }),
  multicast(IPV6.MCAST_UNBLOCK_SOURCE, "excludes it no more", (socket, group) => {
    setsockopt(socket, IPV6.MCAST_JOIN_GROUP, groupReq(group));
    setsockopt(socket, IPV6.MCAST_BLOCK_SOURCE, groupSource(group));
    setsockopt(socket, IPV6.MCAST_UNBLOCK_SOURCE, groupSource(group));
    assert.deepEqual(filterOf(group, SOURCE), [0, 0]);
  }),
  multicast(IPV6.MCAST_MSFILTER, "sets all sources", (socket, group) => {
    setsockopt(socket, IPV6.MCAST_JOIN_GROUP, groupReq(group));
    const slist = Array.from({ length: 30 }, (_, index) => `2001:db8::${(index + 1).toString(16)}`);
    setsockopt(socket, IPV6.MCAST_MSFILTER, { ...groupReq(group), fmode: "include", slist });
    for (const source of slist) assert.deepEqual(filterOf(group, source), [1, 0], source);
    setsockopt(socket, IPV6.MCAST_MSFILTER, { ...groupReq(group), fmode: "exclude", slist: [SOURCE] });
    assert.deepEqual(filterOf(group, SOURCE), [0, 1]);
    assert.deepEqual(filterOf(group, "2001:db8::2"), [0, 0]);
  }),
  observed(
    IPV6.JOIN_ANYCAST,
    "the interface has the address, until LEAVE_ANYCAST",
    (fixture) => inNetworkNamespace(fixture, new URL("ipv6-anycast.child.js", import.meta.url)),
    { needs: "CAP_SYS_ADMIN" },
  ),
  observed(
    IPV6.LEAVE_ANYCAST,
    "an address that the socket has not taken",
    (fixture) => {
      const result = trySetsockopt(udp(fixture), IPV6.LEAVE_ANYCAST, mreq(SOURCE));
      assertFails(result, "NotFound", "ENOENT");
    },
    { needs: "CAP_NET_ADMIN" },
  ),
  toggles(IPV6["2292DSTOPTS"], udp),
  toggles(IPV6["2292HOPLIMIT"], udp),
  toggles(IPV6["2292HOPOPTS"], udp),
  toggles(IPV6["2292PKTINFO"], udp),
  toggles(IPV6["2292RTHDR"], udp),
  observed(
    IPV6["2292PKTOPTIONS"],
    "a message with hop-by-hop options sets them",
    (fixture) => {
      const socket = udp(fixture);
      // struct cmsghdr is { size_t len; int level; int type }.
      const message = Uint8Array.of(
        24,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        IPPROTO.IPV6,
        0,
        0,
        0,
        54,
        0,
        0,
        0,
        ...extension,
      );
      setsockopt(socket, IPV6["2292PKTOPTIONS"], message);
      assert.deepEqual(getsockopt(socket, IPV6.HOPOPTS), extension);
      assertFails(tryGetsockopt(socket, IPV6["2292PKTOPTIONS"]), "OptionNotSupported");
    },
    needsRaw,
  ),
  observed(IPV6.PKTINFO, "is what 2292PKTOPTIONS tells on TCP", (fixture) => {
    const socket = tcp(fixture);
    setsockopt(socket, IPV6.RECVPKTINFO, true);
    setsockopt(socket, IPV6.PKTINFO, { addr: SOURCE, ifindex: LOOPBACK });
    const info = getsockopt(socket, IPV6["2292PKTOPTIONS"]).slice(16, 36);
    assert.deepEqual(info, Uint8Array.of(...(parseIpv6(SOURCE) ?? []), LOOPBACK, 0, 0, 0));
  }),
  observed(IPV6.ADDRFORM, "makes a socket that is connected over IPv4 an IPv4 socket", (fixture) => {
    const listener = fixture.listener();
    const { port } = assertIpv4(getsockname(listener));
    const socket = tcp(fixture);
    assertFails(tryGetsockopt(socket, IPV6.ADDRFORM), "SocketNotConnected", "ENOTCONN");
    connect(socket, { family: "ipv6", address: "::ffff:127.0.0.1", port });
    assert.equal(getsockopt(socket, IPV6.ADDRFORM), AF.INET6);
    setsockopt(socket, IPV6.ADDRFORM, AF.INET);
    assert.equal(getsockopt(socket, SO.DOMAIN), AF.INET);
    assertIpv4(getsockname(socket));
    assertFails(tryGetsockopt(socket, IPV6.ADDRFORM), "OptionNotSupported");
  }),
  roundTrip(IPV6.ADDR_PREFERENCES, udp, 1, { reads: 0x401, why: "without COA it is HOME" }),
  roundTrip(IPV6.ADDR_PREFERENCES, udp, 0x402),
  toggles(IPV6.AUTOFLOWLABEL, udp),
  roundTrip(IPV6.CHECKSUM, raw, 6, needsRaw),
  toggles(IPV6.DONTFRAG, udp),
  ...header(IPV6.DSTOPTS, extension, needsRaw),
  ...header(IPV6.HOPOPTS, extension, needsRaw),
  ...header(IPV6.RTHDR, segmentRouting, { requires: "CONFIG_IPV6_SEG6_LWTUNNEL" }),
  ...header(IPV6.RTHDRDSTOPTS, extension, needsRaw),
  observed(IPV6.RTHDR, "a header that is no multiple of 8 bytes", (fixture) => {
    const result = trySetsockopt(udp(fixture), IPV6.RTHDR, segmentRouting.subarray(1));
    assertFails(result, "InvalidArgument", "EINVAL");
  }),
  toggles(IPV6.FLOWINFO, udp),
  toggles(IPV6.FLOWINFO_SEND, udp),
  observed(IPV6.FLOWLABEL_MGR, "an exclusive label is one socket's", (fixture) => {
    const [socket, other] = [udp(fixture), udp(fixture)];
    const request = takenLabel();
    setsockopt(socket, IPV6.FLOWLABEL_MGR, request);
    assertFails(trySetsockopt(other, IPV6.FLOWLABEL_MGR, request), "PermissionDenied", "EPERM");
    const exclusive = { ...request, exclusive: true };
    assertFails(trySetsockopt(other, IPV6.FLOWLABEL_MGR, exclusive), "AlreadyExists", "EEXIST");
    setsockopt(socket, IPV6.FLOWLABEL_MGR, { ...request, action: "renew", expires: 30, linger: 6 });
    setsockopt(socket, IPV6.FLOWLABEL_MGR, { action: "put", label: request.label });
    const again = trySetsockopt(socket, IPV6.FLOWLABEL_MGR, { action: "put", label: request.label });
    assertFails(again, "NotFound", "ESRCH");
  }),
  observed(IPV6.FLOWLABEL_MGR, "a socket that has taken the label sends with it", (fixture) => {
    const receiver = bound(udp(fixture));
    const socket = udp(fixture);
    setsockopt(socket, IPV6.FLOWINFO_SEND, true);
    const request = takenLabel();
    const to = { ...assertIpv6(getsockname(receiver)), flowlabel: request.label };
    setsockopt(socket, IPV6.FLOWLABEL_MGR, request);
    assertFails(tryConnect(udpWithFlowinfo(fixture), to), "InvalidArgument", "EINVAL");
    assertOk(tryConnect(socket, to));
    const { label, share, dst } = getsockopt(socket, IPV6.FLOWLABEL_MGR);
    assert.deepEqual({ label, share, dst }, { label: request.label, share: "exclusive", dst: "::1" });
  }),
  observed(IPV6.FLOWLABEL_MGR, "a label is not read before the socket is connected with one", (fixture) => {
    assertFails(tryGetsockopt(udp(fixture), IPV6.FLOWLABEL_MGR), "NotFound", "ENOENT");
  }),
  toggles(IPV6.FREEBIND, tcp),
  observed(IPV6.FREEBIND, "bind() takes an address of somebody else", (fixture) => {
    const socket = tcp(fixture);
    setsockopt(socket, IPV6.FREEBIND, true);
    bind(socket, { family: "ipv6", address: "2001:db8::9", port: 0 });
  }),
  toggles(IPV6.HDRINCL, raw, needsRaw),
  observed(
    IPV6.IPSEC_POLICY,
    "a policy that discards keeps everything in",
    (fixture) => {
      const socket = bound(udp(fixture));
      // struct sadb_x_policy: length in words of 8, SADB_X_EXT_POLICY, IPSEC_POLICY_DISCARD,
      // IPSEC_DIR_OUTBOUND.
      const discard = Uint8Array.of(2, 0, 18, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0);
      setsockopt(socket, IPV6.IPSEC_POLICY, discard);
      assertFails(sendToItself(socket), "PermissionDenied", "EPERM");
    },
    { needs: "CAP_NET_ADMIN", requires: "CONFIG_NET_KEY" },
  ),
  observed(
    IPV6.XFRM_POLICY,
    "a policy that blocks keeps everything in",
    (fixture) => {
      const socket = bound(udp(fixture));
      assertOk(sendToItself(socket));
      setsockopt(socket, IPV6.XFRM_POLICY, xfrmPolicy(AF.INET6, "block"));
      assertFails(sendToItself(socket), "PermissionDenied", "EPERM");
      setsockopt(socket, IPV6.XFRM_POLICY, xfrmPolicy(AF.INET6, "allow"));
      assertOk(sendToItself(socket));
    },
    { needs: "CAP_NET_ADMIN", requires: "CONFIG_XFRM_USER" },
  ),
  roundTrip(IPV6.MINHOPCOUNT, tcp, 255),
  observed(IPV6.MTU, "is the loopback interface's on a connection over it", (fixture) => {
    assert.equal(getsockopt(connection(fixture).client, IPV6.MTU), loopbackMtu());
    assertFails(tryGetsockopt(tcp(fixture), IPV6.MTU), "SocketNotConnected");
  }),
  observed(IPV6.MTU, "limits what DONTFRAG lets out", (fixture) => {
    const socket = bound(udp(fixture));
    setsockopt(socket, IPV6.DONTFRAG, true);
    assertOk(sendToItself(socket, 2000));
    setsockopt(socket, IPV6.MTU, 1280);
    assertFails(sendToItself(socket, 2000), "MessageTooBig", "EMSGSIZE");
    setsockopt(socket, IPV6.MTU, 0);
    assertOk(sendToItself(socket, 2000));
  }),
  observed(IPV6.PATHMTU, "is the loopback interface's on a connection over it", (fixture) => {
    assert.deepEqual(getsockopt(connection(fixture).client, IPV6.PATHMTU), { mtu: loopbackMtu() });
    assertFails(tryGetsockopt(tcp(fixture), IPV6.PATHMTU), "SocketNotConnected");
  }),
  ...[0, 2, 3, 4, 5].map((how) => roundTrip(IPV6.MTU_DISCOVER, udp, how)),
  toggles(IPV6.MULTICAST_ALL, udp),
  roundTrip(IPV6.MULTICAST_HOPS, udp, 0),
  roundTrip(IPV6.MULTICAST_HOPS, udp, 255),
  observed(IPV6.MULTICAST_HOPS, "-1 goes back to 1", (fixture) => {
    const socket = udp(fixture);
    setsockopt(socket, IPV6.MULTICAST_HOPS, 7);
    setsockopt(socket, IPV6.MULTICAST_HOPS, -1);
    assert.equal(getsockopt(socket, IPV6.MULTICAST_HOPS), 1);
  }),
  roundTrip(IPV6.MULTICAST_IF, udp, LOOPBACK),
  observed(IPV6.MULTICAST_IF, "an interface that is not there", (fixture) => {
    assertFails(trySetsockopt(udp(fixture), IPV6.MULTICAST_IF, 0x7ffffff0), "DeviceNotFound", "ENODEV");
  }),
  toggles(IPV6.MULTICAST_LOOP, udp),
  toggles(IPV6.RECVDSTOPTS, udp),
  toggles(IPV6.RECVERR, udp),
  toggles(IPV6.RECVERR_RFC4884, udp, { requires: "Linux 5.9" }),
  toggles(IPV6.RECVFRAGSIZE, udp),
  toggles(IPV6.RECVHOPLIMIT, udp),
  toggles(IPV6.RECVHOPOPTS, udp),
  toggles(IPV6.RECVORIGDSTADDR, udp),
  toggles(IPV6.RECVPATHMTU, udp),
  toggles(IPV6.RECVPKTINFO, udp),
  toggles(IPV6.RECVRTHDR, udp),
  toggles(IPV6.RECVTCLASS, udp),
  observed(
    IPV6.ROUTER_ALERT,
    "a socket listens for one value, until -1",
    (fixture) => {
      const socket = fixture.socket(AF.INET6, SOCK.RAW, IPPROTO.RAW);
      setsockopt(socket, IPV6.ROUTER_ALERT, 0xffff);
      assertFails(trySetsockopt(socket, IPV6.ROUTER_ALERT, 1), "AddressInUse", "EADDRINUSE");
      setsockopt(socket, IPV6.ROUTER_ALERT, -1);
      setsockopt(socket, IPV6.ROUTER_ALERT, 1);
      assertFails(trySetsockopt(udp(fixture), IPV6.ROUTER_ALERT, 1), "OptionNotSupported");
    },
    needsRaw,
  ),
  toggles(IPV6.ROUTER_ALERT_ISOLATE, udp, { requires: "Linux 5.2" }),
  roundTrip(IPV6.TCLASS, udp, 255),
  observed(IPV6.TCLASS, "-1 goes back to 0", (fixture) => {
    const socket = udp(fixture);
    setsockopt(socket, IPV6.TCLASS, 4);
    setsockopt(socket, IPV6.TCLASS, -1);
    assert.equal(getsockopt(socket, IPV6.TCLASS), 0);
  }),
  toggles(IPV6.TRANSPARENT, tcp, { needs: "CAP_NET_ADMIN" }),
  roundTrip(IPV6.UNICAST_HOPS, udp, 0),
  roundTrip(IPV6.UNICAST_HOPS, tcp, 255),
  observed(IPV6.UNICAST_HOPS, "-1 goes back to the default", (fixture) => {
    const socket = udp(fixture);
    setsockopt(socket, IPV6.UNICAST_HOPS, 7);
    setsockopt(socket, IPV6.UNICAST_HOPS, -1);
    const usual = Number(readFileSync("/proc/sys/net/ipv6/conf/all/hop_limit", "utf8"));
    assert.equal(getsockopt(socket, IPV6.UNICAST_HOPS), usual);
  }),
  roundTrip(IPV6.UNICAST_IF, udp, LOOPBACK),
  toggles(IPV6.V6ONLY, tcp),
  observed(IPV6.V6ONLY, "is not changed any more once the socket is bound", (fixture) => {
    const result = trySetsockopt(bound(tcp(fixture)), IPV6.V6ONLY, true);
    assertFails(result, "InvalidArgument", "EINVAL");
  }),
  observed(IPV6.ORIGINAL_DST, "a connection that nobody redirected has none", (fixture) => {
    const result = tryGetsockopt(connection(fixture).server, IPV6.ORIGINAL_DST);
    assert.ok(!result.ok);
    // ENOENT: netfilter does not follow the connection. ENOPROTOOPT: the kernel has no connection
    // tracking.
    assert.ok(["ENOENT", "ENOPROTOOPT"].includes(result.error.code), result.error.message);
  }),
  observed(
    IPV6.ORIGINAL_DST,
    "where a redirected connection was going",
    (fixture) => inNetworkNamespace(fixture, new URL("original-dst.child.js", import.meta.url), { ip: true }),
    { source: "ipv6_getorigdst in net/netfilter/nf_conntrack_proto.c" },
  ),
];

optionTests("IPPROTO_IPV6", IPV6, rows.map(overIpv6));

function udpWithFlowinfo(fixture: Fixture): Socket {
  const socket = udp(fixture);
  setsockopt(socket, IPV6.FLOWINFO_SEND, true);
  return socket;
}

function assertIpv4(address: ReturnType<typeof getsockname>) {
  assert.ok(address.family === "ipv4");
  return address;
}

function assertIpv6(address: ReturnType<typeof getsockname>) {
  assert.ok(address.family === "ipv6");
  return address;
}
