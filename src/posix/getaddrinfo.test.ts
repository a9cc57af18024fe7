import assert from "node:assert/strict";
import dns from "node:dns/promises";
import { test } from "node:test";
import { assertFails, conformance, documentedErrors, type ScriptedRow } from "../../test/conformance.ts";
import { inNetworkNamespace } from "../../test/network-namespace.ts";
import { except } from "../../test/platform.ts";
import type { ErrorSet } from "../errors/error-set.ts";
import type { ErrorName } from "../errors/names.ts";
import type { Result } from "../errors/result.ts";
import type { SocketError } from "../errors/socket-error.ts";
import { EAI, eaiName } from "../system/eai.ts";
import { AF, AI, IPPROTO, NI, SOCK } from "./constants.ts";
import { getaddrinfo, getaddrinfoErrors, isGetaddrinfoError, tryGetaddrinfo } from "./getaddrinfo.ts";
import { getnameinfo, getnameinfoErrors, isGetnameinfoError, tryGetnameinfo } from "./getnameinfo.ts";
import { tryGetservbyname } from "./getservbyname.ts";

const POSIX = "POSIX getaddrinfo(3p)";
const POSIX_NAME = "POSIX getnameinfo(3p)";
const windows = "it is not supported on Windows yet";
const notGlibc = { windows, darwin: "its codes are glibc's", freebsd: "its codes are glibc's" };
const stream = () => ({ socktype: SOCK.STREAM });
const addressesOf = (host: string | null, service: string | number | null, flags = 0, family = 0) =>
  getaddrinfo(host, service, { ...stream(), flags, family }).map(({ address }) => address);
const ipv4 = (address: string, port: number) => ({ family: "ipv4", address, port });
const ipv6 = (address: string, port: number, scopeId = 0) => ({
  family: "ipv6",
  address,
  port,
  flowlabel: 0,
  scopeId,
});

/** A row for each EAI code of a set; their numbers are not errnos. */
function resolverRows<Name extends ErrorName>(
  errors: ErrorSet<Name>,
  call: "getaddrinfo" | "getnameinfo",
  make: (system: Parameters<ScriptedRow["play"]>[0]) => Result<unknown, SocketError>,
): ScriptedRow[] {
  const entries = Object.entries<{ codes: readonly string[] }>(errors.entries);
  return entries.flatMap(([name, { codes }]) =>
    codes
      .filter((code) => code in EAI)
      .map((code): ScriptedRow => {
        const number = -(Object.entries(EAI).find(([key]) => key === code)?.[1] ?? 0);
        return {
          clause: `${code} is ${name}`,
          source: "the call's error set",
          script: { [call]: [number] },
          play(system) {
            const result = make(system);
            assert.ok(!result.ok);
            const { error } = result;
            assert.deepEqual(
              [error.name, error.code, error.errno, error.syscall],
              [name, code, number, call],
            );
            assert.ok(errors.has(error));
          },
        };
      }),
  );
}

