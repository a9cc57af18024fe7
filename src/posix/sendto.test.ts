import assert from "node:assert/strict";
import { chmodSync, closeSync, openSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { asNobody } from "../../test/as-nobody.ts";
import { closeDescriptor } from "../../test/close-descriptor.ts";
import { assertFails, assertOk, conformance, documentedErrors, errnoOf } from "../../test/conformance.ts";
import { firewallRow } from "../../test/firewall-row.ts";
import { loopback } from "../../test/fixture.ts";
import { inNetworkNamespace } from "../../test/network-namespace.ts";
import { isCapable } from "../../test/round-trip.ts";
import { winsockRows } from "../../test/winsock.ts";
import { SO } from "../options/so.ts";
import { bind } from "./bind.ts";
import { close } from "./close.ts";
import { connect } from "./connect.ts";
import { AF, IPPROTO, MSG, POLL, SHUT, SOCK } from "./constants.ts";
import { getpeername, tryGetpeername } from "./getpeername.ts";
import { getsockname } from "./getsockname.ts";
import { poll } from "./poll.ts";
import { recv } from "./recv.ts";
import { recvfrom } from "./recvfrom.ts";
import { sendto, sendtoErrors, trySendto } from "./sendto.ts";
import { setsockopt } from "./setsockopt.ts";
import { shutdown } from "./shutdown.ts";
import { socket } from "./socket.ts";

const POSIX = "POSIX sendto(3p)";
const LINUX = "send(2)";
const EINTR = errnoOf("EINTR");
const bytes = Buffer.from("hello");

conformance("sendto", [
  {
    clause: "a connection-less socket sends a message to the address, and is bound by that",
    source: `${POSIX}, DESCRIPTION; udp(7)`,
    run(fixture) {
      const [receiver, sender] = [fixture.udp(), fixture.udp()];
      bind(receiver, loopback);
      assert.equal(sendto(sender, bytes, 0, getsockname(receiver)), 5);
      const { address } = recvfrom(receiver, new Uint8Array(8));
      const local = getsockname(sender);
      assert.ok("port" in address && "port" in local && address.port === local.port);
      assertFails(tryGetpeername(sender), "SocketNotConnected");
    },
  },
  {
    clause: "the address overrides a datagram socket's peer, this once",
    source: `${POSIX}, DESCRIPTION`,
    except: { windows: "Windows' unix sockets are streams with a path, and no pairs" },
    run(fixture) {
      for (const domain of [AF.INET, AF.UNIX]) {
        const [peer, other, sender] = [1, 2, 3].map(() => fixture.socket(domain, SOCK.DGRAM));
        assert.ok(peer !== undefined && other !== undefined && sender !== undefined);
        for (const bound of [peer, other])
          bind(bound, domain === AF.UNIX ? fixture.abstractAddress() : loopback);
        connect(sender, getsockname(peer));
        sendto(sender, bytes, 0, getsockname(other));
        assert.equal(recv(other, new Uint8Array(8)), 5);
        assert.deepEqual(getpeername(sender), getsockname(peer));
      }
    },
  },
  {
    clause: "a connected TCP or SEQPACKET socket ignores the address",
    source:
      `${POSIX}, DESCRIPTION; tcp_sendmsg_locked in net/ipv4/tcp.c; ` +
      "unix_seqpacket_sendmsg in net/unix/af_unix.c",
    except: { windows: "Windows' unix sockets are streams with a path, and no pairs" },
    run(fixture) {
      const { client, server } = fixture.connection();
      sendto(client, bytes, 0, { ...loopback, port: 9 });
      assert.equal(recv(server, new Uint8Array(8)), 5);
      const [left, right] = fixture.pair(SOCK.SEQPACKET);
      sendto(left, bytes, 0, fixture.abstractAddress());
      assert.equal(recv(right, new Uint8Array(8)), 5);
    },
  },
  {
    clause: "EISCONN: a connected unix stream takes no address",
    source: `${POSIX}, ERRORS; unix_stream_sendmsg in net/unix/af_unix.c`,
    except: { wine: "Wine has no SIO_TCP_INFO, which tells the state; Windows has since 10 1703" },
    run(fixture) {
      const [left] = fixture.pair();
      assertFails(trySendto(left, bytes, 0, fixture.abstractAddress()), "AlreadyConnected", "EISCONN");
    },
  },
  {
    clause: "EISCONN: MSG_FASTOPEN on a connected socket",
    source: "tcp_sendmsg_fastopen in net/ipv4/tcp.c",
    except: { windows: "Windows has no MSG_FASTOPEN" },
    run(fixture) {
      const { client, server } = fixture.connection();
      assertFails(trySendto(client, bytes, MSG.FASTOPEN, getsockname(server)), "AlreadyConnected", "EISCONN");
    },
  },
  {
    clause:
      "ENOTCONN, of TCP EPIPE, of a unix stream EOPNOTSUPP: a connection-mode socket that is not connected",
    source: `${POSIX}, ERRORS; unix_stream_sendmsg in net/unix/af_unix.c`,
    except: { wine: "Wine says WSAECONNRESET; Windows WSAENOTCONN (send and sendto, WSAENOTCONN)" },
    run(fixture) {
      const address = getsockname(fixture.listener());
      assertFails(trySendto(fixture.tcp(), bytes, 0, address), "SocketNotConnected", "EPIPE");
      const name = fixture.abstractAddress();
      const stream = fixture.socket(AF.UNIX, SOCK.STREAM);
      assertFails(trySendto(stream, bytes, 0, name), "SocketNotConnected", "EOPNOTSUPP");
      const seqpacket = fixture.socket(AF.UNIX, SOCK.SEQPACKET);
      assertFails(trySendto(seqpacket, bytes, 0, name), "SocketNotConnected", "ENOTCONN");
    },
  },
  {
    clause: "EINPROGRESS: MSG_FASTOPEN opens a connection on a non-blocking socket",
    source: `${LINUX}; tcp(7), MSG_FASTOPEN`,
    except: { windows: "Windows has no MSG_FASTOPEN" },
    run(fixture) {
      const server = fixture.listener();
      const client = fixture.tcp({ nonblocking: true });
      const result = trySendto(client, bytes, MSG.FASTOPEN, getsockname(server));
      // If the kernel already has a cookie of the server, the SYN carries the data.
      if (!result.ok) assertFails(result, "ConnectionPending", "EINPROGRESS");
      poll([{ socket: client, events: POLL.OUT }], 5000);
      assert.deepEqual(getpeername(client), getsockname(server));
    },
  },
  {
    clause: "ECONNREFUSED: MSG_FASTOPEN without a listener; or no unix socket has the name",
    source: "tcp_sendmsg_fastopen in net/ipv4/tcp.c; unix_find_other in net/unix/af_unix.c",
    except: { windows: "Windows has no MSG_FASTOPEN" },
    run(fixture) {
      const address = getsockname(fixture.boundTcp());
      assertFails(
        trySendto(fixture.tcp(), bytes, MSG.FASTOPEN, address),
        "ConnectionRefused",
        "ECONNREFUSED",
      );
      const unix = fixture.socket(AF.UNIX, SOCK.DGRAM);
      assertFails(trySendto(unix, bytes, 0, fixture.abstractAddress()), "ConnectionRefused", "ECONNREFUSED");
    },
  },
  {
    clause: "EAFNOSUPPORT: the address family does not match the socket's",
    source: `${POSIX}, ERRORS`,
    except: { wine: "Wine says WSAEOPNOTSUPP; Windows WSAEFAULT or WSAEAFNOSUPPORT (bind and sendto)" },
    run(fixture) {
      const ipv6 = { family: "ipv6", address: "::1", port: 9 } as const;
      assertFails(trySendto(fixture.udp(), bytes, 0, ipv6), "AddressFamilyNotSupported", "EAFNOSUPPORT");
    },
  },
  {
    clause: "EINVAL: the address is not valid: port 0, too short, or a unix one of another family",
    source: `${POSIX}, ERRORS; udp_sendmsg in net/ipv4/udp.c; unix_validate_addr in net/unix/af_unix.c`,
    except: { windows: "Windows' unix sockets are streams with a path, and no pairs" },
    run(fixture) {
      const udp = fixture.udp();
      assertFails(trySendto(udp, bytes, 0, loopback), "InvalidArgument", "EINVAL");
      const short = { family: "unknown", number: AF.INET, data: new Uint8Array(2) } as const;
      assertFails(trySendto(udp, bytes, 0, short), "InvalidArgument", "EINVAL");
      const unix = fixture.socket(AF.UNIX, SOCK.DGRAM);
      assertFails(trySendto(unix, bytes, 0, { ...loopback, port: 9 }), "InvalidArgument", "EINVAL");
    },
  },
  {
    clause: "EFAULT: a raw ICMP message without its header",
    source: "raw_probe_proto_opt in net/ipv4/raw.c",
    run(fixture) {
      if (!isCapable("CAP_NET_RAW")) return fixture.skip("it needs CAP_NET_RAW");
      const raw = fixture.socket(AF.INET, SOCK.RAW, IPPROTO.ICMP);
      assertFails(trySendto(raw, new Uint8Array(0), 0, loopback), "InvalidArgument", "EFAULT");
    },
  },
  {
    clause: "EACCES: a broadcast address, and SO_BROADCAST is not set",
    source: `${LINUX}, ERRORS`,
    run(fixture) {
      const broadcast = { family: "ipv4", address: "127.255.255.255", port: 9 } as const;
      const udp = fixture.udp();
      assertFails(trySendto(udp, bytes, 0, broadcast), "AccessDenied", "EACCES");
      setsockopt(udp, SO.BROADCAST, true);
      assertOk(trySendto(udp, bytes, 0, broadcast));
    },
  },
  {
    clause:
      "EACCES, ENOENT, ENOTDIR, ELOOP, EPROTOTYPE: the path does not resolve to a socket, or is not writable",
    source: `${POSIX}, ERRORS`,
    except: { windows: "Windows' unix sockets are streams with a path, and no pairs" },
    run(fixture) {
      const folder = fixture.folder();
      const path = join(folder, "socket");
      const server = fixture.socket(AF.UNIX, SOCK.STREAM);
      bind(server, { family: "unix", path });
      const sender = fixture.socket(AF.UNIX, SOCK.DGRAM);
      const to = (path: string) => trySendto(sender, bytes, 0, { family: "unix", path });
      assertFails(to(path), "WrongProtocolType", "EPROTOTYPE");
      assertFails(to(join(folder, "none")), "FileNotFound", "ENOENT");
      writeFileSync(join(folder, "file"), "");
      assertFails(to(join(folder, "file", "below")), "NotADirectory", "ENOTDIR");
      symlinkSync("loop", join(folder, "loop"));
      assertFails(to(join(folder, "loop")), "SymLinkLoop", "ELOOP");
      symlinkSync("x".repeat(300), join(folder, "long"));
      assertFails(to(join(folder, "long")), "NameTooLong", "ENAMETOOLONG");
      chmodSync(path, 0);
      asNobody([folder, path], () => assertFails(to(path), "AccessDenied", "EACCES"));
    },
  },
  {
    clause: "EPERM: the unix datagram socket at the address is connected to another",
    source: "unix_may_send in net/unix/af_unix.c",
    except: { windows: "Windows' unix sockets are streams with a path, and no pairs" },
    run(fixture) {
      const [taken, friend, stranger] = [1, 2, 3].map(() => fixture.socket(AF.UNIX, SOCK.DGRAM));
      assert.ok(taken !== undefined && friend !== undefined && stranger !== undefined);
      for (const bound of [taken, friend]) bind(bound, fixture.abstractAddress());
      connect(taken, getsockname(friend));
      assertFails(trySendto(stranger, bytes, 0, getsockname(taken)), "PermissionDenied", "EPERM");
    },
  },
  firewallRow(
    "EPERM: a firewall rule drops or rejects the message",
    "sendto(2), ERRORS; nf_hook_slow in net/netfilter/core.c: NF_DROP",
  ),
  {
    clause: "EPIPE: the socket is shut down for sending",
    source: `${POSIX}, ERRORS`,
    except: { windows: "Winsock says WSAESHUTDOWN, of both directions (recv and send, WSAESHUTDOWN)" },
    run(fixture) {
      const receiver = fixture.udp();
      bind(receiver, loopback);
      const sender = fixture.udp();
      connect(sender, getsockname(receiver));
      shutdown(sender, SHUT.WR);
      assertFails(trySendto(sender, bytes, 0, getsockname(receiver)), "BrokenPipe", "EPIPE");
    },
  },
  {
    clause: "EMSGSIZE: the message is longer than the protocol's longest",
    source: `${POSIX}, ERRORS`,
    run(fixture) {
      const receiver = fixture.udp();
      bind(receiver, loopback);
      const error = assertFails(
        trySendto(fixture.udp(), new Uint8Array(65508), 0, getsockname(receiver)),
        "MessageTooBig",
        "EMSGSIZE",
      );
      assert.equal(error.address, "127.0.0.1");
    },
  },
  {
    clause: "EOPNOTSUPP: the socket does not support a flag",
    source: `${POSIX}, ERRORS`,
    run(fixture) {
      const receiver = fixture.udp();
      bind(receiver, loopback);
      const result = trySendto(fixture.udp(), bytes, MSG.OOB, getsockname(receiver));
      assertFails(result, "OperationNotSupported", "EOPNOTSUPP");
    },
  },
  {
    clause: "EAGAIN: the receiver's queue is full, and the socket does not block, or its SO_SNDTIMEO is over",
    source: `${POSIX}, ERRORS; unix_dgram_sendmsg in net/unix/af_unix.c`,
    except: { windows: "Windows' unix sockets are streams with a path, and no pairs" },
    run(fixture) {
      const receiver = fixture.socket(AF.UNIX, SOCK.DGRAM);
      bind(receiver, fixture.abstractAddress());
      const sender = fixture.socket(AF.UNIX, SOCK.DGRAM);
      while (trySendto(sender, bytes, MSG.DONTWAIT, getsockname(receiver)).ok);
      assertFails(trySendto(sender, bytes, MSG.DONTWAIT, getsockname(receiver)), "WouldBlock", "EAGAIN");
      setsockopt(sender, SO.SNDTIMEO, 1);
      assertFails(trySendto(sender, bytes, 0, getsockname(receiver)), "WouldBlock", "EAGAIN");
    },
  },
  {
    clause: "EBADF and ENOTSOCK: the descriptor is not open, or no socket",
    source: `${POSIX}, ERRORS`,
    except: { windows: "a handle that is closed is WSAENOTSOCK to Windows, not EBADF" },
    run(fixture) {
      const sender = fixture.udp();
      closeDescriptor(sender.fd);
      assertFails(trySendto(sender, bytes, 0, { ...loopback, port: 9 }), "BadFileDescriptor", "EBADF");
      sender.detach();
      const file = openSync("/dev/null", "w");
      assertFails(
        trySendto(file, bytes, 0, { ...loopback, port: 9 }),
        "FileDescriptorNotASocket",
        "ENOTSOCK",
      );
      closeSync(file);
    },
  },
  {
    clause: "a network without routes, errors from routers, interfaces that are down, no port left",
    source: `${POSIX}, ERRORS; icmp_err_convert in net/ipv4/icmp.c; ip-route(8)`,
    run: (fixture) =>
      inNetworkNamespace(fixture, new URL("./send-network.child.js", import.meta.url), { ip: true }),
  },
  {
    clause:
      "a bad address, bad flags and MSG_ZEROCOPY are rejected before any system call; so is a closed Socket",
    source: "berkeley",
    except: { windows: "Windows has no MSG_ZEROCOPY" },
    script: {},
    play(system) {
      using sender = socket(AF.INET, SOCK.DGRAM, 0, { system });
      const address = { ...loopback, port: 9 };
      // @ts-expect-error an address is required
      assert.throws(() => sendto(sender, bytes, 0), TypeError);
      assert.throws(() => sendto(sender, bytes, 0, { ...loopback, port: -1 }), RangeError);
      assert.throws(() => sendto(sender, bytes, 0.5, address), RangeError);
      assert.throws(() => sendto(sender, bytes, MSG.ZEROCOPY, address), RangeError);
      close(sender);
      const error = assertFails(trySendto(sender, bytes, 0, address), "SocketClosed", "EBADF");
      assert.equal(error.port, 9);
      assert.ok(!system.calls.some((call) => call.startsWith("send")));
    },
  },
  {
    clause: "EINTR never reaches the caller: sendto is retried, to the same address",
    source: `${POSIX}, ERRORS; signal(7)`,
    except: { windows: "Windows has no MSG_NOSIGNAL" },
    script: { sendto: [-EINTR, -EINTR, (_fd, _buffer, _flags, address) => address.view.getUint16(2)] },
    play(system) {
      using sender = socket(AF.INET, SOCK.DGRAM, 0, { system });
      assert.equal(sendto(sender, bytes, 0, { ...loopback, port: 4242 }), 4242);
      assert.deepEqual(
        system.calls.filter((call) => call.startsWith("sendto")),
        Array(3).fill(`sendto(1000, ${MSG.NOSIGNAL})`),
      );
    },
  },
  ...winsockRows("sendto", (socket) => trySendto(socket, new Uint8Array(1), 0, { ...loopback, port: 80 })),
  ...documentedErrors(sendtoErrors, (system) => {
    using sender = socket(AF.INET, SOCK.DGRAM, 0, { system });
    return trySendto(sender, bytes, 0, { ...loopback, port: 9 });
  }),
]);
