import assert from "node:assert/strict";
import { readFileSync, readlinkSync } from "node:fs";
import { conformance } from "../../test/conformance.ts";
import { type Fixture, loopback } from "../../test/fixture.ts";
import type { ControlMessage } from "../control/control-message.ts";
import { IP } from "../options/ip.ts";
import { IPV6 } from "../options/ipv6.ts";
import { rawOption } from "../options/raw.ts";
import { SO } from "../options/so.ts";
import { UDP } from "../options/udp.ts";
import { bind } from "./bind.ts";
import { close } from "./close.ts";
import { connect } from "./connect.ts";
import { AF, MSG, POLL, SOCK, SOL } from "./constants.ts";
import { getsockname } from "./getsockname.ts";
import { getsockopt } from "./getsockopt.ts";
import { ICMP_CODE, ICMP_TYPE, ICMPV6_CODE, ICMPV6_TYPE } from "./icmp.ts";
import type { Message } from "./message-to-send.ts";
import type { Descriptor } from "./owned-descriptor.ts";
import type { Socket } from "./owned-socket.ts";
import { poll } from "./poll.ts";
import { recv, tryRecv } from "./recv.ts";
import { recvmsg, tryRecvmsg } from "./recvmsg.ts";
import { send } from "./send.ts";
import { sendmsg, trySendmsg } from "./sendmsg.ts";
import { setsockopt, trySetsockopt } from "./setsockopt.ts";

type Received = ControlMessage<Socket | Descriptor>;

const hello = Buffer.from("hello");
const loopback6 = { family: "ipv6", address: "::1", port: 0 } as const;
const buffer = (length = 64) => ({ data: [Buffer.alloc(length)] });

/** Returns the received control message of a type. */
function find<Type extends Received["type"]>(
  control: readonly Received[],
  type: Type,
): Received & { type: Type } {
  const found = control.find((message): message is Received & { type: Type } => message.type === type);
  assert.ok(found !== undefined, `no ${type} among ${control.map((message) => message.type)}`);
  return found;
}

/** A UDP receiver on loopback, and a sender connected to it. */
function udpPair(fixture: Fixture, domain: number = AF.INET) {
  const [receiver, sender] = [fixture.socket(domain, SOCK.DGRAM), fixture.socket(domain, SOCK.DGRAM)];
  bind(receiver, domain === AF.INET ? loopback : loopback6);
  const address = getsockname(receiver);
  return {
    receiver,
    sender,
    address,
    send: (control: Message["control"], data = [hello]) => sendmsg(sender, { address, data, control }),
    trySend: (control: Message["control"]) => trySendmsg(sender, { address, data: [hello], control }),
  };
}