conformance("getaddrinfo", [
  {
    clause: "an address and a port are those of the entry, of each type of socket",
    source: `${POSIX}, DESCRIPTION`,
    except: { windows },
    run() {
      assert.deepEqual(addressesOf("192.0.2.1", 80), [ipv4("192.0.2.1", 80)]);
      assert.deepEqual(addressesOf("2001:db8::1", "65535"), [ipv6("2001:db8::1", 65535)]);
      assert.deepEqual(addressesOf("192.0.2.1", null), [ipv4("192.0.2.1", 0)]);
      assertFails(tryGetaddrinfo(null), "UnknownHostName", "EAI_NONAME");
      const all = getaddrinfo("192.0.2.1", 80);
      for (const [type, protocol] of [
        [SOCK.STREAM, IPPROTO.TCP],
        [SOCK.DGRAM, IPPROTO.UDP],
      ]) {
        const entry = all.find(({ socktype }) => socktype === type);
        assert.deepEqual(entry, {
          family: AF.INET,
          socktype: type,
          protocol,
          address: ipv4("192.0.2.1", 80),
          canonname: undefined,
        });
      }
      assert.deepEqual(
        getaddrinfo("192.0.2.1", 80, { protocol: IPPROTO.UDP, socktype: SOCK.DGRAM }).map(
          ({ socktype }) => socktype,
        ),
        [SOCK.DGRAM],
      );
    },
  },
  {
    clause: "without a host it is this machine; with AI_PASSIVE, any of its addresses",
    source: `${POSIX}, AI_PASSIVE`,
    except: { windows },
    run() {
      assert.deepEqual(addressesOf(null, 80, 0, AF.INET), [ipv4("127.0.0.1", 80)]);
      assert.deepEqual(addressesOf(null, 80, AI.PASSIVE, AF.INET), [ipv4("0.0.0.0", 80)]);
      assert.deepEqual(addressesOf(null, 80, AI.PASSIVE, AF.INET6), [ipv6("::", 80)]);
      assert.deepEqual(addressesOf("127.0.0.2", 80, AI.PASSIVE), [ipv4("127.0.0.2", 80)]);
    },
  },
  {
    clause: "AI_CANONNAME: the canonical name, in the first entry",
    source: `${POSIX}, AI_CANONNAME`,
    except: { windows },
    run() {
      const [first, ...others] = getaddrinfo("localhost", null, { flags: AI.CANONNAME });
      assert.ok(first?.canonname !== undefined && first.canonname.length > 0);
      for (const { canonname } of others) assert.equal(canonname, undefined);
    },
  },
  {
    clause: "AI_NUMERICHOST and AI_NUMERICSERV: nothing is looked up",
    source: `${POSIX}, AI_NUMERICHOST, AI_NUMERICSERV`,
    except: { windows },
    run() {
      const flags = AI.NUMERICHOST | AI.NUMERICSERV;
      assert.deepEqual(addressesOf("192.0.2.1", "80", flags), [ipv4("192.0.2.1", 80)]);
      assertFails(
        tryGetaddrinfo("localhost", null, { flags: AI.NUMERICHOST }),
        "UnknownHostName",
        "EAI_NONAME",
      );
      assertFails(
        tryGetaddrinfo("192.0.2.1", "http", { flags: AI.NUMERICSERV, ...stream() }),
        "UnknownHostName",
        "EAI_NONAME",
      );
    },
  },
  {
    clause: "AI_V4MAPPED: an IPv4-mapped address where there is none of IPv6",
    source: `${POSIX}, AI_V4MAPPED`,
    except: { windows },
    run() {
      const mapped = addressesOf("192.0.2.1", 80, AI.V4MAPPED, AF.INET6);
      assert.deepEqual(mapped, [ipv6("::ffff:192.0.2.1", 80)]);
    },
  },
  {
    clause: "a scope of an IPv6 address: the index of the interface",
    source: "RFC 4007, 11; getaddrinfo(3)",
    except: { ...notGlibc },
    run() {
      for (const zone of ["lo", "1"]) {
        assert.deepEqual(addressesOf(`fe80::1%${zone}`, 80), [ipv6("fe80::1", 80, 1)]);
      }
      const beyond = tryGetaddrinfo("fe80::1%4294967297", 80, { flags: AI.NUMERICHOST });
      assertFails(beyond, "UnknownHostName", "EAI_NONAME");
    },
  },
  {
    clause: "a service by its name: that of the table of services, with its protocols",
    source: `${POSIX}, DESCRIPTION; services(5)`,
    except: { windows },
    run(fixture) {
      const known = tryGetservbyname("http", "tcp");
      if (!known.ok) return fixture.skip("this system has no table of services, or no http in it");
      assert.deepEqual(addressesOf("192.0.2.1", "http"), [ipv4("192.0.2.1", known.value.port)]);
      // glibc would use the low 16 bits of such a number as the port.
      for (const number of [
        ...["65536", "99999", "18446744073709551696"],
        ...["+65616", " 65616", "\t\n\v\f\r+65616", "-18446744073709551536", " -1", "-65456"],
      ]) {
        assertFails(tryGetaddrinfo("192.0.2.1", number, stream()), "ServiceUnavailable", "EAI_SERVICE");
      }
      assertFails(
        tryGetaddrinfo("192.0.2.1", "no-such-service", stream()),
        "ServiceUnavailable",
        "EAI_SERVICE",
      );
    },
  },
  {
    clause: "localhost: the addresses that node:dns finds, too",
    source: "node:dns, dns.lookup(): getaddrinfo(3)",
    except: { windows },
    async run() {
      const found = addressesOf("localhost", 1).map((each) => ("address" in each ? each.address : ""));
      const ofNode = await dns.lookup("localhost", { all: true, verbatim: true });
      assert.deepEqual(new Set(found), new Set(ofNode.map(({ address }) => address)));
    },
  },
  {
    clause: "EAI_FAMILY, EAI_SOCKTYPE, EAI_BADFLAGS, EAI_ADDRFAMILY, EAI_NONAME",
    source: `${POSIX}, ERRORS; gai_strerror(3)`,
    except: { ...notGlibc, musl: "musl says EAI_SERVICE of a wrong type of socket" },
    run() {
      const of = (hints: object, host: string | null = "192.0.2.1") => tryGetaddrinfo(host, 80, hints);
      assertFails(of({ family: 99 }), "AddressFamilyNotSupported", "EAI_FAMILY");
      assertFails(of({ socktype: 99 }), "SocketTypeNotSupported", "EAI_SOCKTYPE");
      assertFails(of({ flags: 0x40000000 }), "InvalidArgument", "EAI_BADFLAGS");
      assertFails(of({ flags: AI.CANONNAME }, null), "InvalidArgument", "EAI_BADFLAGS");
      assertFails(of({ family: AF.INET6 }), "HostLacksNetworkAddresses", "EAI_ADDRFAMILY");
      assertFails(tryGetaddrinfo(null), "UnknownHostName", "EAI_NONAME");
      assertFails(tryGetaddrinfo("", 80), "UnknownHostName", "EAI_NONAME");
    },
  },
  {
    clause: "EAI_AGAIN: no name server can be reached",
    source: `${POSIX}, ERRORS`,
    except: { ...notGlibc, musl: "musl says EAI_NONAME where no name server is reached" },
    run: (fixture) =>
      inNetworkNamespace(fixture, new URL("getaddrinfo-without-network.child.js", import.meta.url)),
  },
  {
    clause: "EMFILE, of EAI_SYSTEM: the errno is the error's",
    source: `${POSIX}, EAI_SYSTEM`,
    script: { getaddrinfo: [-24] },
    play: (system) =>
      void assertFails(tryGetaddrinfo("host", null, { system }), "ProcessFdQuotaExceeded", "EMFILE"),
  },
  {
    clause: "the message says what was looked for",
    source: "berkeley",
    script: { getaddrinfo: [-EAI.EAI_NONAME] },
    play(system) {
      const result = tryGetaddrinfo("no.such.host", "http", { system });
      assert.match(result.ok ? "" : result.error.message, /^getaddrinfo EAI_NONAME "no.such.host" "http": /);
    },
  },
  ...resolverRows(getaddrinfoErrors, "getaddrinfo", (system) => tryGetaddrinfo("host", 80, { system })),
  ...documentedErrors(getaddrinfoErrors, (system) => tryGetaddrinfo("host", 80, { system })),
]);

