import assert from "node:assert/strict";
import { endianness } from "node:os";
import { conformance } from "../../test/conformance.ts";
import { type Fixture, loopback } from "../../test/fixture.ts";
import { SO } from "../options/so.ts";
import { bind } from "./bind.ts";
import { AF, MSG, POLL, SOCK } from "./constants.ts";
import { getsockname } from "./getsockname.ts";
import type { Socket } from "./owned-socket.ts";
import { poll } from "./poll.ts";
import { type Received, recvfrom } from "./recvfrom.ts";
import { recvmmsg } from "./recvmmsg.ts";
import { recvmsg } from "./recvmsg.ts";
import { sendmsg } from "./sendmsg.ts";
import { sendto } from "./sendto.ts";
import { setsockopt } from "./setsockopt.ts";
import { trySocket } from "./socket.ts";

const kernel = { family: "netlink", pid: 0, groups: 0 } as const;
const NETLINK_ROUTE = 0;
const ETH_P_IP = 0x0800;
const ETH_P_ALL = 0x0003;
const LOOPBACK_INDEX = 1;

/** socket() takes the protocol of a packet socket in network byte order. */
const htons = (protocol: number) =>
  endianness() === "LE" ? ((protocol & 0xff) << 8) | (protocol >> 8) : protocol;

/** A packet socket on lo; undefined, and the row is skipped, without the privilege. */
function packetSocket(fixture: Fixture, type: number, protocol = ETH_P_IP): Socket | undefined {
  const made = trySocket(AF.PACKET, type, htons(protocol));
  if (!made.ok) {
    fixture.skip(`a packet socket cannot be made: ${made.error.message}`);
    return undefined;
  }
  bind(fixture.own(made.value), { family: "packet", protocol, ifindex: LOOPBACK_INDEX });
  return made.value;
}

/** Sends a unique datagram over loopback, and returns it. */
function sendUnique(fixture: Fixture): Buffer {
  const datagram = Buffer.from(`berkeley ${process.pid} ${process.hrtime.bigint()}`);
  const receiver = fixture.udp();
  bind(receiver, loopback);
  sendto(fixture.udp(), datagram, 0, getsockname(receiver));
  return datagram;
}

conformance("netlink addresses", [
  {
    clause: "bind() with pid 0 gets a port: of a process's first socket its own number, of others another",
    source: "netlink(7); netlink_autobind in net/netlink/af_netlink.c",
    except: { windows: "Windows has no AF_NETLINK" },
    run(fixture) {
      const [first, second] = [1, 2].map(() => {
        const netlink = fixture.socket(AF.NETLINK, SOCK.RAW, NETLINK_ROUTE);
        bind(netlink, kernel);
        return getsockname(netlink);
      });
      assert.deepEqual(first, { family: "netlink", pid: process.pid, groups: 0 });
      assert.ok(second?.family === "netlink" && second.pid !== 0 && second.pid !== process.pid);
    },
  },
  {
    clause: "a mask of groups, and a port of one's own",
    source: "netlink(7), Address formats",
    except: { windows: "Windows has no AF_NETLINK" },
    run(fixture) {
      const netlink = fixture.socket(AF.NETLINK, SOCK.RAW, NETLINK_ROUTE);
      const address = { family: "netlink", pid: 0x80000000 + process.pid, groups: 0x40000001 } as const;
      bind(netlink, address);
      assert.deepEqual(getsockname(netlink), address);
    },
  },
  {
    clause: "a question to the kernel, whose answer comes from pid 0: the interfaces",
    source: "netlink(7); rtnetlink(7), RTM_GETLINK",
    except: { windows: "Windows has no AF_NETLINK" },
    run(fixture) {
      const netlink = fixture.socket(AF.NETLINK, SOCK.RAW, NETLINK_ROUTE);
      const question = new DataView(new ArrayBuffer(32));
      question.setUint32(0, 32, true); // nlmsg_len: a header and struct ifinfomsg
      question.setUint16(4, 18, true); // RTM_GETLINK
      question.setUint16(6, 0x301, true); // NLM_F_REQUEST | NLM_F_DUMP
      sendmsg(netlink, { address: kernel, data: [new Uint8Array(question.buffer)] });
      const answer = Buffer.alloc(65_536);
      const { address, flags } = recvmsg(netlink, { data: [answer] });
      assert.deepEqual([address, flags], [kernel, 0]);
      assert.ok(answer.includes("lo\0"));
    },
  },
]);

