import assert from "node:assert/strict";
import {
  chmodSync,
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer, SocketAddress } from "node:net";
import { test } from "node:test";
import { closeDescriptor } from "../../test/close-descriptor.ts";
import { assertFails, assertOk, conformance, documentedErrors } from "../../test/conformance.ts";
import { type Fixture, loopback } from "../../test/fixture.ts";
import { inNetworkNamespace } from "../../test/network-namespace.ts";
import { inMountNamespace, runProgram } from "../../test/program.ts";
import { winsockRows } from "../../test/winsock.ts";
import type { AddressInput } from "../address/address.ts";
import { IPV6 } from "../options/ipv6.ts";
import { SO } from "../options/so.ts";
import { accept } from "./accept.ts";
import { bind, bindErrors, isBindError, tryBind } from "./bind.ts";
import { close } from "./close.ts";
import { connect, tryConnect } from "./connect.ts";
import { AF, IPPROTO, POLL, SHUT, SOCK } from "./constants.ts";
import { getpeername } from "./getpeername.ts";
import { getsockname } from "./getsockname.ts";
import { listen } from "./listen.ts";
import type { Socket } from "./owned-socket.ts";
import { poll } from "./poll.ts";
import { recv } from "./recv.ts";
import { send } from "./send.ts";
import { setsockopt } from "./setsockopt.ts";
import { shutdown } from "./shutdown.ts";
import { socket, trySocket } from "./socket.ts";

const POSIX = "POSIX bind(3p)";
const loopback6 = { family: "ipv6", address: "::1", port: 0 } as const;
const program = (name: string) => new URL(`./${name}.child.js`, import.meta.url);
const unix = (fixture: Fixture, type: number = SOCK.STREAM) => fixture.socket(AF.UNIX, type);
const at = (path: string | Uint8Array) => ({ family: "unix", path }) as const;

