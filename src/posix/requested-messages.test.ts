// Control messages that an option requests, in addition to those of control-messages.test.ts.
import assert from "node:assert/strict";
import { conformance } from "../../test/conformance.ts";
import { type Fixture, loopback } from "../../test/fixture.ts";
import { inNetworkNamespace } from "../../test/network-namespace.ts";
import type { ControlMessage, ControlMessageToSend } from "../control/control-message.ts";
import { IP } from "../options/ip.ts";
import { IPV6 } from "../options/ipv6.ts";
import type { WritableOption } from "../options/option.ts";
import { SO } from "../options/so.ts";
import { TCP } from "../options/tcp.ts";
import { bind } from "./bind.ts";
import { connect } from "./connect.ts";
import { AF, MSG, POLL, SOCK, SOF_TIMESTAMPING } from "./constants.ts";
import { getsockname } from "./getsockname.ts";
import { getsockopt } from "./getsockopt.ts";
import type { Descriptor } from "./owned-descriptor.ts";
import type { Socket } from "./owned-socket.ts";
import { poll } from "./poll.ts";
import { tryRecv } from "./recv.ts";
import { recvmsg } from "./recvmsg.ts";
import { send, trySend } from "./send.ts";
import { sendmsg, trySendmsg } from "./sendmsg.ts";
import { setsockopt, trySetsockopt } from "./setsockopt.ts";

const windows = "Windows has no such control message";
const bsd = "it is about Linux's option";
const except = { windows, darwin: bsd, freebsd: bsd };

const hello = Buffer.from("hello");
const loopback6 = { family: "ipv6", address: "::1", port: 0 } as const;
const buffer = (length = 64) => ({ data: [Buffer.alloc(length)], controlLength: 512 });

/** A UDP receiver on loopback, and a sender connected to it. */
function connected(fixture: Fixture, domain: number = AF.INET): { receiver: Socket; sender: Socket } {
  const [receiver, sender] = [fixture.socket(domain, SOCK.DGRAM), fixture.socket(domain, SOCK.DGRAM)];
  bind(receiver, domain === AF.INET ? loopback : loopback6);
  connect(sender, getsockname(receiver));
  return { receiver, sender };
}

function sendWith(sender: Socket, control: readonly ControlMessageToSend[], data = hello): void {
  sendmsg(sender, { data: [data], control });
}

const received = (receiver: Socket, flags = 0): readonly ControlMessage<Socket | Descriptor>[] =>
  recvmsg(receiver, buffer(), flags).control;

/** Sets an option. Skips the row if the kernel is too old or a privilege is missing. */
function request(fixture: Fixture, socket: Socket, option: WritableOption<boolean>): boolean {
  const result = trySetsockopt(socket, option, true);
  if (!result.ok) fixture.skip(result.error.message);
  return result.ok;
}

// include/uapi/linux/net_tstamp.h
const TX_SOFTWARE = 1 << 1;
const RX_SOFTWARE = 1 << 3;
const SOFTWARE = 1 << 4;
const OPT_CMSG = 1 << 10;
const ORIGIN_TIMESTAMPING = 4;