conformance("packet addresses", [
  {
    clause: "bind() to an interface; the name has its hardware type",
    source: "packet(7); packet_getname in net/packet/af_packet.c",
    except: { windows: "Windows has no AF_PACKET" },
    run(fixture) {
      const packets = packetSocket(fixture, SOCK.DGRAM);
      if (packets === undefined) return;
      assert.deepEqual(getsockname(packets), {
        family: "packet",
        protocol: ETH_P_IP,
        ifindex: LOOPBACK_INDEX,
        hatype: 772, // ARPHRD_LOOPBACK
        pkttype: 0,
        address: new Uint8Array(6),
      });
    },
  },
  {
    clause: "recvfrom, recvmsg and recvmmsg receive what passes: on lo what goes out, and what comes in",
    source: "packet(7); packet_recvmsg in net/packet/af_packet.c, which refuses MSG_CMSG_CLOEXEC",
    except: { windows: "Windows has no AF_PACKET" },
    run(fixture) {
      const ways: ((socket: Socket, into: Buffer) => Received | undefined)[] = [
        (socket, into) => recvfrom(socket, into, MSG.DONTWAIT),
        (socket, into) => recvmsg(socket, { data: [into] }, MSG.DONTWAIT),
        (socket, into) => recvmmsg(socket, [{ data: [into] }], MSG.DONTWAIT)[0],
      ];
      for (const receive of ways) {
        const packets = packetSocket(fixture, SOCK.DGRAM, ETH_P_ALL);
        if (packets === undefined) return;
        let datagram = sendUnique(fixture);
        let others = 0;
        const seen: number[] = [];
        while (seen.length < 2) {
          assert.equal(poll([{ socket: packets, events: POLL.IN }], 5000).length, 1);
          const packet = Buffer.alloc(2048);
          const message: Received | undefined = receive(packets, packet);
          // An IP header has 20 bytes, a UDP header 8. Other programs use lo, too: if their packets
          // filled the socket's queue, ours was dropped.
          if (!packet.subarray(28, message?.bytes).equals(datagram)) {
            others++;
            if (others % 200 > 0) continue;
            datagram = sendUnique(fixture);
            seen.length = 0;
            continue;
          }
          assert.ok(message?.address.family === "packet");
          const { protocol, ifindex, hatype, pkttype } = message.address;
          assert.deepEqual([protocol, ifindex, hatype], [ETH_P_IP, LOOPBACK_INDEX, 772]);
          seen.push(pkttype);
        }
        assert.deepEqual(seen, [4, 0], "PACKET_OUTGOING, PACKET_HOST");
      }
    },
  },
  {
    clause: "SOCK_RAW gives the header of the link layer, and control messages beside it",
    source: "packet(7); socket(7), SO_TIMESTAMPNS",
    except: { windows: "Windows has no AF_PACKET" },
    run(fixture) {
      const packets = packetSocket(fixture, SOCK.RAW);
      if (packets === undefined) return;
      setsockopt(packets, SO.TIMESTAMPNS, true);
      sendUnique(fixture);
      const { control, bytes } = recvmsg(packets, { data: [Buffer.alloc(2048)] });
      const types = control.map(({ type }) => type);
      assert.deepEqual(types, ["SCM_TIMESTAMPNS"]);
      assert.ok(bytes >= 14 + 20);
    },
  },
]);

conformance("vsock addresses", [
  {
    clause: "bind() to any context and a free port, and the name that it gets",
    source: "vsock(7); __vsock_bind_connectible in net/vmw_vsock/af_vsock.c",
    except: { windows: "Windows has no AF_VSOCK" },
    run(fixture) {
      const made = trySocket(AF.VSOCK, SOCK.STREAM);
      if (!made.ok) return fixture.skip(`there is no vsock here: ${made.error.message}`);
      const vsock = fixture.own(made.value);
      bind(vsock, { family: "vsock", cid: 0xffffffff, port: 0xffffffff });
      const address = getsockname(vsock);
      assert.ok(address.family === "vsock" && address.port !== 0xffffffff);
      assert.deepEqual([address.cid, address.flags], [0xffffffff, 0]);
    },
  },
]);