conformance("getnameinfo", [
  {
    clause: "NI_NUMERICHOST and NI_NUMERICSERV: the address and the port",
    source: `${POSIX_NAME}, DESCRIPTION`,
    except: { windows },
    run() {
      const flags = NI.NUMERICHOST | NI.NUMERICSERV;
      for (const [address, port] of [
        ["192.0.2.1", 80],
        ["2001:db8::1", 65535],
        ["::", 0],
      ] as const) {
        const family = address.includes(":") ? "ipv6" : "ipv4";
        assert.deepEqual(getnameinfo({ family, address, port }, flags), {
          host: address,
          service: `${port}`,
        });
      }
    },
  },
  {
    clause: "a scope is the name of the interface",
    source: "RFC 4007, 11; getnameinfo(3)",
    except: notGlibc,
    run() {
      const address = { family: "ipv6", address: "fe80::1", port: 0, scopeId: 1 } as const;
      assert.equal(getnameinfo(address, NI.NUMERICHOST).host, "fe80::1%lo");
    },
  },
  {
    clause: "the name of a service, and with NI_DGRAM that of UDP",
    source: `${POSIX_NAME}, NI_DGRAM; services(5)`,
    except: { windows },
    run(fixture) {
      const [tcp, udp] = [tryGetservbyname("shell", "tcp"), tryGetservbyname("syslog", "udp")];
      if (!tcp.ok || !udp.ok) return fixture.skip("this system's table of services lacks shell or syslog");
      const address = { family: "ipv4", address: "127.0.0.1", port: 514 } as const;
      assert.equal(getnameinfo(address, NI.NUMERICHOST).service, "shell");
      assert.equal(getnameinfo(address, NI.NUMERICHOST | NI.DGRAM).service, "syslog");
    },
  },
  {
    clause: "the name of this machine's own address, as node:dns finds it",
    source: "node:dns, dns.lookupService(): getnameinfo(3)",
    except: { windows },
    async run() {
      const found = getnameinfo({ family: "ipv4", address: "127.0.0.1", port: 1 }, NI.NUMERICSERV);
      const { hostname } = await dns.lookupService("127.0.0.1", 1);
      assert.deepEqual(found, { host: hostname, service: "1" });
    },
  },
  {
    clause: "EAI_FAMILY, EAI_BADFLAGS, EAI_NONAME",
    source: `${POSIX_NAME}, ERRORS; gai_strerror(3)`,
    except: { ...notGlibc, musl: "musl ignores flags that it does not know" },
    run() {
      const unknown = { family: "unknown", number: 77, data: new Uint8Array(14) } as const;
      assertFails(tryGetnameinfo(unknown), "AddressFamilyNotSupported", "EAI_FAMILY");
      const address = { family: "ipv4", address: "127.0.0.1", port: 0 } as const;
      assertFails(tryGetnameinfo(address, 0x40000000), "InvalidArgument", "EAI_BADFLAGS");
      const both = NI.NUMERICHOST | NI.NAMEREQD;
      assertFails(tryGetnameinfo(address, both), "UnknownHostName", "EAI_NONAME");
    },
  },
  ...resolverRows(getnameinfoErrors, "getnameinfo", (system) =>
    tryGetnameinfo({ family: "ipv4", address: "127.0.0.1", port: 0 }, 0, { system }),
  ),
  ...documentedErrors(getnameinfoErrors, (system) =>
    tryGetnameinfo({ family: "ipv4", address: "127.0.0.1", port: 0 }, 0, { system }),
  ),
]);