conformance("control messages", [
  {
    clause: "SCM_CREDENTIALS: the kernel adds them where the receiver sets SO_PASSCRED",
    source: "unix(7), SCM_CREDENTIALS",
    except: { windows: "Windows has no such option" },
    run(fixture) {
      for (const type of [SOCK.STREAM, SOCK.DGRAM, SOCK.SEQPACKET]) {
        const [left, right] = fixture.pair(type);
        setsockopt(right, SO.PASSCRED, true);
        send(left, hello);
        const { pid } = process;
        const [uid, gid] = [process.getuid?.(), process.getgid?.()];
        const { control } = recvmsg(right, buffer());
        assert.deepEqual(control, [{ type: "SCM_CREDENTIALS", pid, uid, gid }]);
      }
    },
  },
  {
    clause: "SCM_CREDENTIALS: sent by a privileged process, they may be those of any",
    source: "unix(7), SCM_CREDENTIALS",
    run(fixture) {
      if (process.getuid?.() !== 0) return fixture.skip("only root may send another's credentials");
      const [left, right] = fixture.pair(SOCK.DGRAM);
      setsockopt(right, SO.PASSCRED, true);
      const forged = { type: "SCM_CREDENTIALS", pid: process.ppid, uid: 12345, gid: 0xfffffffe } as const;
      sendmsg(left, { data: [hello], control: [forged] });
      assert.deepEqual(recvmsg(right, buffer()).control, [forged]);
    },
  },
  {
    clause: "SCM_PIDFD: a descriptor of the sender, close on exec, where the receiver sets SO_PASSPIDFD",
    source: "unix(7), SCM_PIDFD",
    except: { windows: "its socketpair() makes TCP connections only" },
    run(fixture) {
      const [left, right] = fixture.pair(SOCK.DGRAM);
      if (!trySetsockopt(right, SO.PASSPIDFD, true).ok)
        return fixture.skip("SO_PASSPIDFD is in Linux 6.5, and not in this one");
      send(left, hello);
      const pidfd = fixture.own(find(recvmsg(right, buffer()).control, "SCM_PIDFD").descriptor);
      assert.match(readlinkSync(`/proc/self/fd/${pidfd.fd}`), /pidfd/);
      const info = readFileSync(`/proc/self/fdinfo/${pidfd.fd}`, "utf8");
      assert.match(info, new RegExp(`^Pid:\\s+${process.pid}$`, "m"));
      assert.match(info, /^flags:\s+0?2\d{6}$/m, "O_CLOEXEC");
    },
  },
  {
    clause: "SCM_PIDFD, SCM_CREDENTIALS, SCM_RIGHTS and a time stamp in one message",
    source: "unix(7)",
    except: { windows: "its socketpair() makes TCP connections only" },
    run(fixture) {
      const [left, right] = fixture.pair(SOCK.DGRAM);
      if (!trySetsockopt(right, SO.PASSPIDFD, true).ok)
        return fixture.skip("SO_PASSPIDFD is in Linux 6.5, and not in this one");
      setsockopt(right, SO.PASSCRED, true);
      setsockopt(right, SO.TIMESTAMP, true);
      sendmsg(left, { data: [hello], control: [{ type: "SCM_RIGHTS", descriptors: [left] }] });
      const { control } = recvmsg(right, buffer());
      const [received] = find(control, "SCM_RIGHTS").descriptors;
      assert.ok(received !== undefined);
      fixture.own(received);
      fixture.own(find(control, "SCM_PIDFD").descriptor);
      assert.equal(find(control, "SCM_CREDENTIALS").pid, process.pid);
      assert.ok(find(control, "SCM_TIMESTAMP").nanoseconds > 0n);
      assert.equal(control.length, 4);
    },
  },
  {
    clause: "IP_PKTINFO: which address a packet came to, and from which one it is sent",
    source: "ip(7), IP_PKTINFO",
    except: { windows: "Windows' struct in_pktinfo has no specDst: it arrives as bytes" },
    run(fixture) {
      const { receiver, send } = udpPair(fixture);
      setsockopt(receiver, IP.PKTINFO, true);
      send([]);
      const info = find(recvmsg(receiver, buffer()).control, "IP_PKTINFO");
      assert.deepEqual(info, { ...info, specDst: "127.0.0.1", addr: "127.0.0.1" });
      assert.ok(info.ifindex > 0);
      for (const specDst of ["127.0.0.9", "127.8.7.6"]) {
        send([{ type: "IP_PKTINFO", ifindex: 0, specDst, addr: "0.0.0.0" }]);
        const { address } = recvmsg(receiver, buffer());
        assert.ok(address.family === "ipv4" && address.address === specDst);
      }
      send([{ type: "IP_PKTINFO", ifindex: info.ifindex, specDst: "0.0.0.0", addr: "0.0.0.0" }]);
      const { address } = recvmsg(receiver, buffer());
      assert.ok(address.family === "ipv4" && address.address === "127.0.0.1");
    },
  },
  {
    clause:
      "IP_PKTINFO: sending a reply with the received value uses the address of the request as its source",
    source: "ip(7), IP_PKTINFO",
    except: { windows: "Windows' struct in_pktinfo has no specDst: it arrives as bytes" },
    run(fixture) {
      const server = fixture.udp();
      bind(server, { ...loopback, address: "0.0.0.0" });
      setsockopt(server, IP.PKTINFO, true);
      const bound = getsockname(server);
      assert.ok(bound.family === "ipv4");
      const client = fixture.udp();
      sendmsg(client, { address: { ...bound, address: "127.3.2.1" }, data: [hello] });
      const question = recvmsg(server, buffer());
      const info = find(question.control, "IP_PKTINFO");
      assert.equal(info.addr, "127.3.2.1");
      sendmsg(server, { address: question.address, data: [hello], control: [info] });
      const { address } = recvmsg(client, buffer());
      assert.ok(address.family === "ipv4" && address.address === "127.3.2.1");
    },
  },
  {
    clause:
      "IP_PKTINFO: an address that is not this machine's, and an interface that is not there, are refused",
    source: "ip(7), IP_PKTINFO; ip_cmsg_send in net/ipv4/ip_sockglue.c",
    except: { windows: "it is about Linux's kernel, or socketpair()'s unix sockets" },
    run(fixture) {
      const { trySend } = udpPair(fixture);
      const info = { type: "IP_PKTINFO", ifindex: 0, specDst: "192.0.2.1", addr: "0.0.0.0" } as const;
      assert.equal(trySend([info]).ok, false);
      const result = trySend([{ ...info, ifindex: 0x7fffffff, specDst: "127.0.0.1" }]);
      assert.ok(!result.ok && result.error.code === "ENODEV");
    },
  },
  {
    clause: "IP_TTL and IP_TOS: of one packet, both ways",
    source: "ip(7), IP_RECVTTL and IP_RECVTOS",
    except: {
      wine: "Wine ignores the control messages of WSASendMsg(); Windows takes them (WSASendMsg, Remarks)",
    },
    run(fixture) {
      const { receiver, sender, send, trySend } = udpPair(fixture);
      for (const option of [IP.RECVTTL, IP.RECVTOS]) setsockopt(receiver, option, true);
      const arrived = () => {
        const { control } = recvmsg(receiver, buffer());
        return [find(control, "IP_TTL").value, find(control, "IP_TOS").value];
      };
      send([]);
      assert.deepEqual(arrived(), [getsockopt(sender, IP.TTL), 0]);
      send([
        { type: "IP_TTL", value: 7 },
        { type: "IP_TOS", value: 0xb8 },
      ]);
      assert.deepEqual(arrived(), [7, 0xb8]);
      send([]);
      assert.deepEqual(arrived(), [getsockopt(sender, IP.TTL), 0], "the next packet has the socket's");
      assert.equal(trySend([{ type: "IP_TTL", value: 0 }]).ok, false);
    },
  },
  {
    clause: "IPV6_PKTINFO, IPV6_HOPLIMIT and IPV6_TCLASS: of one packet, both ways",
    source: "ipv6(7); RFC 3542",
    except: {
      wine: "Wine ignores the control messages of WSASendMsg(); Windows takes them (WSASendMsg, Remarks)",
    },
    run(fixture) {
      const { receiver, sender, send, trySend } = udpPair(fixture, AF.INET6);
      for (const option of [IPV6.RECVPKTINFO, IPV6.RECVHOPLIMIT, IPV6.RECVTCLASS])
        setsockopt(receiver, option, true);
      send([]);
      const { control } = recvmsg(receiver, buffer());
      const info = find(control, "IPV6_PKTINFO");
      assert.equal(info.address, "::1");
      assert.ok(info.ifindex > 0);
      assert.equal(find(control, "IPV6_HOPLIMIT").value, getsockopt(sender, IPV6.UNICAST_HOPS));
      assert.equal(find(control, "IPV6_TCLASS").value, 0);
      send([info, { type: "IPV6_HOPLIMIT", value: 9 }, { type: "IPV6_TCLASS", value: 0x40 }]);
      const answer = recvmsg(receiver, buffer()).control;
      assert.deepEqual([find(answer, "IPV6_HOPLIMIT").value, find(answer, "IPV6_TCLASS").value], [9, 0x40]);
      for (const bad of [
        { ...info, address: "2001:db8::1" },
        { ...info, ifindex: 0x7fffffff },
      ])
        assert.equal(trySend([bad]).ok, false);
    },
  },
  {
    clause: "SCM_TIMESTAMP and SCM_TIMESTAMPNS: when a packet arrived",
    source: "socket(7), SO_TIMESTAMP and SO_TIMESTAMPNS",
    except: { windows: "Windows has no such option" },
    run(fixture) {
      const { receiver, send } = udpPair(fixture);
      for (const [option, type] of [
        [SO.TIMESTAMP, "SCM_TIMESTAMP"],
        [SO.TIMESTAMPNS, "SCM_TIMESTAMPNS"],
      ] as const) {
        setsockopt(receiver, option, true);
        const before = BigInt(Date.now()) * 1_000_000n;
        send([]);
        const { nanoseconds } = find(recvmsg(receiver, buffer()).control, type);
        const after = BigInt(Date.now() + 1) * 1_000_000n;
        assert.ok(before <= nanoseconds && nanoseconds <= after, `${before} ${nanoseconds} ${after}`);
        setsockopt(receiver, option, false);
      }
    },
  },
  {
    clause: "UDP_SEGMENT: one send becomes several datagrams",
    source: "udp(7), UDP_SEGMENT",
    except: { windows: "Windows has no such option" },
    run(fixture) {
      const { receiver, sender, send, trySend } = udpPair(fixture);
      assert.equal(send([{ type: "UDP_SEGMENT", value: 100 }], [Buffer.alloc(120), Buffer.alloc(130)]), 250);
      const lengths = [1, 2, 3].map(() => recv(receiver, new Uint8Array(256)));
      assert.deepEqual(lengths, [100, 100, 50]);
      assert.ok(!tryRecv(receiver, new Uint8Array(1), MSG.DONTWAIT).ok);
      assert.equal(getsockopt(sender, UDP.SEGMENT), 0, "it is of that message only");
      // udp_send_skb in net/ipv4/udp.c: at most 128 (UDP_MAX_SEGMENTS).
      const many = trySendmsg(sender, {
        address: getsockname(receiver),
        data: [Buffer.alloc(1290)],
        control: [{ type: "UDP_SEGMENT", value: 10 }],
      });
      assert.ok(!many.ok && many.error.name === "InvalidArgument");
      assert.ok(trySend([{ type: "UDP_SEGMENT", value: 0 }]).ok, "0 is none");
    },
  },
  {
    clause: "UDP_GRO: one receive returns several datagrams and reports their length",
    source: "udp(7), UDP_GRO",
    except: { windows: "Windows has no such option" },
    run(fixture) {
      const { receiver, send } = udpPair(fixture);
      setsockopt(receiver, UDP.GRO, true);
      send([{ type: "UDP_SEGMENT", value: 100 }], [Buffer.alloc(250)]);
      const { bytes, control } = recvmsg(receiver, buffer(256));
      assert.equal(bytes, 250);
      assert.deepEqual(control, [{ type: "UDP_GRO", value: 100 }]);
    },
  },
  {
    clause: "IP_RECVERR and IPV6_RECVERR: MSG_ERRQUEUE gives the error, the data, and whom it was sent to",
    source: "ip(7), IP_RECVERR; recv(2), MSG_ERRQUEUE",
    except: { windows: "Windows has no such option" },
    run(fixture) {
      for (const [domain, type, origin, icmp] of [
        [AF.INET, "IP_RECVERR", 2, [ICMP_TYPE.DEST_UNREACH, ICMP_CODE.PORT_UNREACH]],
        [AF.INET6, "IPV6_RECVERR", 3, [ICMPV6_TYPE.DEST_UNREACH, ICMPV6_CODE.PORT_UNREACH]],
      ] as const) {
        const { receiver, sender, address, send } = udpPair(fixture, domain);
        setsockopt(sender, domain === AF.INET ? IP.RECVERR : IPV6.RECVERR, true);
        close(receiver);
        send([]);
        poll([{ socket: sender, events: 0 }], 5000);
        const into = buffer();
        const { bytes, control, flags, address: to } = recvmsg(sender, into, MSG.ERRQUEUE);
        assert.deepEqual([bytes, flags, to], [5, MSG.ERRQUEUE, address]);
        assert.equal(into.data[0]?.toString("latin1", 0, 5), "hello");
        const error = find(control, type);
        assert.deepEqual(
          [error.code, error.origin, error.icmpType, error.icmpCode],
          ["ECONNREFUSED", origin, ...icmp],
        );
        const { offender } = error;
        assert.ok("address" in offender && "address" in address && offender.address === address.address);
        assert.ok(!tryRecvmsg(sender, buffer(), MSG.ERRQUEUE).ok, "the queue is empty: it does not wait");
      }
    },
  },
  {
    clause: "IP_RECVERR: an error of this machine's own, and what the path takes",
    source: "ip(7), IP_RECVERR; ip_local_error in net/ipv4/ip_sockglue.c",
    except: { windows: "Windows has no such option" },
    run(fixture) {
      const sender = fixture.udp();
      setsockopt(sender, IP.RECVERR, true);
      const peer = fixture.udp();
      bind(peer, loopback);
      connect(sender, getsockname(peer));
      assert.ok(!trySendmsg(sender, { data: [Buffer.alloc(65_507), Buffer.alloc(1)] }).ok);
      const { bytes, control } = recvmsg(sender, buffer(), MSG.ERRQUEUE);
      const { code, origin, info } = find(control, "IP_RECVERR");
      assert.deepEqual([bytes, code, origin], [0, "EMSGSIZE", 1]);
      assert.ok(info > 0);
      assert.equal(poll([{ socket: sender, events: POLL.ERR }], 0).length, 0);
    },
  },
  {
    clause: "what berkeley does not know arrives as bytes: SO_TIMESTAMP_NEW",
    source: "put_cmsg_scm_timestamp64 in net/core/scm.c",
    except: { windows: "Windows has no such option", darwin: "it is Linux's", freebsd: "it is Linux's" },
    run(fixture) {
      const { receiver, send } = udpPair(fixture);
      setsockopt(receiver, rawOption(SOL.SOCKET, 63, 4), new Uint8Array(Int32Array.of(1).buffer));
      send([]);
      const [message] = recvmsg(receiver, buffer()).control;
      assert.ok(message?.type === "unknown");
      assert.deepEqual([message.level, message.number, message.data.byteLength], [SOL.SOCKET, 63, 16]);
    },
  },
  {
    clause:
      "what berkeley does not know can be sent as bytes: IP_TTL by its numbers; a " +
      "socket ignores other protocols'",
    source: "ip_cmsg_send in net/ipv4/ip_sockglue.c",
    except: { windows: "it is about Linux's kernel, or socketpair()'s unix sockets" },
    run(fixture) {
      const { receiver, send } = udpPair(fixture);
      setsockopt(receiver, IP.RECVTTL, true);
      const data = new Uint8Array(Int32Array.of(5).buffer);
      send([{ type: "unknown", level: 0, number: 2, data }]);
      assert.equal(find(recvmsg(receiver, buffer()).control, "IP_TTL").value, 5);
      send([
        { type: "IPV6_HOPLIMIT", value: 3 },
        { type: "unknown", level: 12345, number: 67, data },
      ]);
      assert.equal(recvmsg(receiver, buffer()).bytes, 5);
    },
  },
]);
