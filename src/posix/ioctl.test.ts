import assert from "node:assert/strict";
import { closeSync, openSync, readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { test } from "node:test";
import { closedBehindOurBack } from "../../test/closed-rows.ts";
import { assertFails, conformance, documentedErrors } from "../../test/conformance.ts";
import { loopback } from "../../test/fixture.ts";
import { inNetworkNamespace } from "../../test/network-namespace.ts";
import { winsockRows } from "../../test/winsock.ts";
import { bind } from "./bind.ts";
import { close } from "./close.ts";
import { AF, IFF, MSG, POLL, SHUT, SOCK } from "./constants.ts";
import { getsockname } from "./getsockname.ts";
import { if_indextoname } from "./if_indextoname.ts";
import { if_nameindex } from "./if_nameindex.ts";
import { ioctl, ioctlErrors, isIoctlError, tryIoctl } from "./ioctl.ts";
import { poll } from "./poll.ts";
import { recv } from "./recv.ts";
import { send } from "./send.ts";
import { sendto } from "./sendto.ts";
import { shutdown } from "./shutdown.ts";
import { FIO, SIOC } from "./sioc.ts";
import { socket } from "./socket.ts";

const NETDEVICE = "netdevice(7)";
const onlyLinux = {
  darwin: "only Linux's request is here",
  freebsd: "only Linux's request is here",
  windows: "Winsock does not have it",
};

/** Reads a file of a network interface in /sys. */
const attribute = (name: string, file: string) =>
  readFileSync(`/sys/class/net/${name}/${file}`, "utf8").trim();

conformance("ioctl", [
  {
    clause: "FIONREAD, SIOCINQ: the bytes of a stream, and of the next datagram",
    source: "tcp(7), udp(7), Ioctls; ioctlsocket(), FIONREAD",
    run(fixture) {
      const { client, server } = fixture.connection();
      assert.equal(ioctl(server, FIO.NREAD), 0);
      for (const text of ["ab", "cde"]) send(client, Buffer.from(text));
      shutdown(client, SHUT.WR);
      // Loopback has delivered both bytes; the FIN does not count.
      poll([{ socket: server, events: POLL.IN }], 5000);
      assert.equal(ioctl(server, FIO.NREAD), 5);
      recv(server, new Uint8Array(2));
      assert.equal(ioctl(server, FIO.NREAD), 3);
      const [receiver, sender] = [fixture.udp(), fixture.udp()];
      bind(receiver, loopback);
      for (const text of ["", "abcd", "e"]) sendto(sender, Buffer.from(text), 0, getsockname(receiver));
      poll([{ socket: receiver, events: POLL.IN }], 5000);
      assert.equal(ioctl(receiver, FIO.NREAD), 0, "an empty datagram");
    },
  },
  {
    clause: "SIOCINQ is FIONREAD, of unix sockets, too",
    source: "unix(7), Ioctls",
    except: onlyLinux,
    run(fixture) {
      for (const [type, bytes] of [
        [SOCK.STREAM, 5],
        [SOCK.DGRAM, 2],
        [SOCK.SEQPACKET, 5],
      ] as const) {
        const [left, right] = fixture.pair(type);
        for (const text of ["ab", "cde"]) send(left, Buffer.from(text));
        assert.deepEqual([ioctl(right, SIOC.INQ), ioctl(right, FIO.NREAD)], [bytes, bytes]);
      }
    },
  },
  {
    clause: "SIOCOUTQ, SIOCOUTQNSD: what the peer has not acknowledged, or received; what was not sent",
    source: "tcp(7), unix(7), Ioctls; tcp_ioctl in net/ipv4/tcp.c",
    except: onlyLinux,
    run(fixture) {
      const { client, server } = fixture.connection();
      assert.deepEqual([ioctl(client, SIOC.OUTQ), ioctl(client, SIOC.OUTQNSD)], [0, 0]);
      // Once the peer's window is full, the rest stays in the send queue.
      const piece = Buffer.alloc(1 << 20);
      let sent = 0;
      for (let times = 0; times < 64; times += 1) {
        const { length } = poll([{ socket: client, events: POLL.OUT }], 0);
        if (length === 0) break;
        sent += send(client, piece, MSG.DONTWAIT);
      }
      const received = ioctl(server, SIOC.INQ);
      const unsent = ioctl(client, SIOC.OUTQNSD);
      const queued = ioctl(client, SIOC.OUTQ);
      assert.ok(unsent > 0 && unsent <= queued && queued <= sent, `${unsent}, ${queued}, ${sent}`);
      assert.ok(received + queued >= sent, "what was not received is still in the queue");
      const [left, right] = fixture.pair();
      send(left, Buffer.alloc(1000));
      assert.ok(ioctl(left, SIOC.OUTQ) >= 1000);
      recv(right, new Uint8Array(1000));
      assert.equal(ioctl(left, SIOC.OUTQ), 0);
    },
  },
  {
    clause: "SIOCATMARK: as sockatmark()",
    source: "tcp(7), Ioctls; POSIX sockatmark(3p)",
    except: {
      windows:
        "SIOCATMARK tells whether no out-of-band data is left, unless it is in line " +
        "(Winsock IOCTLs, SIOCATMARK)",
    },
    run(fixture) {
      const { client, server } = fixture.connection();
      assert.equal(ioctl(server, SIOC.ATMARK), false);
      send(client, Buffer.from("!"), MSG.OOB);
      poll([{ socket: server, events: POLL.PRI }], 5000);
      assert.equal(ioctl(server, SIOC.ATMARK), true);
    },
  },
  {
    clause: "SIOCGIFNAME, SIOCGIFINDEX, SIOCGIFMTU and SIOCGIFFLAGS of every interface, of any socket",
    source: NETDEVICE,
    except: onlyLinux,
    run(fixture) {
      const [unix] = fixture.pair();
      const ipv6 = fixture.socket(AF.INET6, SOCK.DGRAM);
      for (const { index, name } of if_nameindex()) {
        for (const made of [unix, ipv6, fixture.udp()]) {
          assert.equal(ioctl(made, SIOC.GIFNAME, index), name);
          assert.equal(ioctl(made, SIOC.GIFINDEX, name), index);
          assert.ok(ioctl(made, SIOC.GIFMTU, name) >= 68);
          assert.equal(
            (ioctl(made, SIOC.GIFFLAGS, name) & IFF.LOOPBACK) !== 0,
            name === "lo",
            `${name} is the loopback interface`,
          );
        }
      }
      assert.equal(if_indextoname(ioctl(unix, SIOC.GIFINDEX, "lo")), "lo");
    },
  },
  {
    clause: "of an interface of this machine: what /sys says",
    source: `${NETDEVICE}; Documentation/ABI/testing/sysfs-class-net`,
    except: onlyLinux,
    run(fixture) {
      const made = fixture.udp();
      for (const { name } of if_nameindex()) {
        assert.equal(ioctl(made, SIOC.GIFMTU, name), Number(attribute(name, "mtu")), name);
        assert.equal(ioctl(made, SIOC.GIFTXQLEN, name), Number(attribute(name, "tx_queue_len")), name);
        assert.equal(
          ioctl(made, SIOC.GIFFLAGS, name) & IFF.UP,
          Number(attribute(name, "flags")) & IFF.UP,
          name,
        );
        const { type, address } = ioctl(made, SIOC.GIFHWADDR, name);
        assert.equal(type, Number(attribute(name, "type")), name);
        const text = Array.from(address, (byte) => byte.toString(16).padStart(2, "0")).join(":");
        if (address.length === 6) assert.equal(text, attribute(name, "address"), name);
      }
    },
  },
  {
    clause: "SIOCGIFADDR, SIOCGIFNETMASK, SIOCGIFBRDADDR and SIOCGIFDSTADDR: IPv4's",
    source: `${NETDEVICE}; devinet_ioctl in net/ipv4/devinet.c`,
    except: onlyLinux,
    run(fixture) {
      const made = fixture.udp();
      assert.equal(ioctl(made, SIOC.GIFADDR, "lo"), "127.0.0.1");
      assert.equal(ioctl(made, SIOC.GIFNETMASK, "lo"), "255.0.0.0");
      assert.equal(ioctl(made, SIOC.GIFBRDADDR, "lo"), "0.0.0.0");
      assert.equal(ioctl(made, SIOC.GIFDSTADDR, "lo"), "127.0.0.1");
      const ipv6 = fixture.socket(AF.INET6, SOCK.DGRAM);
      assertFails(tryIoctl(ipv6, SIOC.GIFADDR, "lo"), "OperationNotSupported", "ENOTTY");
    },
  },
  {
    clause: "the first IPv4 address of every interface of this machine",
    source: `${NETDEVICE}; node:os`,
    except: onlyLinux,
    run(fixture) {
      const made = fixture.udp();
      for (const [name, addresses] of Object.entries(networkInterfaces())) {
        const first = addresses?.find(({ family }) => family === "IPv4");
        // Node lists labels, and longer names than the call accepts.
        if (first === undefined || name.length > 15) continue;
        assert.equal(ioctl(made, SIOC.GIFADDR, name), first.address, name);
        assert.equal(ioctl(made, SIOC.GIFNETMASK, name), first.netmask, name);
      }
    },
  },
  {
    clause: "SIOCGSTAMP, SIOCGSTAMPNS: when the last packet that was received arrived; ENOENT before",
    source: "socket(7), Ioctls; sock_gettstamp in net/core/sock.c",
    except: onlyLinux,
    run(fixture) {
      const [receiver, sender] = [fixture.udp(), fixture.udp()];
      bind(receiver, loopback);
      assertFails(tryIoctl(receiver, SIOC.GSTAMPNS), "NotFound", "ENOENT");
      const before = BigInt(Date.now()) * 1_000_000n;
      sendto(sender, Buffer.from("a"), 0, getsockname(receiver));
      recv(receiver, new Uint8Array(1));
      const nanoseconds = ioctl(receiver, SIOC.GSTAMPNS);
      assert.ok(nanoseconds >= before && nanoseconds < before + 3_600_000_000_000n, `${nanoseconds}`);
      assert.equal(ioctl(receiver, SIOC.GSTAMP), nanoseconds - (nanoseconds % 1000n));
    },
  },
  {
    clause: "SIOCGPGRP is 0 until SIOCSPGRP sets a process or group; ESRCH: there is no such one",
    source: "socket(7), Ioctls; f_setown in fs/fcntl.c",
    except: onlyLinux,
    run(fixture) {
      const tcp = fixture.tcp();
      assert.equal(ioctl(tcp, SIOC.GPGRP), 0);
      ioctl(tcp, SIOC.SPGRP, process.pid);
      assert.equal(ioctl(tcp, SIOC.GPGRP), process.pid);
      assertFails(tryIoctl(tcp, SIOC.SPGRP, 0x3fffffff), "ProcessNotFound", "ESRCH");
      ioctl(tcp, SIOC.SPGRP, 0);
      assert.equal(ioctl(tcp, SIOC.GPGRP), 0);
    },
  },
  {
    clause: "ENODEV: there is no such interface",
    source: NETDEVICE,
    except: onlyLinux,
    run(fixture) {
      const made = fixture.udp();
      assertFails(tryIoctl(made, SIOC.GIFADDR, "no-such"), "DeviceNotFound", "ENODEV");
      assertFails(tryIoctl(made, SIOC.GIFMTU, ""), "DeviceNotFound", "ENODEV");
      assertFails(tryIoctl(made, SIOC.GIFNAME, 0x7fffffff), "DeviceNotFound", "ENODEV");
    },
  },
  {
    clause: "EINVAL: a listener has no queue of data",
    source: "tcp_ioctl in net/ipv4/tcp.c",
    except: onlyLinux,
    run(fixture) {
      assertFails(tryIoctl(fixture.listener(), SIOC.INQ), "InvalidArgument", "EINVAL");
    },
  },
  {
    clause: "an address, a broadcast address, a hardware address; EADDRNOTAVAIL: there is no address",
    source: `${NETDEVICE}; devinet_ioctl in net/ipv4/devinet.c`,
    except: onlyLinux,
    run: (fixture) =>
      inNetworkNamespace(fixture, new URL("ioctl-interfaces.child.js", import.meta.url), { ip: true }),
  },
  {
    clause: "what SIOCSIF sets, SIOCGIF reads; EPERM, EEXIST, EBUSY, EINVAL, EADDRNOTAVAIL, EOPNOTSUPP",
    source: `${NETDEVICE}; dev_ifsioc in net/core/dev_ioctl.c, devinet_ioctl in net/ipv4/devinet.c`,
    except: onlyLinux,
    run: (fixture) =>
      inNetworkNamespace(fixture, new URL("ioctl-set.child.js", import.meta.url), { ip: true }),
  },
  {
    clause: "ENOTTY: no socket, or one without the request",
    source: "ioctl(2), ERRORS; random_ioctl in drivers/char/random.c",
    except: onlyLinux,
    run(fixture) {
      for (const [path, code] of [
        ["/dev/null", "ENOTTY"],
        ["/dev/urandom", "EINVAL"],
      ] as const) {
        const file = openSync(path, "r");
        assertFails(tryIoctl(file, SIOC.OUTQ), "FileDescriptorNotASocket", code);
        closeSync(file);
      }
      assertFails(tryIoctl(fixture.udp(), SIOC.ATMARK), "OperationNotSupported", "ENOTTY");
    },
  },
  closedBehindOurBack("ioctl(2), ERRORS", (socket) => tryIoctl(socket, FIO.NREAD)),
  {
    clause: "a request that the system lacks makes no system call; nor does a closed Socket",
    source: "berkeley",
    script: {},
    play(system) {
      const lacking = { ...system, ioctls: {} };
      using udp = socket(AF.INET, SOCK.DGRAM, 0, { system: lacking });
      assertFails(tryIoctl(udp, SIOC.OUTQ), "OperationNotSupported", "ENOTTY");
      const closed = socket(AF.INET, SOCK.DGRAM, 0, { system });
      close(closed);
      assertFails(tryIoctl(closed, SIOC.OUTQ), "SocketClosed", "EBADF");
      assert.ok(!system.calls.some((call) => call.startsWith("ioctl")));
    },
  },
  {
    clause: "nothing of an earlier request or option is in the memory of the next",
    source: "berkeley",
    script: {
      ioctl: [
        (_fd, _request, { bytes }) => {
          const lengths = [bytes.indexOf(0), bytes.subarray(16, 40).some((byte) => byte !== 0)];
          assert.deepEqual(lengths, [2, false]);
          return 0;
        },
      ],
    },
    play(system) {
      using udp = socket(AF.INET, SOCK.DGRAM, 0, { system });
      system.option.bytes.fill(0xff);
      assert.equal(ioctl(udp, SIOC.GIFMTU, "lo"), 0);
    },
  },
  ...winsockRows("ioctl", (socket) => tryIoctl(socket, FIO.NREAD)),
  ...documentedErrors(ioctlErrors, (system) => {
    using udp = socket(AF.INET, SOCK.DGRAM, 0, { system });
    return tryIoctl(udp, SIOC.OUTQ);
  }),
]);

test("wrong arguments", () => {
  using udp = socket(AF.INET, SOCK.DGRAM);
  assert.throws(() => ioctl(udp, SIOC.GIFMTU, "sixteen bytes or"), { code: "ERR_OUT_OF_RANGE" });
  assert.throws(() => ioctl(udp, SIOC.GIFMTU, "lo\0"), { code: "ERR_INVALID_ARG_VALUE" });
  assert.throws(() => ioctl(udp, SIOC.GIFNAME, 2 ** 31), { code: "ERR_OUT_OF_RANGE" });
  assert.throws(() => Reflect.apply(ioctl, undefined, [udp, SIOC.GIFMTU]), { code: "ERR_INVALID_ARG_TYPE" });
  assert.throws(() => ioctl(udp, SIOC.SIFMTU, "lo", -1), { code: "ERR_OUT_OF_RANGE" });
  assert.throws(() => ioctl(udp, SIOC.SIFFLAGS, "lo", 0x10000), { code: "ERR_OUT_OF_RANGE" });
  assert.throws(() => ioctl(udp, SIOC.SIFADDR, "lo", "::1"), { code: "ERR_INVALID_ARG_VALUE" });
  const address = new Uint8Array(15);
  assert.throws(() => ioctl(udp, SIOC.SIFHWADDR, "lo", { type: 1, address }), { code: "ERR_OUT_OF_RANGE" });
  for (const type of [1, 772]) {
    const short = { type, address: new Uint8Array(5) };
    assert.throws(() => ioctl(udp, SIOC.SIFHWADDR, "lo", short), { code: "ERR_OUT_OF_RANGE" });
  }
  assert.throws(() => ioctl(udp, SIOC.SPGRP, 2 ** 31), { code: "ERR_OUT_OF_RANGE" });
});

test("ioctl throws what tryIoctl returns", () => {
  const udp = socket(AF.INET, SOCK.DGRAM);
  close(udp);
  assert.throws(
    () => ioctl(udp, FIO.NREAD),
    (error) => isIoctlError(error) && error.name === "SocketClosed",
  );
});
