import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";
import { test } from "node:test";
import { assertFails, assertOk, conformance, documentedErrors, errnoHere } from "../../test/conformance.ts";
import { inNetworkNamespace } from "../../test/network-namespace.ts";
import { except } from "../../test/platform.ts";
import { runProgram, runWithDescriptors } from "../../test/program.ts";
import { winsockRows } from "../../test/winsock.ts";
import { SO } from "../options/so.ts";
import { CLOSE_ON_EXEC, NONBLOCKING } from "../system/descriptor-flags.ts";
import { close } from "./close.ts";
import { AF, IPPROTO, SOCK } from "./constants.ts";
import { tryGetpeername } from "./getpeername.ts";
import { getsockname } from "./getsockname.ts";
import { getsockopt } from "./getsockopt.ts";
import { Socket } from "./owned-socket.ts";
import { tryRecv } from "./recv.ts";
import { isSocketCallError, socket, socketErrors, trySocket } from "./socket.ts";

const POSIX = "POSIX socket(3p)";
const program = (name: string) => new URL(`./${name}.child.js`, import.meta.url);

conformance("socket", [
  {
    clause: "creates an unbound socket in a communications domain",
    source: `${POSIX}, DESCRIPTION`,
    except: { wine: "Wine has no AF_UNIX; Windows has since 10 1803 (Winsock, AF_UNIX)" },
    run(fixture) {
      const unbound = [
        { family: "ipv4", address: "0.0.0.0", port: 0 },
        { family: "ipv6", address: "::", port: 0, flowlabel: 0, scopeId: 0 },
        { family: "unix", path: "" },
      ];
      const domains = [AF.INET, AF.INET6, AF.UNIX];
      const sockets = domains.map((domain) => fixture.socket(domain, SOCK.STREAM));
      assert.deepEqual(sockets.map(getsockname), unbound);
      for (const made of sockets) assertFails(tryGetpeername(made), "SocketNotConnected");
      assert.deepEqual(
        sockets.map((made) => getsockopt(made, SO.DOMAIN)),
        domains,
      );
    },
  },
  {
    clause: "returns the lowest descriptor that is not open",
    source: `${POSIX}, DESCRIPTION; XSH 2.14, File Descriptor Allocation`,
    run(fixture) {
      const [first, second] = [fixture.tcp(), fixture.tcp()];
      assert.ok(first.fd >= 0 && second.fd > first.fd);
      const { fd } = first;
      close(first);
      assert.equal(fixture.udp().fd, fd);
    },
  },
  {
    clause: "type is SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET",
    source: `${POSIX}, DESCRIPTION`,
    except: { windows: "Windows' unix sockets are streams with a path, and no pairs" },
    run(fixture) {
      for (const type of [SOCK.STREAM, SOCK.DGRAM, SOCK.SEQPACKET]) {
        const made = fixture.socket(AF.UNIX, type);
        assert.deepEqual([made.type, getsockopt(made, SO.TYPE)], [type, type]);
      }
    },
  },
  {
    clause: "protocol 0 is the default of the type",
    source: `${POSIX}, DESCRIPTION`,
    except: { windows: "Windows' unix sockets are streams with a path, and no pairs" },
    run(fixture) {
      for (const domain of [AF.INET, AF.INET6]) {
        assert.equal(fixture.socket(domain, SOCK.STREAM).protocol, IPPROTO.TCP);
        assert.equal(fixture.socket(domain, SOCK.DGRAM).protocol, IPPROTO.UDP);
      }
      assert.equal(fixture.socket(AF.UNIX, SOCK.STREAM).protocol, 0);
    },
  },
  {
    clause: "a protocol that is not 0 is the one of the socket",
    source: `${POSIX}, DESCRIPTION`,
    except: { windows: "Windows has no IPPROTO_MPTCP" },
    run(fixture) {
      const protocols = [
        [SOCK.STREAM, IPPROTO.TCP],
        [SOCK.STREAM, IPPROTO.MPTCP],
        [SOCK.DGRAM, IPPROTO.UDP],
      ] as const;
      for (const [type, protocol] of protocols) {
        const made = fixture.socket(AF.INET, type, protocol);
        assert.deepEqual([made.protocol, getsockopt(made, SO.PROTOCOL)], [protocol, protocol]);
      }
    },
  },
  {
    clause:
      "type and protocol are the kernel's: a unix socket has no protocol, and its SOCK_RAW is SOCK_DGRAM",
    source: "unix_create in net/unix/af_unix.c",
    except: { wine: "Wine has no AF_UNIX; Windows has since 10 1803 (Winsock, AF_UNIX)" },
    run(fixture) {
      for (const [type, protocol] of [
        [SOCK.RAW, 0],
        [SOCK.STREAM, AF.UNIX],
      ] as const) {
        const made = fixture.socket(AF.UNIX, type, protocol);
        const real = [getsockopt(made, SO.TYPE), getsockopt(made, SO.PROTOCOL)];
        assert.deepEqual([made.type, made.protocol], real);
      }
    },
  },
  {
    clause: "the socket blocks by default",
    source: `${POSIX}, DESCRIPTION; socket(2), SOCK_NONBLOCK`,
    except: { windows: "it reads Linux's /proc" },
    run(fixture) {
      assert.equal(flagsOf(fixture.udp()) & SOCK.NONBLOCK, 0);
      for (const made of [
        fixture.udp({ nonblocking: true }),
        fixture.socket(AF.INET, SOCK.DGRAM | SOCK.NONBLOCK),
      ]) {
        assert.equal(flagsOf(made) & SOCK.NONBLOCK, SOCK.NONBLOCK);
        assert.equal(made.type, SOCK.DGRAM, "the flag is no part of the type");
        assertFails(tryRecv(made, new Uint8Array(1)), "WouldBlock", "EAGAIN");
      }
    },
  },
  {
    clause: "the descriptor is closed on exec by default",
    except: {
      windows: "it reads Linux's /proc",
      bun: "Bun's child processes inherit nothing, whatever the flag",
    },
    source: "socket(2), SOCK_CLOEXEC; berkeley",
    run(fixture) {
      const kept = fixture.tcp();
      const passed = fixture.tcp({ closeOnExec: false });
      assert.equal(isInherited(kept), false);
      assert.equal(isInherited(passed), true);
    },
  },
  {
    clause: "descriptor 0, where the process has closed its standard input, is a socket",
    source: "socket(2), RETURN VALUE",
    script: { socket: [0] },
    play(system) {
      using made = socket(AF.INET, SOCK.STREAM, 0, { system });
      assert.equal(made.fd, 0);
    },
  },
  {
    clause: "the flags are set by the call itself, so that no fork falls between",
    source: "socket(2), SOCK_CLOEXEC",
    script: {},
    play(system) {
      for (const nonblocking of [false, true]) {
        for (const closeOnExec of [false, true]) {
          using made = socket(AF.INET, SOCK.STREAM, 0, { system, nonblocking, closeOnExec });
          assert.equal(made.type, SOCK.STREAM);
        }
      }
      using _ = socket(AF.UNIX, SOCK.DGRAM, 0, { system });
      assert.deepEqual(
        system.calls.filter((call) => call.startsWith("socket")),
        [
          `socket(${AF.INET}, ${SOCK.STREAM}, 0, 0)`,
          `socket(${AF.INET}, ${SOCK.STREAM}, 0, ${CLOSE_ON_EXEC})`,
          `socket(${AF.INET}, ${SOCK.STREAM}, 0, ${NONBLOCKING})`,
          `socket(${AF.INET}, ${SOCK.STREAM}, 0, ${NONBLOCKING | CLOSE_ON_EXEC})`,
          `socket(${AF.UNIX}, ${SOCK.DGRAM}, 0, ${CLOSE_ON_EXEC})`,
        ],
      );
    },
  },
  {
    clause: "EACCES: the process may not make the socket",
    source: `${POSIX}, ERRORS; socket(2); ping_init_sock in net/ipv4/ping.c`,
    run: (fixture) => inNetworkNamespace(fixture, program("socket-settings")),
  },
  {
    clause: "EPERM: raw and packet sockets need CAP_NET_RAW",
    source: `${POSIX}, DESCRIPTION (appropriate privileges); inet_create in net/ipv4/af_inet.c; packet(7)`,
    except: { windows: "it is about Linux's limits, users and namespaces" },
    run() {
      runProgram(program("socket-unprivileged"));
    },
  },
  {
    clause: "EAFNOSUPPORT: the system does not support the address family",
    source: `${POSIX}, ERRORS; socket(2); __sock_create in net/socket.c`,
    except: { windows: "it is about Linux's kernel, or socketpair()'s unix sockets" },
    run() {
      for (const domain of [AF.UNSPEC, -1, 47, 0x7fffffff]) {
        const error = assertFails(
          trySocket(domain, SOCK.STREAM),
          "AddressFamilyNotSupported",
          "EAFNOSUPPORT",
        );
        assert.equal(error.errno, -errnoHere("EAFNOSUPPORT"));
      }
    },
  },
  {
    clause: "EINVAL: a type, a protocol or a flag that the system does not know",
    source: "socket(2); __sys_socket and __sock_create in net/socket.c; inet_create in net/ipv4/af_inet.c",
    except: { windows: "Windows has no IPPROTO_MPTCP" },
    run() {
      for (const [type, protocol] of [
        [11, 0],
        [-1, 0],
        [SOCK.STREAM | 0x100000, 0],
        [SOCK.STREAM, -1],
        [SOCK.STREAM, IPPROTO.MPTCP + 1],
      ] as const) {
        assertFails(trySocket(AF.INET, type, protocol), "InvalidArgument", "EINVAL");
      }
    },
  },
  {
    clause: "EMFILE: the process has no descriptor left",
    source: `${POSIX}, ERRORS; socket(2)`,
    except: { windows: "it is about Linux's limits, users and namespaces" },
    run() {
      runWithDescriptors(100, program("descriptor-limit"));
    },
  },
  {
    clause: "EPROTONOSUPPORT: the address family does not have the protocol, or not for the type",
    source: `${POSIX}, ERRORS; socket(2)`,
    except: { windows: "Windows' unix sockets are streams with a path, and no pairs" },
    run() {
      for (const [domain, type, protocol] of [
        [AF.INET, SOCK.STREAM, IPPROTO.UDP],
        [AF.INET, SOCK.DGRAM, IPPROTO.TCP],
        [AF.INET, SOCK.RAW, 0],
        [AF.UNIX, SOCK.STREAM, IPPROTO.TCP],
      ] as const) {
        assertFails(trySocket(domain, type, protocol), "ProtocolNotSupported", "EPROTONOSUPPORT");
      }
    },
  },
  {
    clause: "EPROTOTYPE, on Linux ESOCKTNOSUPPORT: the type is not supported",
    source: `${POSIX}, ERRORS; inet_create in net/ipv4/af_inet.c, unix_create in net/unix/af_unix.c`,
    except: { windows: "Windows has no AF_NETLINK" },
    run() {
      for (const [domain, type] of [
        [AF.INET, SOCK.RDM],
        [AF.INET, 0],
        [AF.UNIX, SOCK.RDM],
        [AF.NETLINK, SOCK.STREAM],
      ] as const) {
        assertFails(trySocket(domain, type), "SocketTypeNotSupported", "ESOCKTNOSUPPORT");
      }
    },
  },
  {
    clause: "no type and protocol of the usual families leads to an error that is not documented",
    source: "berkeley; Zig unexpectedErrno",
    except: { windows: "Windows has no AF_NETLINK" },
    run() {
      const domains = [AF.INET, AF.INET6, AF.NETLINK, AF.PACKET, AF.UNIX, AF.VSOCK];
      const protocols = [0, 1, 2, IPPROTO.TCP, IPPROTO.UDP, IPPROTO.ICMPV6, IPPROTO.RAW, IPPROTO.MPTCP, -1];
      for (const domain of domains) {
        for (let type = 0; type <= SOCK.SEQPACKET; type++) {
          for (const protocol of protocols) {
            const result = trySocket(domain, type, protocol);
            if (result.ok) close(result.value);
            else
              assert.notEqual(result.error.name, "Unexpected", `${domain} ${type} ${result.error.message}`);
          }
        }
      }
    },
  },
  {
    clause: "an argument that is not a C int is rejected before any system call",
    source: "berkeley",
    script: {},
    play(system) {
      for (const bad of [Number.NaN, 0.5, 2 ** 31, -(2 ** 31) - 1, Number.POSITIVE_INFINITY]) {
        assert.throws(() => socket(bad, 1, 0, { system }), RangeError);
        assert.throws(() => socket(2, bad, 0, { system }), RangeError);
        assert.throws(() => socket(2, 1, bad, { system }), RangeError);
      }
      for (const bad of ["2", 2n, null, true, {}, [2]]) {
        // @ts-expect-error a domain is a number
        assert.throws(() => socket(bad, 1, 0, { system }), TypeError);
        // @ts-expect-error a type is a number
        assert.throws(() => socket(2, bad, 0, { system }), TypeError);
        // @ts-expect-error a protocol is a number
        assert.throws(() => socket(2, 1, bad, { system }), TypeError);
      }
      assert.deepEqual(system.calls, []);
    },
  },
  {
    clause: "returns a Socket of this machine's system",
    source: `${POSIX}, RETURN VALUE`,
    run(fixture) {
      const made = fixture.own(assertOk(trySocket(AF.INET, SOCK.STREAM)));
      assert.ok(made instanceof Socket);
      assert.equal(made.system.name, process.platform.replace("win32", "windows"));
      assert.equal(made.closed, false);
    },
  },
  ...winsockRows("socket", (_socket, system) => trySocket(AF.INET, SOCK.STREAM, 0, { system })),
  ...documentedErrors(socketErrors, (system) => trySocket(AF.INET, SOCK.STREAM, 0, { system })),
]);

test(
  "socket throws what trySocket returns, with the caller's stack",
  except({ wine: "Wine says WSAEINVAL; Windows WSAENOTCONN or WSAEDESTADDRREQ (send and sendto)" }),
  () => {
    assert.throws(
      () => {
        socket(AF.UNSPEC, SOCK.STREAM);
      },
      (error: unknown) => {
        assert.ok(isSocketCallError(error));
        assert.equal(error.name, "AddressFamilyNotSupported");
        assert.match(error.stack?.split("\n")[1] ?? "", /socket\.test\./);
        return true;
      },
    );
  },
);

/** The file status flags of a descriptor: proc_pid_fdinfo(5). */
function flagsOf({ fd }: Socket): number {
  const [, octal = ""] = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8")) ?? [];
  return Number.parseInt(octal, 8);
}

/** Whether a program that this process starts has the socket among its descriptors. */
function isInherited({ fd }: Socket): boolean {
  const listing = spawnSync("ls", ["-l", "/proc/self/fd"], { encoding: "utf8" });
  assert.equal(listing.status, 0, listing.stderr);
  return listing.stdout.includes(readlinkSync(`/proc/self/fd/${fd}`));
}
