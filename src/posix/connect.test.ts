import assert from "node:assert/strict";
import { chmodSync, closeSync, mkdirSync, openSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, Socket as NetSocket } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { asNobody } from "../../test/as-nobody.ts";
import { closeDescriptor } from "../../test/close-descriptor.ts";
import { assertFails, assertOk, conformance, documentedErrors, errnoOf } from "../../test/conformance.ts";
import { firewallRow } from "../../test/firewall-row.ts";
import { loopback } from "../../test/fixture.ts";
import { inNetworkNamespace } from "../../test/network-namespace.ts";
import { winsockRows } from "../../test/winsock.ts";
import { SO } from "../options/so.ts";
import { accept } from "./accept.ts";
import { bind } from "./bind.ts";
import { close } from "./close.ts";
import { connect, connectErrors, tryConnect } from "./connect.ts";
import { AF, POLL, SHUT, SOCK } from "./constants.ts";
import { getpeername, tryGetpeername } from "./getpeername.ts";
import { getsockname } from "./getsockname.ts";
import { listen } from "./listen.ts";
import { poll } from "./poll.ts";
import { tryRecv } from "./recv.ts";
import { recvfrom } from "./recvfrom.ts";
import { send, trySend } from "./send.ts";
import { sendto } from "./sendto.ts";
import { setsockopt } from "./setsockopt.ts";
import { shutdown } from "./shutdown.ts";
import { socket } from "./socket.ts";