conformance("bind", [
  {
    clause: "assigns a local address to a socket that has none",
    source: `${POSIX}, DESCRIPTION`,
    run(fixture) {
      for (const type of [SOCK.STREAM, SOCK.DGRAM]) {
        const port = heldPort(fixture, type);
        const made = sharing(fixture, type);
        bind(made, { ...loopback, port });
        assert.deepEqual(getsockname(made), { ...loopback, port });
      }
    },
  },
  {
    clause: "the address is the one that peers reach",
    source: `${POSIX}, DESCRIPTION`,
    except: { wine: "Wine has no AF_UNIX; Windows has since 10 1803 (Winsock, AF_UNIX)" },
    run(fixture) {
      const server = unix(fixture);
      const address = at(`${fixture.folder()}/socket`);
      bind(server, address);
      listen(server, 1);
      const client = unix(fixture);
      connect(client, address);
      assert.deepEqual(getpeername(client), address);
      send(client, Buffer.from("ping"));
      assert.equal(recv(fixture.own(accept(server).socket), new Uint8Array(8)), 4);
    },
  },
  {
    clause: "port 0 is a free port of the ephemeral range; two sockets get two",
    source: "ip(7), ip_local_port_range",
    run(fixture) {
      const ports = [fixture.boundTcp(), fixture.boundTcp()].map(portOf);
      assert.ok(ports.every((port) => port > 0));
      assert.equal(new Set(ports).size, 2);
    },
  },
  {
    clause: "an address of the unspecified IP is every address of the machine",
    source: "ip(7), INADDR_ANY; ipv6(7), in6addr_any",
    run(fixture) {
      const server = fixture.tcp();
      bind(server, { family: "ipv4", address: "0.0.0.0", port: 0 });
      listen(server, 4);
      for (const address of ["127.0.0.1", "127.9.9.9"]) {
        const client = fixture.tcp();
        connect(client, { family: "ipv4", address, port: portOf(server) });
        fixture.own(accept(server).socket);
      }
    },
  },
  {
    clause: "a unix path is made in the file system, as a socket, and stays when the socket is closed",
    source: `${POSIX}, DESCRIPTION and APPLICATION USAGE; unix(7)`,
    except: { wine: "Wine has no AF_UNIX; Windows has since 10 1803 (Winsock, AF_UNIX)" },
    run(fixture) {
      const path = `${fixture.folder()}/socket`;
      const server = unix(fixture);
      bind(server, at(path));
      assert.ok(lstatSync(path).isSocket());
      close(server);
      assert.ok(lstatSync(path).isSocket());
      const error = assertFails(tryBind(unix(fixture), at(path)), "AddressInUse", "EADDRINUSE");
      assert.match(error.message, /: The path exists\. .* unlink it first\.$/);
    },
  },
  {
    clause: "a relative path is the process's own folder's",
    source: "unix(7)",
    except: { wine: "Wine has no AF_UNIX; Windows has since 10 1803 (Winsock, AF_UNIX)" },
    run(fixture) {
      const server = unix(fixture);
      const before = process.cwd();
      process.chdir(fixture.folder());
      try {
        bind(server, at("socket"));
        assert.ok(lstatSync("socket").isSocket());
      } finally {
        process.chdir(before);
      }
      assert.deepEqual(getsockname(server), at("socket"));
    },
  },
  {
    clause: "a path fills sun_path: 108 bytes, then without a NUL; 109 are rejected before any system call",
    source: "unix(7), Pathname sockets; unix_mkname_bsd in net/unix/af_unix.c",
    except: { wine: "Wine has no AF_UNIX; Windows has since 10 1803 (Winsock, AF_UNIX)" },
    run(fixture) {
      const folder = fixture.folder();
      for (const length of [107, 108]) {
        const server = unix(fixture);
        const path = `${folder}/`.padEnd(length, "x");
        bind(server, at(path));
        assert.deepEqual(getsockname(server), at(path));
        assert.ok(existsSync(path));
      }
      assert.throws(() => bind(unix(fixture), at(`${folder}/`.padEnd(109, "x"))), RangeError);
    },
  },
  {
    clause: "a path that is not UTF-8 stays bytes",
    except: {
      wine: "Wine has no AF_UNIX; Windows has since 10 1803 (Winsock, AF_UNIX)",
      deno: "Deno's fs takes no path that is not UTF-8",
    },
    source: "berkeley; unix(7)",
    run(fixture) {
      const server = unix(fixture);
      const path = Buffer.concat([Buffer.from(`${fixture.folder()}/`), Buffer.from([0xff, 0xfe])]);
      bind(server, at(path));
      assert.deepEqual(getsockname(server), at(Uint8Array.from(path)));
      assert.ok(lstatSync(path).isSocket());
      const error = assertFails(tryBind(unix(fixture), at(path)), "AddressInUse", "EADDRINUSE");
      assert.equal(error.path, path.toString("latin1"));
    },
  },
  {
    clause:
      "a leading NUL is a name in the abstract namespace, which is free again once the socket is closed",
    source: "unix(7), Abstract sockets",
    except: { windows: "Windows' unix sockets are streams with a path, and no pairs" },
    run(fixture) {
      const address = fixture.abstractAddress();
      const server = unix(fixture);
      bind(server, address);
      assert.deepEqual(getsockname(server), address);
      const error = assertFails(tryBind(unix(fixture), address), "AddressInUse", "EADDRINUSE");
      assert.match(error.message, /: Another socket has this abstract name\. /);
      bind(unix(fixture, SOCK.DGRAM), address);
      close(server);
      bind(unix(fixture), address);
    },
  },
  {
    clause: "an abstract name is all its bytes: NULs within it and at its end, and bytes that are not UTF-8",
    source: "unix(7), Abstract sockets",
    except: { windows: "Windows' unix sockets are streams with a path, and no pairs" },
    run(fixture) {
      const address = fixture.abstractAddress();
      assert.ok(address.family === "unix" && typeof address.path === "string");
      const { path } = address;
      for (const name of [path, `${path}\0`, `${path}\0\0`, `${path}\0a`]) {
        const server = unix(fixture);
        bind(server, at(name));
        assert.deepEqual(getsockname(server), at(name));
      }
      const bytes = Uint8Array.from([...Buffer.from(path), 0xff, 0x00, 0x80]);
      const server = unix(fixture);
      bind(server, at(bytes));
      assert.deepEqual(getsockname(server), at(bytes));
    },
  },
  {
    clause: "no name at all is a free abstract name: autobind",
    source: "unix(7), Autobind feature; unix_autobind in net/unix/af_unix.c",
    except: { wine: "Wine has no AF_UNIX; Windows has since 10 1803 (Winsock, AF_UNIX)" },
    run(fixture) {
      const server = unix(fixture);
      bind(server, at(""));
      const address = getsockname(server);
      assert.ok(address.family === "unix" && typeof address.path === "string");
      assert.match(address.path, /^\0[0-9a-f]{5}$/);
      bind(server, at(""));
      assert.deepEqual(getsockname(server), address, "once bound, it stays what it is");
    },
  },
  {
    clause: "a socketpair's end may be given a name, though it is connected",
    source: "unix_bind in net/unix/af_unix.c",
    except: { windows: "Windows' unix sockets are streams with a path, and no pairs" },
    run(fixture) {
      const [left, right] = fixture.pair();
      const address = fixture.abstractAddress();
      bind(left, address);
      assert.deepEqual(getpeername(right), address);
    },
  },
  {
    clause: "AF_UNSPEC is AF_INET to an AF_INET socket, if the address is 0.0.0.0",
    source: "bind(2); inet_bind_sk in net/ipv4/af_inet.c",
    except: { windows: "AF_UNSPEC is another family to Winsock (bind)" },
    run(fixture) {
      const any = fixture.tcp();
      bind(any, { family: "unspecified" });
      const name = getsockname(any);
      assert.ok(name.family === "ipv4" && name.address === "0.0.0.0" && name.port > 0);
      const port = heldPort(fixture, SOCK.STREAM);
      const chosen = sharing(fixture, SOCK.STREAM);
      bind(chosen, { family: "unknown", number: AF.UNSPEC, data: unspec(port, [0, 0, 0, 0]) });
      assert.equal(portOf(chosen), port);
      const other = { family: "unknown", number: AF.UNSPEC, data: unspec(port, [127, 0, 0, 1]) } as const;
      assertFails(tryBind(fixture.tcp(), other), "AddressFamilyNotSupported", "EAFNOSUPPORT");
    },
  },
  {
    clause: "AF_UNSPEC is another family to any other socket",
    source: "inet6_bind_sk in net/ipv6/af_inet6.c; unix_validate_addr in net/unix/af_unix.c",
    except: { wine: "Wine has no AF_UNIX; Windows has since 10 1803 (Winsock, AF_UNIX)" },
    run(fixture) {
      for (const domain of [AF.INET6, AF.UNIX]) {
        const made = fixture.socket(domain, SOCK.STREAM);
        assertFails(tryBind(made, { family: "unspecified" }), "AddressFamilyNotSupported", "EINVAL");
      }
    },
  },
  {
    clause: "a V4-mapped address is an IPv4 address of an IPv6 socket, which speaks both",
    source: "ipv6(7), NOTES; RFC 3493, 3.7 and 5.3",
    except: { windows: "IPV6_V6ONLY is on there unless it is switched off (Winsock, IPPROTO_IPV6 options)" },
    run(fixture) {
      const mapped = fixture.socket(AF.INET6, SOCK.STREAM);
      bind(mapped, { ...loopback6, address: "::ffff:127.0.0.1" });
      const name = getsockname(mapped);
      assert.ok(name.family === "ipv6");
      assert.equal(name.address, "::ffff:127.0.0.1");
      const both = fixture.socket(AF.INET6, SOCK.STREAM);
      bind(both, { ...loopback6, address: "::" });
      for (const server of [mapped, both]) {
        listen(server, 1);
        const client = fixture.tcp();
        connect(client, { ...loopback, port: portOf(server) });
        const connection = accept(server);
        fixture.own(connection.socket);
        assert.ok(connection.address.family === "ipv6");
        assert.equal(connection.address.address, "::ffff:127.0.0.1");
      }
    },
  },
  {
    clause: "EINVAL: a V4-mapped address, and the socket is IPV6_V6ONLY",
    source: "ipv6(7), IPV6_V6ONLY; __inet6_bind in net/ipv6/af_inet6.c",
    run(fixture) {
      const made = fixture.socket(AF.INET6, SOCK.STREAM);
      const mapped = { ...loopback6, address: "::ffff:127.0.0.1" };
      setsockopt(made, IPV6.V6ONLY, true);
      assertFails(tryBind(made, mapped), "InvalidArgument", "EINVAL");
      setsockopt(made, IPV6.V6ONLY, false);
      bind(made, mapped);
    },
  },
  {
    clause: "IPV6_V6ONLY by default (bindv6only): IPv4 is left to others",
    source: "ipv6(7), IPV6_V6ONLY; Documentation/networking/ip-sysctl.rst",
    run: (fixture) => inNetworkNamespace(fixture, program("bind-ipv6-only")),
  },
  {
    clause: "a link-local address needs its interface: scopeId, or a zone by number or name; EINVAL, ENODEV",
    source: "ipv6(7), sin6_scope_id; RFC 4007, 11; __inet6_bind in net/ipv6/af_inet6.c",
    run: (fixture) => inNetworkNamespace(fixture, program("bind-link-local")),
  },
  {
    clause: "a zone that names no interface is rejected before any system call",
    source: "RFC 4007, 11",
    run(fixture) {
      for (const zone of ["berkeley-none", "0", "", "4294967296", "4294967297", "9".repeat(400)]) {
        const address = { ...loopback6, address: `fe80::1%${zone}` };
        const server = fixture.socket(AF.INET6, SOCK.STREAM);
        assert.throws(() => bind(server, address), { code: "ERR_OUT_OF_RANGE" }, zone);
      }
    },
  },
  {
    clause: "an address that needs no scope has none, whatever scopeId says",
    source: "__inet6_bind in net/ipv6/af_inet6.c",
    run(fixture) {
      const server = fixture.socket(AF.INET6, SOCK.STREAM);
      bind(server, { ...loopback6, scopeId: 999_999 });
      const name = getsockname(server);
      assert.ok(name.family === "ipv6" && name.scopeId === 0 && name.address === "::1");
    },
  },
  {
    clause: "EACCES: the port is privileged",
    source: `${POSIX}, ERRORS (may fail); bind(2); ip(7), ip_unprivileged_port_start`,
    run: (fixture) => inNetworkNamespace(fixture, program("bind-privileged-port")),
  },
  {
    clause: "EACCES: a directory in the path is not searchable or not writable",
    source: `${POSIX}, ERRORS, AF_UNIX; bind(2)`,
    except: { windows: "it is about Linux's limits, users and namespaces" },
    run(fixture) {
      const folder = fixture.folder();
      chmodSync(folder, 0o755);
      for (const [name, mode] of [
        ["unwritable", 0o555],
        ["unsearchable", 0o644],
        ["open", 0o777],
      ] as const) {
        mkdirSync(`${folder}/${name}`);
        chmodSync(`${folder}/${name}`, mode);
      }
      runProgram(program("bind-unprivileged-path"), { args: [folder] });
    },
  },
  {
    clause: "EADDRINUSE: the port is in use",
    source: `${POSIX}, ERRORS; bind(2)`,
    except: { windows: "it expects a number of Linux" },
    run(fixture) {
      for (const type of [SOCK.STREAM, SOCK.DGRAM]) {
        const first = fixture.socket(AF.INET, type);
        bind(first, loopback);
        const port = portOf(first);
        const second = fixture.socket(AF.INET, type);
        const error = assertFails(tryBind(second, { ...loopback, port }), "AddressInUse", "EADDRINUSE");
        assert.deepEqual([error.errno, error.address, error.port], [-98, "127.0.0.1", port]);
        assert.match(
          error.message,
          new RegExp(`^bind EADDRINUSE 127\\.0\\.0\\.1:${port}: The port is in use\\. .*REUSEADDR`),
        );
        bind(second, { family: "ipv4", address: "127.0.0.2", port });
      }
    },
  },
  {
    clause: "EADDRINUSE: two sockets may share a port with SO_REUSEADDR, until one listens",
    source: "socket(7), SO_REUSEADDR",
    except: {
      wine:
        "Wine says WSAEACCES; on Windows SO_REUSEADDR takes a port from its holder (Using " +
        "SO_REUSEADDR and SO_EXCLUSIVEADDRUSE)",
    },
    run(fixture) {
      const [first, second, third] = [fixture.tcp(), fixture.tcp(), fixture.tcp()];
      for (const made of [first, second, third]) setsockopt(made, SO.REUSEADDR, true);
      bind(first, loopback);
      bind(second, getsockname(first));
      listen(first, 1);
      assertFails(tryBind(third, getsockname(first)), "AddressInUse", "EADDRINUSE");
    },
  },
  {
    clause: "EADDRINUSE: no port was given, and every port of the ephemeral range is in use",
    source: "bind(2)",
    run: (fixture) => inNetworkNamespace(fixture, program("bind-last-port")),
  },
  {
    clause: "EADDRINUSE: the path exists, whatever it is",
    source: `${POSIX}, ERRORS; unix(7); unix_bind_bsd in net/unix/af_unix.c`,
    except: { wine: "Wine has no AF_UNIX; Windows has since 10 1803 (Winsock, AF_UNIX)" },
    run(fixture) {
      const folder = fixture.folder();
      writeFileSync(`${folder}/file`, "");
      mkdirSync(`${folder}/directory`);
      symlinkSync("nothing", `${folder}/dangling`);
      for (const name of ["file", "file/", "directory", "directory/", "dangling", ".", ".."]) {
        const path = `${folder}/${name}`;
        const error = assertFails(tryBind(unix(fixture), at(path)), "AddressInUse", "EADDRINUSE");
        assert.equal(error.path, path);
        assert.ok(error.message.startsWith(`bind EADDRINUSE ${JSON.stringify(path)}: `));
      }
    },
  },
  {
    clause: "EADDRNOTAVAIL: the address is not local to this machine",
    source: `${POSIX}, ERRORS; bind(2)`,
    except: { windows: "IPV6_V6ONLY is on there unless it is switched off (Winsock, IPPROTO_IPV6 options)" },
    run(fixture) {
      assertFails(
        tryBind(fixture.tcp(), { family: "ipv4", address: "203.0.113.1", port: 0 }),
        "AddressNotAvailable",
        "EADDRNOTAVAIL",
      );
      for (const address of ["2001:db8::1", "::ffff:203.0.113.1"]) {
        const made = fixture.socket(AF.INET6, SOCK.STREAM);
        assertFails(tryBind(made, { ...loopback6, address }), "AddressNotAvailable", "EADDRNOTAVAIL");
      }
    },
  },
  {
    clause: "EAFNOSUPPORT, or EINVAL for a shorter address: its family does not match the socket's",
    source: `${POSIX}, ERRORS; inet6_bind_sk in net/ipv6/af_inet6.c; unix_validate_addr in net/unix/af_unix.c`,
    except: { wine: "Wine has no AF_UNIX; Windows has since 10 1803 (Winsock, AF_UNIX)" },
    run(fixture) {
      const rows: [domain: number, address: AddressInput, code: string][] = [
        [AF.INET, loopback6, "EAFNOSUPPORT"],
        [AF.INET, at("/a/path/that/is/longer/than/sockaddr_in"), "EAFNOSUPPORT"],
        [AF.INET, at("/a"), "EINVAL"],
        [AF.INET6, loopback, "EINVAL"],
        [AF.UNIX, loopback, "EINVAL"],
        [AF.UNIX, loopback6, "EINVAL"],
      ];
      for (const [domain, address, code] of rows) {
        const made = fixture.socket(domain, SOCK.STREAM);
        assertFails(tryBind(made, address), "AddressFamilyNotSupported", code);
      }
      const bound = fixture.socket(AF.INET6, SOCK.STREAM);
      bind(bound, loopback6);
      assertFails(tryBind(bound, loopback), "AddressFamilyNotSupported", "EINVAL");
    },
  },
  {
    clause: "EINVAL: the socket is bound already; it keeps its address",
    source: `${POSIX}, ERRORS; bind(2)`,
    except: { windows: "Windows' unix sockets are streams with a path, and no pairs" },
    run(fixture) {
      const [tcp, udp, tcp6, unixBound] = [
        fixture.boundTcp(),
        fixture.udp(),
        fixture.socket(AF.INET6, SOCK.STREAM),
        unix(fixture),
      ];
      bind(udp, loopback);
      bind(tcp6, loopback6);
      bind(unixBound, fixture.abstractAddress());
      const rows: [Socket, AddressInput][] = [
        [tcp, loopback],
        [tcp, { family: "unspecified" }],
        [udp, loopback],
        [tcp6, loopback6],
        [tcp6, { ...loopback6, address: "fe80::1" }],
        [unixBound, fixture.abstractAddress()],
        [fixture.listener(), loopback],
      ];
      for (const [bound, address] of rows) {
        const before = getsockname(bound);
        assertFails(tryBind(bound, address), "AlreadyBound", "EINVAL");
        assert.deepEqual(getsockname(bound), before);
      }
    },
  },
  {
    clause: "EINVAL: a unix socket that is bound leaves no file behind",
    source: "unix_bind_bsd in net/unix/af_unix.c",
    except: { wine: "Wine has no AF_UNIX; Windows has since 10 1803 (Winsock, AF_UNIX)" },
    run(fixture) {
      const folder = fixture.folder();
      const server = unix(fixture);
      bind(server, at(`${folder}/first`));
      assertFails(tryBind(server, at(`${folder}/second`)), "AlreadyBound", "EINVAL");
      assert.equal(existsSync(`${folder}/second`), false);
    },
  },
  {
    clause: "EISCONN, on Linux EINVAL: the socket is connected",
    source: `${POSIX}, ERRORS (may fail); __inet_bind in net/ipv4/af_inet.c`,
    except: { wine: "Wine has no SIO_TCP_INFO, which tells the state; Windows has since 10 1703" },
    run(fixture) {
      const { client, server } = fixture.connection();
      const datagram = fixture.udp();
      connect(datagram, getsockname(client));
      for (const connected of [client, server, datagram]) {
        assertFails(tryBind(connected, loopback), "AlreadyConnected", "EINVAL");
      }
      const raw = trySocket(AF.INET, SOCK.RAW, IPPROTO.ICMP);
      if (!raw.ok) return;
      fixture.own(raw.value);
      bind(raw.value, loopback);
      bind(raw.value, loopback);
      connect(raw.value, { ...loopback, port: 1 });
      assertFails(tryBind(raw.value, loopback), "AlreadyConnected", "EINVAL");
    },
  },
  {
    clause: "EINVAL: the socket is connecting (SYN_SENT)",
    source: "__inet_bind in net/ipv4/af_inet.c",
    except: { wine: "Wine has no SIO_TCP_INFO, which tells the state; Windows has since 10 1703" },
    run(fixture) {
      const full = fixture.listener(0);
      connect(fixture.tcp(), getsockname(full));
      const connecting = fixture.tcp({ nonblocking: true });
      assertFails(tryConnect(connecting, getsockname(full)), "ConnectionPending");
      assertFails(tryBind(connecting, loopback), "ConnectionPending", "EINVAL");
    },
  },
  {
    clause: "EINVAL: the socket has been shut down",
    source: `${POSIX}, ERRORS`,
    except: { wine: "Wine has no SIO_TCP_INFO, which tells the state; Windows has since 10 1703" },
    run(fixture) {
      const { client } = fixture.connection();
      shutdown(client, SHUT.WR);
      assertFails(tryBind(client, loopback), "SocketShutDown", "EINVAL");
    },
  },
  {
    clause: "a TCP socket whose connection is over may be bound again, unless its port was chosen by us",
    source: "SOCK_BINDPORT_LOCK in tcp_set_state, net/ipv4/tcp.c",
    except: { wine: "Wine has no SIO_TCP_INFO, which tells the state; Windows has since 10 1703" },
    run(fixture) {
      for (const isPortGiven of [false, true]) {
        const listener = fixture.listener();
        const client = sharing(fixture, SOCK.STREAM);
        bind(client, isPortGiven ? { ...loopback, port: heldPort(fixture, SOCK.STREAM) } : loopback);
        connect(client, getsockname(listener));
        const { socket: server } = accept(listener);
        setsockopt(server, SO.LINGER, { on: true, seconds: 0 });
        close(server);
        poll([{ socket: client, events: POLL.IN }], 5000);
        if (isPortGiven) assertFails(tryBind(client, loopback), "AlreadyBound", "EINVAL");
        else assertOk(tryBind(client, loopback));
      }
    },
  },
  {
    clause: "EINVAL: an address that no socket of the kind can have",
    source: `${POSIX}, ERRORS (may fail); bind(2); __inet6_bind in net/ipv6/af_inet6.c`,
    except: { windows: "Windows has no interface of Linux's name" },
    run(fixture) {
      const multicast = { ...loopback6, address: "ff02::1%lo" };
      assertFails(tryBind(fixture.socket(AF.INET6, SOCK.STREAM), multicast), "InvalidArgument", "EINVAL");
      const short = { family: "unknown", number: AF.INET, data: new Uint8Array(3) } as const;
      assertFails(tryBind(fixture.tcp(), short), "InvalidArgument", "EINVAL");
      const netlink = fixture.socket(AF.NETLINK, SOCK.RAW);
      const tooShort = { family: "unknown", number: AF.NETLINK, data: new Uint8Array(3) } as const;
      assertFails(tryBind(netlink, tooShort), "InvalidArgument", "EINVAL");
    },
  },
  {
    clause: "an address given as bytes is passed to the kernel unchanged",
    source: "berkeley; netlink(7)",
    except: { windows: "Windows has no AF_NETLINK" },
    run(fixture) {
      const netlink = fixture.socket(AF.NETLINK, SOCK.RAW);
      bind(netlink, { family: "unknown", number: AF.NETLINK, data: new Uint8Array(10) });
      const name = getsockname(netlink);
      assert.ok(name.family === "netlink" && name.pid !== 0, "the kernel chose a port number");
      assertFails(tryBind(netlink, { ...name, pid: name.pid ^ 1 }), "AlreadyBound", "EINVAL");
    },
  },
  {
    clause: "ELOOP: the path goes through a loop of symbolic links",
    source: `${POSIX}, ERRORS, AF_UNIX; bind(2)`,
    except: { wine: "Wine has no AF_UNIX; Windows has since 10 1803 (Winsock, AF_UNIX)" },
    run(fixture) {
      const folder = fixture.folder();
      symlinkSync("loop", `${folder}/loop`);
      assertFails(tryBind(unix(fixture), at(`${folder}/loop/socket`)), "SymLinkLoop", "ELOOP");
    },
  },
  {
    clause: "ENAMETOOLONG: a part of the path is longer than NAME_MAX, once its links are followed",
    source: `${POSIX}, ERRORS, AF_UNIX; bind(2)`,
    except: { wine: "Wine has no AF_UNIX; Windows has since 10 1803 (Winsock, AF_UNIX)" },
    run(fixture) {
      const folder = fixture.folder();
      symlinkSync("x".repeat(256), `${folder}/long`);
      assertFails(tryBind(unix(fixture), at(`${folder}/long/socket`)), "NameTooLong", "ENAMETOOLONG");
    },
  },
  {
    clause: "ENOENT: a directory of the path does not exist, or the path ends with a slash",
    source: `${POSIX}, ERRORS, AF_UNIX; bind(2)`,
    except: { wine: "Wine has no AF_UNIX; Windows has since 10 1803 (Winsock, AF_UNIX)" },
    run(fixture) {
      const folder = fixture.folder();
      symlinkSync("nothing", `${folder}/dangling`);
      for (const name of ["none/socket", "dangling/socket", "socket/"]) {
        assertFails(tryBind(unix(fixture), at(`${folder}/${name}`)), "FileNotFound", "ENOENT");
      }
    },
  },
  {
    clause: "ENOTDIR: a part of the path is not a directory",
    source: `${POSIX}, ERRORS, AF_UNIX; bind(2)`,
    except: { wine: "Wine has no AF_UNIX; Windows has since 10 1803 (Winsock, AF_UNIX)" },
    run(fixture) {
      const folder = fixture.folder();
      writeFileSync(`${folder}/file`, "");
      assertFails(tryBind(unix(fixture), at(`${folder}/file/socket`)), "NotADirectory", "ENOTDIR");
    },
  },
  {
    clause: "EROFS: the path would lie on a read-only file system",
    source: `${POSIX}, ERRORS, AF_UNIX; bind(2)`,
    run: (fixture) => inMountNamespace(fixture, program("bind-read-only-file-system")),
  },
  {
    clause: "ENOSPC: the file system has no room for the path",
    source: "mknod(2); unix_bind_bsd in net/unix/af_unix.c",
    run: (fixture) => inMountNamespace(fixture, program("bind-full-file-system")),
  },
  {
    clause: "ENOTSOCK: the descriptor does not refer to a socket",
    source: `${POSIX}, ERRORS; bind(2)`,
    run() {
      const file = openSync("/dev/null", "r");
      assertFails(tryBind(file, loopback), "FileDescriptorNotASocket", "ENOTSOCK");
      closeSync(file);
    },
  },
  {
    clause: "EBADF: the descriptor was closed behind our back",
    source: `${POSIX}, ERRORS; bind(2)`,
    except: { windows: "a handle that is closed is WSAENOTSOCK to Windows, not EBADF" },
    run(fixture) {
      const made = fixture.tcp();
      closeDescriptor(made.fd);
      assertFails(tryBind(made, loopback), "BadFileDescriptor", "EBADF");
      made.detach();
    },
  },
  {
    clause: "a closed Socket makes no system call, and its error includes the address",
    source: "berkeley",
    script: {},
    play(system) {
      const made = socket(AF.INET, SOCK.STREAM, 0, { system });
      close(made);
      const before = system.calls.length;
      const error = assertFails(tryBind(made, { ...loopback, port: 80 }), "SocketClosed", "EBADF");
      assert.deepEqual([error.address, error.port], ["127.0.0.1", 80]);
      assert.equal(system.calls.length, before);
    },
  },
  {
    clause: "a malformed address is rejected before any system call",
    source: "berkeley",
    script: {},
    play(system) {
      using made = socket(AF.INET, SOCK.STREAM, 0, { system });
      const before = system.calls.length;
      for (const port of [-1, 65536, 0.5, Number.NaN]) {
        assert.throws(() => bind(made, { ...loopback, port }), RangeError);
      }
      for (const address of ["localhost", "127.1", "127.0.0.1 ", "::1", ""]) {
        assert.throws(() => bind(made, { family: "ipv4", address, port: 0 }), TypeError);
      }
      for (const bad of [null, undefined, "127.0.0.1", 80, {}, { family: "ipx" }, { family: "unix" }]) {
        // @ts-expect-error not an address
        assert.throws(() => bind(made, bad), TypeError);
      }
      assert.throws(() => bind(made, at("/a\0b")), TypeError);
      assert.equal(system.calls.length, before);
    },
  },
  {
    clause: "returns nothing on success",
    source: `${POSIX}, RETURN VALUE`,
    run(fixture) {
      assert.equal(assertOk(tryBind(fixture.tcp(), loopback)), undefined);
      assert.equal(bind(fixture.tcp(), loopback), undefined);
    },
  },
  ...winsockRows("bind", (socket) => tryBind(socket, loopback)),
  ...documentedErrors(bindErrors, (system) => {
    using made = socket(AF.INET, SOCK.STREAM, 0, { system });
    return tryBind(made, loopback);
  }),
]);

