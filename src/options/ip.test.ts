import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { assertFails, assertOk } from "../../test/conformance.ts";
import type { Fixture } from "../../test/fixture.ts";
import { LOOPBACK, type MulticastGroup, multicast4 } from "../../test/multicast.ts";
import { inNetworkNamespace } from "../../test/network-namespace.ts";
import { observed, optionTests, roundTrip, toggles } from "../../test/round-trip.ts";
import { xfrmPolicy } from "../../test/xfrm-policy.ts";
import { bind } from "../posix/bind.ts";
import { AF, IPPROTO, SOCK } from "../posix/constants.ts";
import { getsockname } from "../posix/getsockname.ts";
import { getsockopt, tryGetsockopt } from "../posix/getsockopt.ts";
import type { Socket } from "../posix/owned-socket.ts";
import { trySendto } from "../posix/sendto.ts";
import { setsockopt, trySetsockopt } from "../posix/setsockopt.ts";
import { IP } from "./ip.ts";
import type { WritableOption } from "./option.ts";
import type { GroupReq } from "./structures/group-req.ts";
import type { GroupSourceReq } from "./structures/group-source-req.ts";

const udp = (fixture: Fixture) => fixture.udp();
const tcp = (fixture: Fixture) => fixture.tcp();
const raw = (fixture: Fixture) => fixture.socket(AF.INET, SOCK.RAW, IPPROTO.ICMP);
const needsRaw = { needs: "CAP_NET_RAW" } as const;

// The sources of the multicast tests: both are this machine.
const SOURCE = "127.0.0.1";
const OTHER = "127.0.0.2";

/**
 * A row of an IPv4 multicast option, with a separate group that the receiver has not joined yet.
 */
function multicast(
  option: WritableOption<never>,
  what: string,
  run: (group: string, to: MulticastGroup) => void,
) {
  return observed(option, what, (fixture) => {
    const group = `239.255.66.${++lastGroup}`;
    run(group, multicast4(fixture, group));
  });
}

let lastGroup = 0;

const inSm = (multiaddr: string, sourceaddr: string) => ({ multiaddr, sourceaddr, interface: SOURCE });
const mreqn = (multiaddr: string) => ({ multiaddr, ifindex: LOOPBACK });
const groupReq = (group: string): GroupReq => ({ group, interface: LOOPBACK });
const groupSource = (group: string, source: string): GroupSourceReq => ({ ...groupReq(group), source });

/** Rows about joining and leaving a group, for the options given. */
function membership<Request>(
  join: WritableOption<Request>,
  leave: WritableOption<Request>,
  request: (group: string) => NoInfer<Request>,
) {
  return [
    multicast(join, "the group's datagrams come", (group, { receiver, comesFrom, staysOutFrom }) => {
      staysOutFrom(SOURCE);
      setsockopt(receiver, join, request(group));
      comesFrom(SOURCE);
    }),
    multicast(leave, "the group's datagrams come no more", (group, { receiver, comesFrom, staysOutFrom }) => {
      setsockopt(receiver, join, request(group));
      comesFrom(SOURCE);
      setsockopt(receiver, leave, request(group));
      staysOutFrom(SOURCE);
      assertFails(trySetsockopt(receiver, leave, request(group)), "AddressNotAvailable", "EADDRNOTAVAIL");
    }),
  ];
}

/** Rows about the sources of a group, for the options given. */
function sources<Request>(
  options: {
    readonly join: WritableOption<Request>;
    readonly leave: WritableOption<Request>;
    readonly block: WritableOption<Request>;
    readonly unblock: WritableOption<Request>;
  },
  request: (group: string, source: string) => NoInfer<Request>,
) {
  const { join, leave, block, unblock } = options;
  return [
    multicast(join, "the datagrams of one source come", (group, { receiver, comesFrom, staysOutFrom }) => {
      setsockopt(receiver, join, request(group, SOURCE));
      comesFrom(SOURCE);
      staysOutFrom(OTHER);
    }),
    multicast(
      leave,
      "the source's datagrams come no more",
      (group, { receiver, comesFrom, staysOutFrom }) => {
        setsockopt(receiver, join, request(group, SOURCE));
        setsockopt(receiver, join, request(group, OTHER));
        setsockopt(receiver, leave, request(group, SOURCE));
        staysOutFrom(SOURCE);
        comesFrom(OTHER);
      },
    ),
    multicast(block, "keeps one source out", (group, { receiver, comesFrom, staysOutFrom }) => {
      setsockopt(receiver, IP.ADD_MEMBERSHIP, mreqn(group));
      setsockopt(receiver, block, request(group, OTHER));
      comesFrom(SOURCE);
      staysOutFrom(OTHER);
    }),
    multicast(unblock, "lets the source in again", (group, { receiver, comesFrom }) => {
      setsockopt(receiver, IP.ADD_MEMBERSHIP, mreqn(group));
      setsockopt(receiver, block, request(group, OTHER));
      setsockopt(receiver, unblock, request(group, OTHER));
      comesFrom(OTHER);
    }),
  ];
}