test(
  "the numbers of EAI are Node's",
  except({
    bun: "its errors of node:dns have other numbers",
    deno: "its errors of node:dns have no numbers",
  }),
  async () => {
    const { getSystemErrorName } = await import("node:util");
    for (const [name, number] of Object.entries(EAI)) {
      if (name === "EAI_IDN_ENCODE") continue;
      assert.equal(getSystemErrorName(-number), name);
      assert.equal(eaiName(number), name);
    }
  },
);

test("rejects a name with a NUL, which C would truncate, and other wrong arguments", () => {
  assert.throws(() => getaddrinfo("127.0.0.1\0x"), { code: "ERR_INVALID_ARG_VALUE" });
  assert.throws(() => getaddrinfo(null, "http\0x"), { code: "ERR_INVALID_ARG_VALUE" });
  assert.throws(() => getaddrinfo(null, 65536), { code: "ERR_OUT_OF_RANGE" });
  assert.throws(() => getaddrinfo(null, 80, { flags: 0.5 }), { code: "ERR_OUT_OF_RANGE" });
});

test("each call throws the error that its try form returns", except({ windows }), () => {
  assert.throws(() => getaddrinfo("localhost", 80, { flags: AI.NUMERICHOST }), isGetaddrinfoError);
  const address = { family: "ipv4", address: "127.0.0.1", port: 0 } as const;
  assert.throws(() => getnameinfo(address, NI.NUMERICHOST | NI.NAMEREQD), isGetnameinfoError);
});