conformance("control messages", [
  {
    clause: "SCM_TIMESTAMPING: when a packet arrived, by software",
    source: "Documentation/networking/timestamping.rst, 1.3 and 2.1",
    except,
    run(fixture) {
      const { receiver, sender } = connected(fixture);
      setsockopt(receiver, SO.TIMESTAMPING, RX_SOFTWARE | SOFTWARE);
      const before = BigInt(Date.now()) * 1_000_000n;
      // The kernel starts timestamping with a delay (net_enable_timestamp in net/core/dev.c).
      let message: ControlMessage<Socket | Descriptor> | undefined;
      for (const end = Date.now() + 5000; message === undefined && Date.now() < end; ) {
        send(sender, hello);
        [message] = received(receiver);
      }
      assert.ok(message?.type === "SCM_TIMESTAMPING");
      assert.ok(message.software >= before && message.software <= BigInt(Date.now() + 1) * 1_000_000n);
      assert.equal(message.hardware, 0n);
    },
  },
  {
    clause: "SCM_TIMESTAMPING: sent, it asks for the time stamp of one message, on the error queue",
    source: "Documentation/networking/timestamping.rst, 1.3.4 and 2.1.1",
    except,
    run(fixture) {
      const { sender } = connected(fixture);
      setsockopt(sender, SO.TIMESTAMPING, SOFTWARE | OPT_CMSG);
      send(sender, hello);
      const before = BigInt(Date.now()) * 1_000_000n;
      sendWith(sender, [{ type: "SCM_TIMESTAMPING", flags: TX_SOFTWARE }]);
      assert.equal(poll([{ socket: sender, events: 0 }], 5000).length, 1);
      const control = received(sender, MSG.ERRQUEUE);
      const time = control.find((message) => message.type === "SCM_TIMESTAMPING");
      assert.ok(time?.type === "SCM_TIMESTAMPING" && time.software >= before);
      const error = control.find((message) => message.type === "IP_RECVERR");
      assert.ok(error?.type === "IP_RECVERR");
      assert.deepEqual([error.code, error.origin], ["ENOMSG", ORIGIN_TIMESTAMPING]);
      assert.equal(poll([{ socket: sender, events: 0 }], 0).length, 0, "the first asked for none");
    },
  },
  {
    clause: "SO_RXQ_OVFL: how many messages were dropped, once one was",
    source: "socket(7), SO_RXQ_OVFL",
    except,
    run(fixture) {
      const { receiver, sender } = connected(fixture);
      setsockopt(receiver, SO.RXQ_OVFL, true);
      setsockopt(receiver, SO.RCVBUF, 4096);
      send(sender, hello);
      assert.deepEqual(received(receiver), []);
      while (getsockopt(receiver, SO.MEMINFO).drops === 0) send(sender, Buffer.alloc(1000));
      const { drops } = getsockopt(receiver, SO.MEMINFO);
      while (tryRecv(receiver, new Uint8Array(1000), MSG.DONTWAIT).ok);
      send(sender, hello);
      assert.deepEqual(received(receiver), [{ type: "SO_RXQ_OVFL", value: drops }]);
    },
  },
  {
    clause: "SO_MARK: of one packet, both ways",
    source: "socket(7), SO_MARK; sock_recv_mark and __sock_cmsg_send in net/core",
    except,
    run(fixture) {
      const { receiver, sender } = connected(fixture);
      if (!request(fixture, receiver, SO.RCVMARK)) return;
      sendWith(sender, [{ type: "SO_MARK", value: 0xfffffffe }]);
      assert.deepEqual(received(receiver), [{ type: "SO_MARK", value: 0xfffffffe }]);
      send(sender, hello);
      assert.deepEqual(received(receiver), [{ type: "SO_MARK", value: 0 }], "the next has the socket's");
    },
  },
  {
    clause: "SO_PRIORITY: of one packet, both ways",
    source: "socket(7), SO_PRIORITY; sock_recv_priority and __sock_cmsg_send in net/core",
    except,
    run(fixture) {
      const { receiver, sender } = connected(fixture);
      if (!request(fixture, receiver, SO.RCVPRIORITY)) return;
      sendWith(sender, [{ type: "SO_PRIORITY", value: 5 }]);
      assert.deepEqual(received(receiver), [{ type: "SO_PRIORITY", value: 5 }]);
    },
  },
  {
    clause: "IP_ORIGDSTADDR and IPV6_ORIGDSTADDR: where a packet was sent to",
    source: "ip(7), IP_RECVORIGDSTADDR; ip_cmsg_recv_dstaddr in net/ipv4/ip_sockglue.c",
    except,
    run(fixture) {
      for (const [domain, option, type] of [
        [AF.INET, IP.RECVORIGDSTADDR, "IP_ORIGDSTADDR"],
        [AF.INET6, IPV6.RECVORIGDSTADDR, "IPV6_ORIGDSTADDR"],
      ] as const) {
        const { receiver, sender } = connected(fixture, domain);
        setsockopt(receiver, option, true);
        send(sender, hello);
        assert.deepEqual(received(receiver), [{ type, address: getsockname(receiver) }]);
      }
    },
  },
  {
    clause: "IPV6_FLOWINFO: the flow label and the traffic class of one packet, both ways",
    source: "ip6_datagram_send_ctl and ip6_datagram_recv_common_ctl in net/ipv6/datagram.c",
    except,
    run(fixture) {
      const { receiver, sender } = connected(fixture, AF.INET6);
      setsockopt(receiver, IPV6.FLOWINFO, true);
      // While any program on the host leases a label exclusively, others must be leased, too
      // (ipv6_flowlabel_exclusive in net/ipv6/ip6_flowlabel.c).
      const lease = { label: 0x0abcde, dst: "::1", share: "any", create: true } as const;
      setsockopt(sender, IPV6.FLOWLABEL_MGR, { action: "get", ...lease });
      sendWith(sender, [{ type: "IPV6_FLOWINFO", value: 0x0abcde }]);
      assert.deepEqual(received(receiver), [{ type: "IPV6_FLOWINFO", value: 0x0abcde }]);
      setsockopt(sender, IPV6.AUTOFLOWLABEL, false);
      sendWith(sender, [{ type: "IPV6_TCLASS", value: 0x20 }]);
      assert.deepEqual(received(receiver), [{ type: "IPV6_FLOWINFO", value: 0x02000000 }]);
      send(sender, hello);
      assert.deepEqual(received(receiver), [], "one of 0 is not reported");
    },
  },
  {
    clause: "TCP_CM_INQ: how much is left in the queue",
    source: "tcp(7), TCP_INQ; tcp_inq_hint in net/ipv4/tcp.c",
    except,
    run(fixture) {
      const { client, server } = fixture.connection();
      setsockopt(server, TCP.INQ, true);
      send(client, hello);
      poll([{ socket: server, events: POLL.IN }], 5000);
      for (const [size, left] of [
        [2, 3],
        [3, 0],
      ] as const) {
        const { bytes, control } = recvmsg(server, buffer(size));
        assert.deepEqual([bytes, control], [size, [{ type: "TCP_CM_INQ", value: left }]]);
      }
    },
  },
  {
    clause: "SCM_INQ: how much is left in the queue of a unix stream",
    source: "unix_stream_read_generic in net/unix/af_unix.c; Linux 6.17",
    except,
    run(fixture) {
      const [client, server] = fixture.pair();
      if (!request(fixture, server, SO.INQ)) return;
      send(client, hello);
      for (const [size, left] of [
        [2, 3],
        [3, 0],
      ] as const) {
        const { bytes, control } = recvmsg(server, buffer(size));
        assert.deepEqual([bytes, control], [size, [{ type: "SCM_INQ", value: left }]]);
      }
    },
  },
  {
    clause: "NETLINK_LISTEN_ALL_NSID: the number of the namespace that a message is from",
    source: "netlink(7), NETLINK_LISTEN_ALL_NSID; netlink_cmsg_listen_all_nsid in net/netlink/af_netlink.c",
    except,
    run: (fixture) =>
      inNetworkNamespace(fixture, new URL("./netlink-namespaces.child.js", import.meta.url), { ip: true }),
  },
  {
    clause: "SCM_TXTIME: when a message is sent; EINVAL without SO_TXTIME",
    source: "socket(7); __sock_cmsg_send in net/core/sock.c; tc-etf(8)",
    except,
    run(fixture) {
      const { receiver, sender } = connected(fixture);
      const now = process.hrtime.bigint();
      const message = { data: [hello], control: [{ type: "SCM_TXTIME", nanoseconds: now }] } as const;
      const result = trySendmsg(sender, message);
      assert.ok(!result.ok && result.error.name === "InvalidArgument" && result.error.code === "EINVAL");
      setsockopt(sender, SO.TXTIME, { clockid: 1, flags: 0 });
      sendmsg(sender, message);
      assert.equal(recvmsg(receiver, buffer()).bytes, hello.byteLength);
    },
  },
  {
    clause: "IPV6_RECVFRAGSIZE: the largest fragment of a packet",
    source: "ip6_datagram_recv_specific_ctl in net/ipv6/datagram.c",
    except,
    run(fixture) {
      const { receiver, sender } = connected(fixture, AF.INET6);
      setsockopt(receiver, IPV6.RECVFRAGSIZE, true);
      send(sender, Buffer.alloc(65_520));
      const [message] = received(receiver);
      assert.ok(message?.type === "IPV6_RECVFRAGSIZE");
      // The loopback interface's MTU, 65536, would become 0 in the kernel's 16 bits.
      assert.ok(message.value > 0 && message.value < 65_536, String(message.value));
    },
  },
  {
    clause: "IPV6_DSTOPTS and IPV6_HOPOPTS: the headers of one packet, both ways",
    source: "RFC 3542, 6 and 8; ip6_datagram_send_ctl in net/ipv6/datagram.c",
    except,
    run(fixture) {
      const { receiver, sender } = connected(fixture, AF.INET6);
      setsockopt(receiver, IPV6.RECVDSTOPTS, true);
      setsockopt(receiver, IPV6.RECVHOPOPTS, true);
      // The next header, the length, and PadN with four bytes.
      const padding = Uint8Array.from([0, 0, 1, 4, 0, 0, 0, 0]);
      for (const type of ["IPV6_DSTOPTS", "IPV6_HOPOPTS"] as const) {
        const result = trySendmsg(sender, { data: [hello], control: [{ type, data: padding }] });
        if (!result.ok && result.error.code === "EPERM") return fixture.skip("it takes CAP_NET_RAW");
        const [message] = received(receiver);
        assert.ok(message?.type === type);
        assert.deepEqual(message.data.subarray(1), padding.subarray(1));
      }
    },
  },
  {
    clause: "IPV6_2292PKTINFO and the others of RFC 2292: both ways",
    source: "RFC 2292, 5 to 7; ip6_datagram_recv_specific_ctl in net/ipv6/datagram.c",
    except,
    run(fixture) {
      const { receiver, sender } = connected(fixture, AF.INET6);
      setsockopt(receiver, IPV6["2292PKTINFO"], true);
      setsockopt(receiver, IPV6["2292HOPLIMIT"], true);
      setsockopt(receiver, IPV6["2292DSTOPTS"], true);
      setsockopt(receiver, IPV6["2292HOPOPTS"], true);
      const info = { type: "IPV6_2292PKTINFO", address: "::1", ifindex: 1 } as const;
      const hops = { type: "IPV6_2292HOPLIMIT", value: 7 } as const;
      sendWith(sender, [{ ...info, ifindex: "lo" }, hops]);
      assert.deepEqual(received(receiver), [info, hops]);
      // The next header, the length, and PadN with four bytes.
      const padding = Uint8Array.from([0, 0, 1, 4, 0, 0, 0, 0]);
      for (const type of ["IPV6_2292DSTOPTS", "IPV6_2292HOPOPTS"] as const) {
        const result = trySendmsg(sender, { data: [hello], control: [{ type, data: padding }] });
        if (!result.ok && result.error.code === "EPERM") return fixture.skip("it takes CAP_NET_RAW");
        const message = received(receiver).find((message) => message.type === type);
        assert.ok(message?.type === type);
        assert.deepEqual(message.data.subarray(1), padding.subarray(1));
      }
    },
  },
  {
    clause: "SCM_TIMESTAMPING_OPT_STATS: what TCP counted until a time stamp, as netlink attributes",
    source:
      "Documentation/networking/timestamping.rst, 1.3.3; tcp_get_timestamping_opt_stats in net/ipv4/tcp.c",
    except,
    run(fixture) {
      const { client } = fixture.connection();
      const { TX_ACK, SOFTWARE, OPT_ID, OPT_TSONLY, OPT_STATS } = SOF_TIMESTAMPING;
      setsockopt(client, SO.TIMESTAMPING, TX_ACK | SOFTWARE | OPT_ID | OPT_TSONLY | OPT_STATS);
      send(client, hello);
      assert.equal(poll([{ socket: client, events: 0 }], 5000).length, 1);
      const control = recvmsg(client, { ...buffer(), controlLength: 1024 }, MSG.ERRQUEUE).control;
      const stats = control.find((message) => message.type === "SCM_TIMESTAMPING_OPT_STATS");
      assert.ok(stats?.type === "SCM_TIMESTAMPING_OPT_STATS");
      // struct nlattr { __u16 nla_len, nla_type }, then TCP_NLA_BUSY: 8 bytes. TCP_NLA_PAD aligns
      // them where the processor needs it (nla_need_padding_for_64bit in include/net/netlink.h).
      const { buffer: memory, byteOffset } = stats.data;
      const view = new DataView(memory, byteOffset);
      const attribute = (at: number) => [view.getUint16(at, true), view.getUint16(at + 2, true)];
      const [length, type] = attribute(0);
      assert.deepEqual(attribute(length === 4 && type === 0 ? 4 : 0), [12, 1]);
    },
  },
  {
    clause: "IP_RECVOPTS and IP_RETOPTS: the options of a packet, and those to answer with",
    source: "ip(7), IP_RECVOPTS and IP_RETOPTS; ip_cmsg_recv_opts in net/ipv4/ip_sockglue.c",
    except,
    run(fixture) {
      const { receiver, sender } = connected(fixture);
      setsockopt(receiver, IP.RECVOPTS, true);
      setsockopt(receiver, IP.RETOPTS, true);
      // A time stamp of one entry (RFC 791, 3.1).
      const options = Uint8Array.from([0x44, 8, 5, 0, 0, 0, 0, 0]);
      sendWith(sender, [{ type: "IP_RETOPTS", data: options }]);
      const [arrived, answer] = received(receiver);
      assert.ok(arrived?.type === "IP_RECVOPTS" && answer?.type === "IP_RETOPTS");
      for (const { data } of [arrived, answer]) assert.deepEqual([...data.subarray(0, 2)], [0x44, 8]);
      sendWith(sender, [answer]);
      assert.equal(received(receiver)[0]?.type, "IP_RECVOPTS");
    },
  },
  {
    clause: "IPV6_DONTFRAG and IPV6_PATHMTU: a message that is too long for its path",
    source: "RFC 3542, 11.2 and 11.3; ipv6_local_rxpmtu in net/ipv6/datagram.c",
    except,
    run(fixture) {
      const { sender } = connected(fixture, AF.INET6);
      setsockopt(sender, IPV6.RECVPATHMTU, true);
      const control = [{ type: "IPV6_DONTFRAG", value: 1 }] as const;
      assert.ok(trySend(sender, Buffer.alloc(65_510)).ok, "it goes in fragments");
      const result = trySendmsg(sender, { data: [Buffer.alloc(65_510)], control });
      assert.ok(!result.ok && result.error.name === "MessageTooBig");
      const { bytes, control: received } = recvmsg(sender, buffer());
      const [message] = received;
      assert.ok(bytes === 0 && message?.type === "IPV6_PATHMTU");
      assert.ok(message.address.family === "ipv6" && message.address.address === "::1");
      assert.equal(message.mtu, 65_536);
    },
  },
]);
