import assert from "node:assert/strict";
import { closeSync, openSync } from "node:fs";
import { createServer } from "node:net";
import { test } from "node:test";
import { closedBehindOurBack, closedSocket } from "../../test/closed-rows.ts";
import { assertFails, assertOk, conformance, documentedErrors } from "../../test/conformance.ts";
import { loopback } from "../../test/fixture.ts";
import { descriptorsHidden } from "../../test/own-sockets.ts";
import { except } from "../../test/platform.ts";
import { winsockRows } from "../../test/winsock.ts";
import { accept } from "./accept.ts";
import { bind } from "./bind.ts";
import { close } from "./close.ts";
import { connect } from "./connect.ts";
import { AF, POLL, SHUT, SOCK } from "./constants.ts";
import { getsockname, getsocknameErrors, isGetsocknameError, tryGetsockname } from "./getsockname.ts";
import { listen } from "./listen.ts";
import { poll } from "./poll.ts";
import { shutdown } from "./shutdown.ts";
import { socket, trySocket } from "./socket.ts";

const POSIX = "POSIX getsockname(3p)";

conformance("getsockname", [
  {
    clause: "gives the name that the socket is bound to",
    source: `${POSIX}, DESCRIPTION`,
    except: { windows: "Windows' unix sockets are streams with a path, and no pairs" },
    run(fixture) {
      for (const [domain, address] of [
        [AF.INET, { family: "ipv4", address: "127.0.0.3", port: 0 }],
        [AF.INET6, { family: "ipv6", address: "::1", port: 0 }],
      ] as const) {
        const made = fixture.socket(domain, SOCK.DGRAM);
        bind(made, address);
        const name = getsockname(made);
        assert.ok("address" in name && "port" in name && name.port > 0);
        assert.deepEqual([name.family, name.address], [address.family, address.address]);
      }
      const made = fixture.socket(AF.UNIX, SOCK.DGRAM);
      const path = `${fixture.folder()}/socket`;
      bind(made, { family: "unix", path });
      assert.deepEqual(getsockname(made), { family: "unix", path });
    },
  },
  {
    clause: "of an unbound socket the name is unspecified: on Linux the unspecified address, or no path",
    source: `${POSIX}, DESCRIPTION; inet_getname in net/ipv4/af_inet.c`,
    except: { windows: "Windows' unix sockets are streams with a path, and no pairs" },
    run(fixture) {
      assert.deepEqual(getsockname(fixture.tcp()), { family: "ipv4", address: "0.0.0.0", port: 0 });
      assert.deepEqual(getsockname(fixture.socket(AF.UNIX, SOCK.STREAM)), { family: "unix", path: "" });
      assert.deepEqual(getsockname(fixture.socket(AF.INET6, SOCK.DGRAM)), {
        family: "ipv6",
        address: "::",
        port: 0,
        flowlabel: 0,
        scopeId: 0,
      });
    },
  },
  {
    clause: "connect() binds an unbound socket, and the name has its address",
    source: "POSIX connect(3p), DESCRIPTION",
    run(fixture) {
      for (const type of [SOCK.STREAM, SOCK.DGRAM]) {
        const server = fixture.listener();
        const client = fixture.socket(AF.INET, type);
        connect(client, getsockname(server));
        const name = getsockname(client);
        assert.ok(name.family === "ipv4" && name.address === "127.0.0.1" && name.port > 0);
      }
    },
  },
  {
    clause: "an accepted connection has the address that the client connected to",
    source: "POSIX accept(3p), DESCRIPTION",
    run(fixture) {
      const listener = fixture.tcp();
      bind(listener, { family: "ipv4", address: "0.0.0.0", port: 0 });
      listen(listener, 1);
      const name = getsockname(listener);
      assert.ok("port" in name);
      const address = { family: "ipv4", address: "127.0.0.9", port: name.port } as const;
      connect(fixture.tcp(), address);
      assert.deepEqual(getsockname(fixture.own(accept(listener).socket)), address);
    },
  },
  {
    clause:
      "an address that is longer than the buffer is cut short: none is, sun_path's " +
      "108 bytes and a NUL included",
    source: `${POSIX}, DESCRIPTION; unix(7), BUGS`,
    except: { wine: "Wine has no AF_UNIX; Windows has since 10 1803 (Winsock, AF_UNIX)" },
    run(fixture) {
      const path = `${fixture.folder()}/`.padEnd(108, "x");
      const made = fixture.socket(AF.UNIX, SOCK.STREAM);
      bind(made, { family: "unix", path });
      assert.deepEqual(getsockname(made), { family: "unix", path });
    },
  },
  {
    clause: "a length that is longer than the buffer reads nothing past it",
    source: `${POSIX}, DESCRIPTION`,
    script: {
      getsockname: [
        (_fd, address) => {
          address.view.setUint16(0, AF.UNIX, true);
          address.bytes.fill(0x61, 2);
          address.length = 4000;
          return 0;
        },
      ],
    },
    play(system) {
      using made = socket(AF.UNIX, SOCK.STREAM, 0, { system });
      assert.deepEqual(getsockname(made), { family: "unix", path: "a".repeat(126) });
    },
  },
  {
    clause: "a socket keeps its name when it is shut down, and when its connection was reset",
    source: `${POSIX}, ERRORS (EINVAL, may fail); inet_getname in net/ipv4/af_inet.c`,
    run(fixture) {
      const { client, server } = fixture.connection();
      const before = getsockname(client);
      shutdown(client, SHUT.RDWR);
      assert.deepEqual(getsockname(client), before);
      close(server);
      poll([{ socket: client, events: POLL.HUP }], 5000);
      assert.deepEqual(getsockname(client), before);
    },
  },
  {
    clause: "an unbound netlink socket has port number 0",
    source: "netlink(7)",
    except: { windows: "Windows has no AF_NETLINK" },
    run(fixture) {
      const name = getsockname(fixture.socket(AF.NETLINK, SOCK.RAW));
      assert.deepEqual(name, { family: "netlink", pid: 0, groups: 0 });
    },
  },
  closedBehindOurBack(`${POSIX}, ERRORS; getsockname(2)`, (socket) => tryGetsockname(socket)),
  {
    clause: "ENOTSOCK: the descriptor does not refer to a socket",
    source: `${POSIX}, ERRORS; getsockname(2)`,
    run() {
      const file = openSync("/dev/null", "r");
      assertFails(tryGetsockname(file), "FileDescriptorNotASocket", "ENOTSOCK");
      closeSync(file);
    },
  },
  {
    clause: "EOPNOTSUPP: the protocol does not have the call",
    source: `${POSIX}, ERRORS; sock_no_getname in net/core/sock.c, xsk_proto_ops in net/xdp/xsk.c`,
    except: { windows: "Windows has no AF_XDP" },
    run(fixture) {
      const made = trySocket(AF.XDP, SOCK.RAW);
      if (!made.ok) return fixture.skip(made.error.message);
      fixture.own(made.value);
      assertFails(tryGetsockname(made.value), "OperationNotSupported", "EOPNOTSUPP");
    },
  },
  closedSocket((socket) => tryGetsockname(socket)),
  {
    clause: "the address is the caller's own: a later call does not change it",
    source: "berkeley",
    except: { windows: "Windows has no AF_NETLINK" },
    run(fixture) {
      const first = fixture.socket(AF.NETLINK, SOCK.RAW);
      bind(first, { family: "unknown", number: AF.NETLINK, data: new Uint8Array(10) });
      const name = getsockname(first);
      const copy = structuredClone(name);
      getsockname(fixture.boundTcp());
      assert.deepEqual(name, copy);
    },
  },
  ...winsockRows("getsockname", (socket) => tryGetsockname(socket)),
  ...documentedErrors(getsocknameErrors, (system) => {
    using made = socket(AF.INET, SOCK.STREAM, 0, { system });
    return tryGetsockname(made);
  }),
]);

test("getsockname throws what tryGetsockname returns, with the caller's stack", () => {
  const made = socket(AF.INET, SOCK.STREAM);
  close(made);
  assert.throws(
    () => {
      getsockname(made);
    },
    (error: unknown) => {
      assert.ok(isGetsocknameError(error));
      assert.equal(error.name, "SocketClosed");
      assert.match(error.stack?.split("\n")[1] ?? "", /getsockname\.test\./);
      return true;
    },
  );
});

test("getsockname agrees with Node's server.address()", except(descriptorsHidden), async () => {
  const server = createServer();
  assertFails(tryGetsockname(server), "SocketClosed");
  await new Promise<void>((resolve) => server.listen(0, loopback.address, resolve));
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  assert.deepEqual(assertOk(tryGetsockname(server)), { ...loopback, port: address.port });
  await new Promise((resolve) => server.close(resolve));
});