/** A UDP socket sends to itself. */
function sendsToItself(socket: Socket) {
  return trySendto(socket, new Uint8Array(1), 0, getsockname(socket));
}

const boundUdp = (fixture: Fixture) => {
  const socket = fixture.udp();
  bind(socket, { family: "ipv4", address: "127.0.0.1", port: 0 });
  return socket;
};

optionTests("IPPROTO_IP", IP, [
  ...membership(IP.ADD_MEMBERSHIP, IP.DROP_MEMBERSHIP, mreqn),
  ...membership(IP.MCAST_JOIN_GROUP, IP.MCAST_LEAVE_GROUP, groupReq),
  ...sources(
    {
      join: IP.ADD_SOURCE_MEMBERSHIP,
      leave: IP.DROP_SOURCE_MEMBERSHIP,
      block: IP.BLOCK_SOURCE,
      unblock: IP.UNBLOCK_SOURCE,
    },
    inSm,
  ),
  ...sources(
    {
      join: IP.MCAST_JOIN_SOURCE_GROUP,
      leave: IP.MCAST_LEAVE_SOURCE_GROUP,
      block: IP.MCAST_BLOCK_SOURCE,
      unblock: IP.MCAST_UNBLOCK_SOURCE,
    },
    groupSource,
  ),
  multicast(IP.ADD_MEMBERSHIP, "joins by an address of the interface too", (multiaddr, to) => {
    setsockopt(to.receiver, IP.ADD_MEMBERSHIP, { multiaddr, address: "127.0.0.1" });
    to.comesFrom(SOURCE);
  }),
  multicast(IP.ADD_MEMBERSHIP, "a group is joined once", (multiaddr, { receiver }) => {
    setsockopt(receiver, IP.ADD_MEMBERSHIP, mreqn(multiaddr));
    const again = trySetsockopt(receiver, IP.ADD_MEMBERSHIP, mreqn(multiaddr));
    assertFails(again, "AddressInUse", "EADDRINUSE");
  }),
  observed(IP.ADD_MEMBERSHIP, "an interface that is not there", (fixture) => {
    const request = { multiaddr: "239.255.66.200", ifindex: 0x7ffffff0 };
    assertFails(trySetsockopt(fixture.udp(), IP.ADD_MEMBERSHIP, request), "DeviceNotFound", "ENODEV");
  }),
  observed(IP.ADD_MEMBERSHIP, "TCP has no multicast", (fixture) => {
    assertFails(
      trySetsockopt(fixture.tcp(), IP.ADD_MEMBERSHIP, mreqn("239.255.66.200")),
      "OptionNotSupported",
      "EPROTO",
    );
  }),
  multicast(
    IP.MSFILTER,
    "includes one source, and excludes one",
    (multiaddr, { receiver, comesFrom, staysOutFrom }) => {
      setsockopt(receiver, IP.ADD_MEMBERSHIP, { multiaddr, address: SOURCE });
      const filter = { multiaddr, interface: SOURCE, slist: [OTHER] };
      setsockopt(receiver, IP.MSFILTER, { ...filter, fmode: "include" });
      staysOutFrom(SOURCE);
      comesFrom(OTHER);
      setsockopt(receiver, IP.MSFILTER, { ...filter, fmode: "exclude" });
      comesFrom(SOURCE);
      staysOutFrom(OTHER);
    },
  ),
  multicast(
    IP.MCAST_MSFILTER,
    "includes one source, and excludes one",
    (group, { receiver, comesFrom, staysOutFrom }) => {
      setsockopt(receiver, IP.MCAST_JOIN_GROUP, groupReq(group));
      const filter = { ...groupReq(group), slist: [OTHER] };
      setsockopt(receiver, IP.MCAST_MSFILTER, { ...filter, fmode: "include" });
      staysOutFrom(SOURCE);
      comesFrom(OTHER);
      setsockopt(receiver, IP.MCAST_MSFILTER, { ...filter, fmode: "exclude" });
      comesFrom(SOURCE);
      staysOutFrom(OTHER);
    },
  ),
  toggles(IP.MULTICAST_ALL, udp),
  roundTrip(IP.MULTICAST_IF, udp, "127.0.0.1", { reads: "127.0.0.1" }),
  roundTrip(
    IP.MULTICAST_IF,
    udp,
    { address: "127.0.0.1", ifindex: LOOPBACK },
    { reads: "127.0.0.1", why: "its address is what it was set by" },
  ),
  observed(IP.MULTICAST_IF, "an address that no interface has", (fixture) => {
    const result = trySetsockopt(fixture.udp(), IP.MULTICAST_IF, "192.0.2.77");
    assertFails(result, "AddressNotAvailable", "EADDRNOTAVAIL");
  }),
  toggles(IP.MULTICAST_LOOP, udp),
  roundTrip(IP.MULTICAST_TTL, udp, 0),
  roundTrip(IP.MULTICAST_TTL, udp, 255),
  observed(IP.MULTICAST_TTL, "-1 goes back to 1", (fixture) => {
    const socket = fixture.udp();
    setsockopt(socket, IP.MULTICAST_TTL, 7);
    setsockopt(socket, IP.MULTICAST_TTL, -1);
    assert.equal(getsockopt(socket, IP.MULTICAST_TTL), 1);
  }),
  toggles(IP.BIND_ADDRESS_NO_PORT, tcp),
  observed(IP.BIND_ADDRESS_NO_PORT, "bind() to port 0 leaves the port open", (fixture) => {
    const socket = fixture.tcp();
    setsockopt(socket, IP.BIND_ADDRESS_NO_PORT, true);
    bind(socket, { family: "ipv4", address: "127.0.0.1", port: 0 });
    assert.deepEqual(getsockname(socket), { family: "ipv4", address: "127.0.0.1", port: 0 });
  }),
  toggles(IP.CHECKSUM, udp),
  toggles(IP.FREEBIND, tcp),
  observed(IP.FREEBIND, "bind() takes an address of somebody else", (fixture) => {
    const socket = fixture.tcp();
    setsockopt(socket, IP.FREEBIND, true);
    bind(socket, { family: "ipv4", address: "203.0.113.9", port: 0 });
  }),
  toggles(IP.HDRINCL, raw, needsRaw),
  observed(
    IP.IPSEC_POLICY,
    "a policy that discards keeps everything in",
    (fixture) => {
      const socket = boundUdp(fixture);
      // struct sadb_x_policy: length in words of 8, SADB_X_EXT_POLICY, IPSEC_POLICY_DISCARD,
      // IPSEC_DIR_OUTBOUND.
      const discard = Buffer.from([2, 0, 18, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
      setsockopt(socket, IP.IPSEC_POLICY, discard);
      assertFails(sendsToItself(socket), "PermissionDenied", "EPERM");
    },
    { needs: "CAP_NET_ADMIN", requires: "CONFIG_NET_KEY" },
  ),
  observed(
    IP.XFRM_POLICY,
    "a policy that blocks keeps everything in",
    (fixture) => {
      const socket = boundUdp(fixture);
      assertOk(sendsToItself(socket));
      setsockopt(socket, IP.XFRM_POLICY, xfrmPolicy(AF.INET, "block"));
      assertFails(sendsToItself(socket), "PermissionDenied", "EPERM");
      setsockopt(socket, IP.XFRM_POLICY, xfrmPolicy(AF.INET, "allow"));
      assertOk(sendsToItself(socket));
    },
    { needs: "CAP_NET_ADMIN", requires: "CONFIG_XFRM_USER" },
  ),
  roundTrip(IP.LOCAL_PORT_RANGE, tcp, { min: 40_000, max: 40_100 }, { requires: "Linux 6.3" }),
  roundTrip(IP.LOCAL_PORT_RANGE, tcp, { min: 50_000, max: 0 }, { requires: "Linux 6.3" }),
  observed(
    IP.LOCAL_PORT_RANGE,
    "bind() to port 0 chooses from the range",
    (fixture) => {
      const socket = fixture.tcp();
      setsockopt(socket, IP.LOCAL_PORT_RANGE, { min: 40_000, max: 40_100 });
      bind(socket, { family: "ipv4", address: "127.0.0.1", port: 0 });
      const name = getsockname(socket);
      assert.ok(name.family === "ipv4" && name.port >= 40_000 && name.port <= 40_100, JSON.stringify(name));
    },
    { requires: "Linux 6.3" },
  ),
  roundTrip(IP.MINTTL, tcp, 255),
  observed(IP.MTU, "is the loopback interface's on a connection over it", (fixture) => {
    const mtu = Number(readFileSync("/sys/class/net/lo/mtu", "utf8"));
    // IP_MAX_MTU in include/net/ip.h.
    assert.equal(getsockopt(fixture.connection().client, IP.MTU), Math.min(mtu, 0xffff));
    assertFails(tryGetsockopt(fixture.tcp(), IP.MTU), "SocketNotConnected");
  }),
  ...[0, 2, 3, 4, 5].map((how) => roundTrip(IP.MTU_DISCOVER, udp, how)),
  toggles(IP.NODEFRAG, raw, needsRaw),
  roundTrip(IP.OPTIONS, udp, Uint8Array.of(1, 1, 1, 0)),
  roundTrip(IP.OPTIONS, udp, Uint8Array.of(1, 1, 1, 1, 1), {
    reads: Uint8Array.of(1, 1, 1, 1, 1, 0, 0, 0),
    why: "the kernel ends the list, and pads to a multiple of 4",
  }),
  toggles(IP.PASSSEC, udp),
  toggles(IP.PKTINFO, udp),
  observed(IP.PKTOPTIONS, "has what PKTINFO, RECVTTL and RECVTOS ask for", (fixture) => {
    const { client } = fixture.connection();
    assert.equal(getsockopt(client, IP.PKTOPTIONS).byteLength, 0);
    setsockopt(client, IP.RECVTTL, true);
    // struct cmsghdr is { size_t len; int level; int type }: a message of 20 bytes, IPPROTO_IP,
    // IP_TTL, and an int.
    const message = Buffer.from(getsockopt(client, IP.PKTOPTIONS));
    assert.deepEqual(
      [message.readUInt32LE(0), message.readInt32LE(8), message.readInt32LE(12)],
      [20, IPPROTO.IP, 2],
    );
    assertFails(tryGetsockopt(fixture.udp(), IP.PKTOPTIONS), "OptionNotSupported");
  }),
  observed(
    IP.PROTOCOL,
    "is that of a raw socket",
    (fixture) => assert.equal(getsockopt(raw(fixture), IP.PROTOCOL), IPPROTO.ICMP),
    { ...needsRaw, requires: "Linux 6.4" },
  ),
  toggles(IP.RECVERR, udp),
  toggles(IP.RECVERR_RFC4884, udp, { requires: "Linux 5.9" }),
  toggles(IP.RECVFRAGSIZE, udp),
  toggles(IP.RECVOPTS, udp),
  toggles(IP.RECVORIGDSTADDR, udp),
  toggles(IP.RECVRETOPTS, udp),
  toggles(IP.RECVTOS, udp),
  toggles(IP.RECVTTL, udp),
  toggles(IP.RETOPTS, udp),
  toggles(IP.ROUTER_ALERT, raw, { ...needsRaw, requires: "a kernel newer than Linux 6.1 to be read" }),
  roundTrip(IP.TOS, udp, 255),
  roundTrip(IP.TOS, tcp, 0x1f, { reads: 0x1c, why: "on TCP the two bits of ECN are the kernel's" }),
  toggles(IP.TRANSPARENT, tcp, { needs: "CAP_NET_ADMIN" }),
  roundTrip(IP.TTL, udp, 1),
  roundTrip(IP.TTL, tcp, 255),
  observed(IP.TTL, "-1 goes back to the default", (fixture) => {
    const socket = fixture.udp();
    setsockopt(socket, IP.TTL, 7);
    setsockopt(socket, IP.TTL, -1);
    const usual = Number(readFileSync("/proc/sys/net/ipv4/ip_default_ttl", "utf8"));
    assert.equal(getsockopt(socket, IP.TTL), usual);
  }),
  roundTrip(IP.UNICAST_IF, udp, LOOPBACK),
  observed(IP.UNICAST_IF, "an interface that is not there", (fixture) => {
    assertFails(trySetsockopt(fixture.udp(), IP.UNICAST_IF, 0x7ffffff0), "AddressNotAvailable");
  }),
  observed(IP.ORIGINAL_DST, "a connection that nobody redirected has none", (fixture) => {
    const { server } = fixture.connection();
    const result = tryGetsockopt(server, IP.ORIGINAL_DST);
    assert.ok(!result.ok);
    // ENOENT: netfilter does not follow the connection. ENOPROTOOPT: the kernel has no connection
    // tracking.
    assert.ok(["ENOENT", "ENOPROTOOPT"].includes(result.error.code), result.error.message);
  }),
  observed(
    IP.ORIGINAL_DST,
    "where a redirected connection was going",
    (fixture) => inNetworkNamespace(fixture, new URL("original-dst.child.js", import.meta.url), { ip: true }),
    { source: "getorigdst in net/netfilter/nf_conntrack_proto.c" },
  ),
]);