test("bind throws what tryBind returns, with the caller's stack", () => {
  using made = socket(AF.INET, SOCK.STREAM);
  assert.throws(
    () => {
      bind(made, { family: "ipv4", address: "203.0.113.1", port: 0 });
    },
    (error: unknown) => {
      assert.ok(isBindError(error));
      assert.equal(error.name, "AddressNotAvailable");
      assert.match(error.stack?.split("\n")[1] ?? "", /bind\.test\./);
      return true;
    },
  );
});

test("bind accepts the address that Node's server.address() returns", async () => {
  using made = socket(AF.INET, SOCK.DGRAM);
  bind(made, new SocketAddress({ address: "127.0.0.1" }));
  using made6 = socket(AF.INET6, SOCK.DGRAM);
  bind(made6, new SocketAddress({ address: "::1", family: "ipv6" }));

  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  using taken = socket(AF.INET, SOCK.STREAM);
  const error = assertFails(tryBind(taken, address), "AddressInUse", "EADDRINUSE");
  assert.equal(error.port, address.port);
  await new Promise((resolve) => server.close(resolve));
});

function portOf(bound: Socket): number {
  const name = getsockname(bound);
  assert.ok("port" in name);
  return name.port;
}

/** A port that only a socket with SO_REUSEADDR can bind, so no other program takes it meanwhile. */
function heldPort(fixture: Fixture, type: number): number {
  const holder = sharing(fixture, type);
  bind(holder, loopback);
  return portOf(holder);
}

/** A socket that may share a held port. */
function sharing(fixture: Fixture, type: number): Socket {
  const made = fixture.socket(AF.INET, type);
  setsockopt(made, SO.REUSEADDR, true);
  return made;
}

/** The part of a sockaddr_in after the family. */
function unspec(port: number, address: readonly number[]): Uint8Array {
  const data = new Uint8Array(14);
  new DataView(data.buffer).setUint16(0, port);
  data.set(address, 2);
  return data;
}