const POSIX = "POSIX connect(3p)";
const LINUX = "connect(2)";
conformance("connect", [
  {
    clause: "a connection-mode socket is connected to the peer at the address",
    source: `${POSIX}, DESCRIPTION`,
    run(fixture) {
      const server = fixture.listener();
      const client = fixture.tcp();
      connect(client, getsockname(server));
      assert.deepEqual(getpeername(client), getsockname(server));
    },
  },
  {
    clause: "an unbound socket is bound to an unused local address; a unix socket stays without a name",
    source: `${POSIX}, DESCRIPTION`,
    except: { windows: "Windows' unix sockets are streams with a path, and no pairs" },
    run(fixture) {
      const client = fixture.tcp();
      connect(client, getsockname(fixture.listener()));
      const address = getsockname(client);
      assert.ok(address.family === "ipv4" && address.port > 0 && address.address === "127.0.0.1");
      const server = fixture.socket(AF.UNIX, SOCK.STREAM);
      bind(server, fixture.abstractAddress());
      listen(server, 1);
      const unix = fixture.socket(AF.UNIX, SOCK.STREAM);
      connect(unix, getsockname(server));
      assert.deepEqual(getsockname(unix), { family: "unix", path: "" });
    },
  },
  {
    clause: "a datagram socket has its peer set, makes no connection, and receives from that peer only",
    source: `${POSIX}, DESCRIPTION`,
    run(fixture) {
      const [one, other, receiver] = [fixture.udp(), fixture.udp(), fixture.udp({ nonblocking: true })];
      for (const datagram of [one, other, receiver]) bind(datagram, loopback);
      connect(receiver, getsockname(one));
      sendto(other, Buffer.from("x"), 0, getsockname(receiver));
      sendto(one, Buffer.from("one"), 0, getsockname(receiver));
      poll([{ socket: receiver, events: POLL.IN }], 5000);
      assert.deepEqual(recvfrom(receiver, new Uint8Array(8)), { bytes: 3, address: getsockname(one) });
      assertFails(tryRecv(receiver, new Uint8Array(8)), "WouldBlock");
    },
  },
  {
    clause: "a datagram socket's peer may be changed any number of times",
    source: `${LINUX}, DESCRIPTION`,
    run(fixture) {
      const client = fixture.udp();
      for (let round = 0; round < 3; round++) {
        const peer = fixture.udp();
        bind(peer, loopback);
        connect(client, getsockname(peer));
        assert.deepEqual(getpeername(client), getsockname(peer));
      }
    },
  },
  {
    clause: "the unspecified address resets the peer of a datagram socket, and undoes a TCP connection",
    source: `${POSIX}, DESCRIPTION; ${LINUX}, DESCRIPTION`,
    except: { windows: "Windows' unix sockets are streams with a path, and no pairs" },
    run(fixture) {
      const peer = fixture.udp();
      bind(peer, loopback);
      const unixPeer = fixture.socket(AF.UNIX, SOCK.DGRAM);
      bind(unixPeer, fixture.abstractAddress());
      const { client } = fixture.connection();
      const udp = fixture.udp();
      connect(udp, getsockname(peer));
      const unix = fixture.socket(AF.UNIX, SOCK.DGRAM);
      connect(unix, getsockname(unixPeer));
      for (const connected of [udp, unix, client]) {
        getpeername(connected);
        connect(connected, { family: "unspecified" });
        assertFails(tryGetpeername(connected), "SocketNotConnected");
      }
      connect(client, getsockname(fixture.listener()));
    },
  },
  {
    clause: "EINVAL: a unix stream's connection cannot be undone",
    source: "unix_stream_connect in net/unix/af_unix.c",
    except: { wine: "Wine has no AF_UNIX; Windows has since 10 1803 (Winsock, AF_UNIX)" },
    run(fixture) {
      assertFails(
        tryConnect(fixture.socket(AF.UNIX, SOCK.STREAM), { family: "unspecified" }),
        "InvalidArgument",
        "EINVAL",
      );
      assertFails(tryConnect(fixture.pair()[0], { family: "unspecified" }), "InvalidArgument", "EINVAL");
    },
  },
  {
    clause:
      "EINPROGRESS: O_NONBLOCK is set and the connection cannot be made at once; it is made asynchronously",
    source: `${POSIX}, DESCRIPTION and ERRORS`,
    except: { windows: "it expects a number of Linux" },
    run(fixture) {
      const server = fixture.listener();
      const client = fixture.tcp({ nonblocking: true });
      const error = assertFails(tryConnect(client, getsockname(server)), "ConnectionPending", "EINPROGRESS");
      const address = getsockname(server);
      assert.ok(address.family === "ipv4");
      assert.deepEqual([error.address, error.port, error.errno], [address.address, address.port, -115]);
      assert.deepEqual(poll([{ socket: client, events: POLL.OUT }], 5000), [
        { socket: client, revents: POLL.OUT },
      ]);
      assert.deepEqual(getpeername(client), address);
    },
  },
  {
    clause: "EALREADY: a connection attempt is in progress",
    source: `${POSIX}, ERRORS`,
    run(fixture) {
      const full = fixture.listener(0);
      connect(fixture.tcp(), getsockname(full));
      const client = fixture.tcp({ nonblocking: true });
      assertFails(tryConnect(client, getsockname(full)), "ConnectionPending", "EINPROGRESS");
      assertFails(tryConnect(client, getsockname(full)), "ConnectionPending", "EALREADY");
    },
  },
  {
    clause: "after a nonblocking connect completes, one more connect succeeds, then EISCONN",
    source: "__inet_stream_connect in net/ipv4/af_inet.c",
    except: { windows: "it is EISCONN at once: WSAEISCONN (connect, Remarks)" },
    run(fixture) {
      const server = fixture.listener();
      const client = fixture.tcp({ nonblocking: true });
      assertFails(tryConnect(client, getsockname(server)), "ConnectionPending", "EINPROGRESS");
      poll([{ socket: client, events: POLL.OUT }], 5000);
      assertOk(tryConnect(client, getsockname(server)));
      assertFails(tryConnect(client, getsockname(server)), "AlreadyConnected", "EISCONN");
    },
  },
  {
    clause: "EINPROGRESS: the socket blocks, and its SO_SNDTIMEO has expired",
    source: "socket(7), SO_SNDTIMEO",
    except: { windows: "SO_SNDTIMEO is about sending calls alone there (SOL_SOCKET Socket Options)" },
    run(fixture) {
      const full = fixture.listener(0);
      connect(fixture.tcp(), getsockname(full));
      const client = fixture.tcp();
      setsockopt(client, SO.SNDTIMEO, 1);
      assertFails(tryConnect(client, getsockname(full)), "ConnectionPending", "EINPROGRESS");
    },
  },
  {
    clause: "EADDRNOTAVAIL: the address is not available from this machine, or no ephemeral port is left",
    source: `${POSIX}, ERRORS; ${LINUX}, ERRORS`,
    run: (fixture) =>
      inNetworkNamespace(fixture, new URL("./connect-network.child.js", import.meta.url), { ip: true }),
  },
  {
    clause: "EAFNOSUPPORT: the address family does not match the socket's",
    source: `${POSIX}, ERRORS`,
    except: { wine: "Wine says WSAEOPNOTSUPP; Windows WSAEFAULT or WSAEAFNOSUPPORT (bind and sendto)" },
    run(fixture) {
      const ipv6 = { family: "ipv6", address: "::1", port: 9 } as const;
      assertFails(tryConnect(fixture.tcp(), ipv6), "AddressFamilyNotSupported", "EAFNOSUPPORT");
      assertFails(tryConnect(fixture.udp(), ipv6), "AddressFamilyNotSupported", "EAFNOSUPPORT");
    },
  },
  {
    clause: "EINVAL: the address is too short for the family of the socket, or a unix one of another family",
    source:
      `${POSIX}, ERRORS; tcp_v6_connect in net/ipv6/tcp_ipv6.c; ` +
      "unix_validate_addr in net/unix/af_unix.c",
    except: { wine: "Wine has no AF_UNIX; Windows has since 10 1803 (Winsock, AF_UNIX)" },
    run(fixture) {
      const ipv4 = { ...loopback, port: 9 };
      assertFails(tryConnect(fixture.socket(AF.INET6, SOCK.STREAM), ipv4), "InvalidArgument", "EINVAL");
      assertFails(tryConnect(fixture.socket(AF.UNIX, SOCK.STREAM), ipv4), "InvalidArgument", "EINVAL");
      const short = { family: "unknown", number: AF.INET, data: new Uint8Array(2) } as const;
      assertFails(tryConnect(fixture.tcp(), short), "InvalidArgument", "EINVAL");
      const unnamed = { family: "unix", path: "" } as const;
      assertFails(tryConnect(fixture.socket(AF.UNIX, SOCK.STREAM), unnamed), "InvalidArgument", "EINVAL");
    },
  },
  {
    clause: "EINVAL: a link-local address without its scope",
    source: "ipv6(7); tcp_v6_connect in net/ipv6/tcp_ipv6.c",
    run(fixture) {
      const address = { family: "ipv6", address: "fe80::1", port: 9 } as const;
      assertFails(tryConnect(fixture.socket(AF.INET6, SOCK.STREAM), address), "InvalidArgument", "EINVAL");
      assertFails(tryConnect(fixture.socket(AF.INET6, SOCK.DGRAM), address), "InvalidArgument", "EINVAL");
    },
  },
  {
    clause: "EBADF: the descriptor was closed behind our back, or never open",
    source: `${POSIX}, ERRORS`,
    except: { windows: "a handle that is closed is WSAENOTSOCK to Windows, not EBADF" },
    run(fixture) {
      const client = fixture.tcp();
      closeDescriptor(client.fd);
      assertFails(tryConnect(client, { ...loopback, port: 9 }), "BadFileDescriptor", "EBADF");
      client.detach();
    },
  },
  {
    clause: "a closed Socket makes no system call; the error has the address",
    source: "berkeley",
    script: {},
    play(system) {
      const client = socket(AF.INET, SOCK.STREAM, 0, { system });
      close(client);
      const before = system.calls.length;
      const error = assertFails(tryConnect(client, { ...loopback, port: 9 }), "SocketClosed", "EBADF");
      assert.deepEqual([error.address, error.port], ["127.0.0.1", 9]);
      assert.equal(system.calls.length, before);
    },
  },
  {
    clause: "ECONNREFUSED: no socket is listening on the address",
    source: `${POSIX}, ERRORS`,
    except: { windows: "Windows' unix sockets are streams with a path, and no pairs" },
    run(fixture) {
      const dead = fixture.boundTcp();
      const client = fixture.tcp();
      assertFails(tryConnect(client, getsockname(dead)), "ConnectionRefused", "ECONNREFUSED");
      const bound = fixture.socket(AF.UNIX, SOCK.STREAM);
      bind(bound, fixture.abstractAddress());
      const unix = fixture.socket(AF.UNIX, SOCK.STREAM);
      assertFails(tryConnect(unix, getsockname(bound)), "ConnectionRefused", "ECONNREFUSED");
      assertFails(tryConnect(unix, fixture.abstractAddress()), "ConnectionRefused", "ECONNREFUSED");
      const file = join(fixture.folder(), "file");
      writeFileSync(file, "");
      const error = assertFails(
        tryConnect(unix, { family: "unix", path: file }),
        "ConnectionRefused",
        "ECONNREFUSED",
      );
      assert.equal(error.path, file);
    },
  },
  {
    clause: "after a failed attempt POSIX leaves the socket's state unspecified; Linux lets it connect",
    source: `${POSIX}, APPLICATION USAGE; ${LINUX}, NOTES`,
    except: { wine: "Wine says WSAECONNABORTED; Windows lets it connect (connect, Remarks)" },
    run(fixture) {
      const client = fixture.tcp();
      assertFails(tryConnect(client, getsockname(fixture.boundTcp())), "ConnectionRefused");
      connect(client, getsockname(fixture.listener()));
    },
  },
  {
    clause:
      "ECONNABORTED: the pending attempt failed and its error was already read; the next one starts afresh",
    source: "__inet_stream_connect in net/ipv4/af_inet.c",
    except: { windows: "it is about Linux's kernel, or socketpair()'s unix sockets" },
    run(fixture) {
      const client = fixture.tcp({ nonblocking: true });
      assertFails(tryConnect(client, getsockname(fixture.boundTcp())), "ConnectionPending");
      poll([{ socket: client, events: POLL.OUT }], 5000);
      assertFails(trySend(client, new Uint8Array(1)), "ConnectionRefused");
      const server = fixture.listener();
      assertFails(tryConnect(client, getsockname(server)), "ConnectionAborted", "ECONNABORTED");
      assertFails(tryConnect(client, getsockname(server)), "ConnectionPending", "EINPROGRESS");
    },
  },
  {
    clause: "EPIPE: the pending connection was established, closed by the peer, and reset",
    source: "tcp_reset in net/ipv4/tcp_input.c; __inet_stream_connect in net/ipv4/af_inet.c",
    except: { windows: "Windows has no POLL_RDHUP" },
    run(fixture) {
      const server = fixture.listener();
      const client = fixture.tcp({ nonblocking: true });
      assertFails(tryConnect(client, getsockname(server)), "ConnectionPending");
      const connection = fixture.own(accept(server).socket);
      shutdown(connection, SHUT.WR);
      poll([{ socket: client, events: POLL.RDHUP }], 5000);
      send(client, new Uint8Array(1));
      poll([{ socket: connection, events: POLL.IN }], 5000);
      close(connection);
      poll([{ socket: client, events: 0 }], 5000);
      assertFails(tryConnect(client, getsockname(server)), "BrokenPipe", "EPIPE");
    },
  },
  {
    clause: "EISCONN: the socket is already connected",
    source: `${POSIX}, ERRORS`,
    except: { windows: "Windows' unix sockets are streams with a path, and no pairs" },
    run(fixture) {
      const { client, server } = fixture.connection();
      const address = getsockname(fixture.listener());
      assertFails(tryConnect(client, address), "AlreadyConnected", "EISCONN");
      assertFails(tryConnect(server, address), "AlreadyConnected", "EISCONN");
      shutdown(client, SHUT.WR);
      assertFails(tryConnect(client, address), "AlreadyConnected", "EISCONN");
      const listener = fixture.socket(AF.UNIX, SOCK.STREAM);
      bind(listener, fixture.abstractAddress());
      listen(listener, 1);
      const [left] = fixture.pair();
      assertFails(tryConnect(left, getsockname(listener)), "AlreadyConnected", "EISCONN");
    },
  },
  {
    clause: "EOPNOTSUPP, on Linux EISCONN or (unix) EINVAL: the socket is listening",
    source:
      `${POSIX}, ERRORS; __inet_stream_connect in net/ipv4/af_inet.c; ` +
      "unix_stream_connect in net/unix/af_unix.c",
    except: { windows: "Windows' unix sockets are streams with a path, and no pairs" },
    run(fixture) {
      const tcp = fixture.listener();
      assertFails(tryConnect(tcp, getsockname(fixture.listener())), "SocketListening", "EISCONN");
      const unix = fixture.socket(AF.UNIX, SOCK.STREAM);
      bind(unix, fixture.abstractAddress());
      listen(unix, 1);
      assertFails(tryConnect(unix, getsockname(unix)), "SocketListening", "EINVAL");
    },
  },
  {
    clause: "EOPNOTSUPP of a socket that does not listen: its type cannot be connected",
    source: "sock_no_connect in net/core/sock.c",
    script: { connect: [-errnoOf("EOPNOTSUPP")] },
    play(system) {
      using client = socket(AF.INET, SOCK.STREAM, 0, { system });
      assertFails(tryConnect(client, { ...loopback, port: 9 }), "OperationNotSupported", "EOPNOTSUPP");
    },
  },
  {
    clause: "an error names the vsock address, and that ECONNRESET means that nothing listens there",
    source: "virtio_transport_recv_connecting in net/vmw_vsock/virtio_transport_common.c",
    script: { connect: [-errnoOf("ECONNRESET")] },
    play(system) {
      using client = socket(AF.INET, SOCK.STREAM, 0, { system });
      const result = tryConnect(client, { family: "vsock", cid: 2, port: 5 });
      const { message } = assertFails(result, "ConnectionResetByPeer", "ECONNRESET");
      assert.match(message, /^connect ECONNRESET vsock 2:5: .* no socket is listening on the port\.$/);
    },
  },
  {
    clause: "ENOTSOCK: the descriptor does not refer to a socket",
    source: `${POSIX}, ERRORS`,
    run() {
      const file = openSync("/dev/null", "r");
      assertFails(tryConnect(file, { ...loopback, port: 9 }), "FileDescriptorNotASocket", "ENOTSOCK");
      closeSync(file);
    },
  },
  {
    clause: "EPROTOTYPE: the unix socket at the address is of another type",
    source: `${POSIX}, ERRORS; unix_find_bsd in net/unix/af_unix.c`,
    except: { windows: "Windows' unix sockets are streams with a path, and no pairs" },
    run(fixture) {
      const path = join(fixture.folder(), "socket");
      const server = fixture.socket(AF.UNIX, SOCK.STREAM);
      bind(server, { family: "unix", path });
      listen(server, 1);
      for (const type of [SOCK.DGRAM, SOCK.SEQPACKET]) {
        const client = fixture.socket(AF.UNIX, type);
        assertFails(tryConnect(client, { family: "unix", path }), "WrongProtocolType", "EPROTOTYPE");
      }
    },
  },
  {
    clause:
      "EAGAIN: the unix listener's queue is full, and the socket does not block, or its SO_SNDTIMEO is over",
    source: `${LINUX}, ERRORS; unix_stream_connect in net/unix/af_unix.c`,
    except: { windows: "Windows' unix sockets are streams with a path, and no pairs" },
    run(fixture) {
      const server = fixture.socket(AF.UNIX, SOCK.STREAM);
      bind(server, fixture.abstractAddress());
      listen(server, 0);
      connect(fixture.socket(AF.UNIX, SOCK.STREAM), getsockname(server));
      const client = fixture.socket(AF.UNIX, SOCK.STREAM, 0, { nonblocking: true });
      assertFails(tryConnect(client, getsockname(server)), "WouldBlock", "EAGAIN");
      const patient = fixture.socket(AF.UNIX, SOCK.STREAM);
      setsockopt(patient, SO.SNDTIMEO, 1);
      assertFails(tryConnect(patient, getsockname(server)), "WouldBlock", "EAGAIN");
    },
  },
  {
    clause: "EACCES: a broadcast address, and SO_BROADCAST is not set",
    source: `${LINUX}, ERRORS`,
    run(fixture) {
      const broadcast = { family: "ipv4", address: "127.255.255.255", port: 9 } as const;
      assertFails(tryConnect(fixture.udp(), broadcast), "AccessDenied", "EACCES");
    },
  },
  {
    clause: "EACCES: the unix socket is not writable, or a directory in its path not searchable",
    source: `${POSIX}, ERRORS; ${LINUX}, ERRORS`,
    except: { wine: "Wine has no AF_UNIX; Windows has since 10 1803 (Winsock, AF_UNIX)" },
    run(fixture) {
      const folder = fixture.folder();
      const path = join(folder, "socket");
      const server = fixture.socket(AF.UNIX, SOCK.STREAM);
      bind(server, { family: "unix", path });
      listen(server, 1);
      asNobody([folder, path], () => {
        for (const [file, mode] of [
          [path, 0o000],
          [folder, 0o600],
        ] as const) {
          chmodSync(path, 0o777);
          chmodSync(folder, 0o700);
          chmodSync(file, mode);
          const client = fixture.socket(AF.UNIX, SOCK.STREAM);
          assertFails(tryConnect(client, { family: "unix", path }), "AccessDenied", "EACCES");
        }
      });
    },
  },
  {
    clause: "EPERM: the unix datagram socket at the address is connected to another",
    source: "unix_may_send in net/unix/af_unix.c",
    except: { windows: "Windows' unix sockets are streams with a path, and no pairs" },
    run(fixture) {
      const [taken, friend, stranger] = [1, 2, 3].map(() => fixture.socket(AF.UNIX, SOCK.DGRAM));
      assert.ok(taken !== undefined && friend !== undefined && stranger !== undefined);
      bind(taken, fixture.abstractAddress());
      bind(friend, fixture.abstractAddress());
      connect(taken, getsockname(friend));
      assertFails(tryConnect(stranger, getsockname(taken)), "PermissionDenied", "EPERM");
      connect(friend, getsockname(taken));
    },
  },
  {
    clause: "EPERM: a BPF program of the cgroup forbids the address",
    source: "connect(2), ERRORS; BPF_CGROUP_RUN_SA_PROG in include/linux/bpf-cgroup.h",
    except: { windows: "it is about Linux's cgroups" },
    run: (fixture) =>
      inNetworkNamespace(fixture, new URL("./forbidden-by-cgroup.child.js", import.meta.url), { ip: true }),
  },
  firewallRow(
    "a firewall rule: TCP reports what it answers, and tries again if it drops",
    "tcp_connect in net/ipv4/tcp_output.c; icmp_err_convert in net/ipv4/icmp.c",
  ),
  {
    clause: "ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG: the path leads nowhere",
    source: `${POSIX}, ERRORS`,
    except: { wine: "Wine has no AF_UNIX; Windows has since 10 1803 (Winsock, AF_UNIX)" },
    run(fixture) {
      const folder = fixture.folder();
      const file = join(folder, "file");
      writeFileSync(file, "");
      const loop = join(folder, "loop");
      symlinkSync(loop, loop);
      const client = fixture.socket(AF.UNIX, SOCK.STREAM);
      const fails = (path: string) => tryConnect(client, { family: "unix", path });
      const error = assertFails(fails(join(folder, "none")), "FileNotFound", "ENOENT");
      assert.equal(error.path, join(folder, "none"));
      assertFails(fails(join(file, "below")), "NotADirectory", "ENOTDIR");
      assertFails(fails(join(loop, "below")), "SymLinkLoop", "ELOOP");
      const long = join(folder, "long");
      mkdirSync(long);
      symlinkSync("x".repeat(300), join(long, "link"));
      assertFails(fails(join(long, "link")), "NameTooLong", "ENAMETOOLONG");
    },
  },
  {
    clause: "a bad address is rejected before any system call",
    source: "berkeley",
    script: {},
    play(system) {
      using client = socket(AF.INET, SOCK.STREAM, 0, { system });
      // @ts-expect-error an address is an object
      assert.throws(() => connect(client, "127.0.0.1"), TypeError);
      // @ts-expect-error an address is required
      assert.throws(() => connect(client), TypeError);
      assert.throws(() => connect(client, { family: "ipv4", address: "127.0.0", port: 1 }), TypeError);
      assert.throws(() => connect(client, { family: "ipv4", address: "127.0.0.1", port: 65536 }), RangeError);
      assert.throws(() => connect(client, { family: "unix", path: "x".repeat(109) }), RangeError);
      assert.ok(!system.calls.some((call) => call.startsWith("connect")));
    },
  },
  ...winsockRows("connect", (socket) => tryConnect(socket, { ...loopback, port: 80 })),
  ...documentedErrors(connectErrors, (system) => {
    using client = socket(AF.INET, SOCK.STREAM, 0, { system });
    return tryConnect(client, { ...loopback, port: 9 });
  }),
]);

test("connect accepts Node's own socket, and the result of server.address()", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  using client = socket(AF.INET, SOCK.STREAM);
  connect(client, address);
  send(client.fd, Buffer.from("x"));
  assertFails(tryConnect(new NetSocket(), address), "SocketClosed");
  await new Promise((resolve) => server.close(resolve));
});
