import assert from "node:assert/strict";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { connect as connectNode, createServer } from "node:net";
import { test } from "node:test";
import { closedBehindOurBack, closedSocket } from "../../test/closed-rows.ts";
import { assertFails, assertOk, conformance, documentedErrors, errnoHere } from "../../test/conformance.ts";
import { descriptorsHidden } from "../../test/own-sockets.ts";
import { except } from "../../test/platform.ts";
import { winsockRows } from "../../test/winsock.ts";
import { SO } from "../options/so.ts";
import { accept } from "./accept.ts";
import { bind } from "./bind.ts";
import { close } from "./close.ts";
import { connect, tryConnect } from "./connect.ts";
import { AF, POLL, SHUT, SOCK } from "./constants.ts";
import { getpeername, getpeernameErrors, isGetpeernameError, tryGetpeername } from "./getpeername.ts";
import { getsockname } from "./getsockname.ts";
import { listen } from "./listen.ts";
import { poll } from "./poll.ts";
import { recv } from "./recv.ts";
import { setsockopt } from "./setsockopt.ts";
import { shutdown } from "./shutdown.ts";
import { socket, trySocket } from "./socket.ts";

const POSIX = "POSIX getpeername(3p)";

conformance("getpeername", [
  {
    clause: "gives the address of the peer",
    source: `${POSIX}, DESCRIPTION`,
    run(fixture) {
      const { client, server } = fixture.connection();
      assert.deepEqual(getpeername(client), getsockname(server));
      assert.deepEqual(getpeername(server), getsockname(client));
      const ipv6 = fixture.socket(AF.INET6, SOCK.STREAM);
      bind(ipv6, { family: "ipv6", address: "::1", port: 0 });
      listen(ipv6, 1);
      const client6 = fixture.socket(AF.INET6, SOCK.STREAM);
      connect(client6, getsockname(ipv6));
      assert.deepEqual(getpeername(client6), getsockname(ipv6));
    },
  },
  {
    clause: "a datagram socket's peer is the one that it was connected to; there is none once that is undone",
    source: `${POSIX}, DESCRIPTION; connect(2), AF_UNSPEC`,
    run(fixture) {
      const peer = fixture.udp();
      bind(peer, { family: "ipv4", address: "127.0.0.1", port: 0 });
      const made = fixture.udp();
      connect(made, getsockname(peer));
      assert.deepEqual(getpeername(made), getsockname(peer));
      connect(made, { family: "unspecified" });
      assertFails(tryGetpeername(made), "SocketNotConnected", "ENOTCONN");
    },
  },
  {
    clause: "a unix peer that is not bound has no path; one that is has its listener's",
    source: `${POSIX}, DESCRIPTION; unix(7)`,
    except: { windows: "Windows' unix sockets are streams with a path, and no pairs" },
    run(fixture) {
      const listener = fixture.socket(AF.UNIX, SOCK.STREAM);
      const address = fixture.abstractAddress();
      bind(listener, address);
      listen(listener, 1);
      const client = fixture.socket(AF.UNIX, SOCK.STREAM);
      connect(client, address);
      const server = fixture.own(accept(listener).socket);
      assert.deepEqual(getpeername(client), address);
      assert.deepEqual(getpeername(server), { family: "unix", path: "" });
      bind(client, fixture.abstractAddress());
      assert.deepEqual(getpeername(server), getsockname(client), "and it may be bound later");
    },
  },
  {
    clause:
      "an address that is longer than the buffer is cut short: none is, sun_path's " +
      "108 bytes and a NUL included",
    source: `${POSIX}, DESCRIPTION; unix(7), BUGS`,
    except: { wine: "Wine has no AF_UNIX; Windows has since 10 1803 (Winsock, AF_UNIX)" },
    run(fixture) {
      const [left, right] = fixture.pair();
      const path = `${fixture.folder()}/`.padEnd(108, "x");
      bind(left, { family: "unix", path });
      assert.deepEqual(getpeername(right), { family: "unix", path });
    },
  },
  {
    clause: "a peer that has shut down, or closed, is the peer still",
    source: "inet_getname in net/ipv4/af_inet.c",
    run(fixture) {
      const { client, server } = fixture.connection();
      const address = getsockname(server);
      close(server);
      assert.equal(recv(client, new Uint8Array(1)), 0);
      assert.deepEqual(getpeername(client), address);
    },
  },
  {
    clause: "EINVAL, on Linux ENOTCONN once both sides are closed: the socket has been shut down",
    source: `${POSIX}, ERRORS; inet_getname in net/ipv4/af_inet.c`,
    run(fixture) {
      const { client, server } = fixture.connection();
      const address = getpeername(client);
      shutdown(client, SHUT.RDWR);
      assert.deepEqual(getpeername(client), address, "one side alone does not end it");
      shutdown(server, SHUT.RDWR);
      poll([{ socket: server, events: POLL.HUP }], 5000);
      assertFails(tryGetpeername(server), "SocketNotConnected", "ENOTCONN");
    },
  },
  {
    clause: "ENOTCONN: the socket is not connected",
    source: `${POSIX}, ERRORS; getpeername(2)`,
    except: { windows: "Windows' unix sockets are streams with a path, and no pairs" },
    run(fixture) {
      const sockets = [
        fixture.tcp(),
        fixture.boundTcp(),
        fixture.listener(),
        fixture.udp(),
        fixture.socket(AF.INET6, SOCK.STREAM),
        fixture.socket(AF.UNIX, SOCK.STREAM),
        fixture.socket(AF.UNIX, SOCK.DGRAM),
      ];
      for (const made of sockets) {
        const error = assertFails(tryGetpeername(made), "SocketNotConnected", "ENOTCONN");
        assert.equal(error.errno, -errnoHere("ENOTCONN"));
      }
    },
  },
  {
    clause: "ENOTCONN: the socket is connecting (SYN_SENT)",
    source: `${POSIX}, ERRORS; inet_getname in net/ipv4/af_inet.c`,
    run(fixture) {
      const full = fixture.listener(0);
      connect(fixture.tcp(), getsockname(full));
      const connecting = fixture.tcp({ nonblocking: true });
      assertFails(tryConnect(connecting, getsockname(full)), "ConnectionPending");
      assertFails(tryGetpeername(connecting), "SocketNotConnected", "ENOTCONN");
    },
  },
  {
    clause: "ENOTCONN: the connection was reset",
    source: `${POSIX}, ERRORS; inet_getname in net/ipv4/af_inet.c`,
    run(fixture) {
      const { client, server } = fixture.connection();
      setsockopt(server, SO.LINGER, { on: true, seconds: 0 });
      close(server);
      poll([{ socket: client, events: POLL.IN }], 5000);
      assertFails(tryGetpeername(client), "SocketNotConnected", "ENOTCONN");
    },
  },
  {
    clause: "EOPNOTSUPP: the protocol does not have the call",
    source: `${POSIX}, ERRORS; packet_getname in net/packet/af_packet.c`,
    except: { windows: "Windows has no AF_PACKET" },
    run(fixture) {
      const made = trySocket(AF.PACKET, SOCK.DGRAM);
      if (!made.ok) return fixture.skip(made.error.message);
      fixture.own(made.value);
      assertFails(tryGetpeername(made.value), "OperationNotSupported", "EOPNOTSUPP");
    },
  },
  closedBehindOurBack(`${POSIX}, ERRORS; getpeername(2)`, (socket) => tryGetpeername(socket)),
  {
    clause: "ENOTSOCK: the descriptor does not refer to a socket",
    source: `${POSIX}, ERRORS; getpeername(2)`,
    run() {
      const file = openSync("/dev/null", "r");
      assertFails(tryGetpeername(file), "FileDescriptorNotASocket", "ENOTSOCK");
      closeSync(file);
    },
  },
  closedSocket((socket) => tryGetpeername(socket)),
  ...winsockRows("getpeername", (socket) => tryGetpeername(socket)),
  ...documentedErrors(getpeernameErrors, (system) => {
    using made = socket(AF.INET, SOCK.STREAM, 0, { system });
    return tryGetpeername(made);
  }),
]);

test("getpeername throws what tryGetpeername returns, with the caller's stack", () => {
  using made = socket(AF.INET, SOCK.STREAM);
  assert.throws(
    () => {
      getpeername(made);
    },
    (error: unknown) => {
      assert.ok(isGetpeernameError(error));
      assert.equal(error.name, "SocketNotConnected");
      assert.match(error.stack?.split("\n")[1] ?? "", /getpeername\.test\./);
      return true;
    },
  );
});

test("getpeername agrees with Node's socket.remotePort", except(descriptorsHidden), async () => {
  const server = createServer((connection) => connection.resume());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  const client = connectNode(address.port, "127.0.0.1");
  await once(client, "connect");
  assert.deepEqual(assertOk(tryGetpeername(client)), {
    family: "ipv4",
    address: "127.0.0.1",
    port: client.remotePort,
  });
  client.end();
  await once(client, "close");
  await new Promise((resolve) => server.close(resolve));
});
