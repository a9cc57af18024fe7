import assert from "node:assert/strict";
import { release } from "node:os";
import { test } from "node:test";
import { valueResult } from "../../../test/simulated/calls.ts";
import { machineSystem } from "../../system/current.ts";
import "../../system/host.ts";
import { constants } from "../../system/linux/constants.ts";
import { options } from "../../system/linux/options.ts";
import type { System } from "../../system/system.ts";
import { Network } from "../network/network.ts";

// Reads and sets every option of every kind of socket, here and on the kernel, and compares values
// and errnos. A simulated host emulates Linux 6.18; older kernels lack some options.

const { AF, SOCK } = constants;

const kinds = {
  tcp4: [AF.INET, SOCK.STREAM],
  tcp6: [AF.INET6, SOCK.STREAM],
  udp4: [AF.INET, SOCK.DGRAM],
  udp6: [AF.INET6, SOCK.DGRAM],
  "unix stream": [AF.UNIX, SOCK.STREAM],
  "unix datagram": [AF.UNIX, SOCK.DGRAM],
} as const;

/** Why an option is not compared. */
const except: readonly (readonly [RegExp, why: string])[] = [
  [/^TCP_/, "src/simulated/tcp has tests of its own"],
  [
    /^(ALG|BT|CAN_RAW|SO_J1939|TIPC|UDPLITE|MPTCP|SCTP|TLS|NETLINK|PACKET|ICMP|VSOCK|SO_VM)/,
    "the protocol is not simulated",
  ],
  [/^SO_INQ$/, "SCM_INQ is not simulated"],
  [/COOKIE|PEERCRED/, "a number of the socket, the namespace or the process"],
  [/IPSEC|XFRM|ORIGINAL_DST/, "neither IPsec nor netfilter is simulated"],
  [/SO_INCOMING_CPU|BUSY_POLL|NAPI/, "depends on the device and the CPU"],
  [/SO_(SND|RCV)BUF|SO_MEMINFO/, "depends on the machine's sysctls"],
  [/BINDTO(DEVICE|IFINDEX)|(UNI|MULTI)CAST_IF/, "depends on the machine's interfaces"],
  [/REUSEPORT_[CE]BPF|ATTACH|DETACH|GET_FILTER|DEVMEM/, "no BPF is simulated, and descriptors differ"],
  [/IPV6_FLOWLABEL_MGR|ANYCAST/, "no flow labels and no anycast are simulated"],
  [/2292PKTOPTIONS/, "its value is control messages, and no packet carries extension headers"],
];

const compared = Object.entries(options).filter(([name]) => !except.some(([pattern]) => pattern.test(name)));

const int = (value: number) => new Uint8Array(Int32Array.of(value).buffer);
const values = [
  new Uint8Array(0),
  Uint8Array.of(1),
  Uint8Array.of(1, 0),
  ...[0, 1, 2, -1, -2, 100, 300, 70_000, 2 ** 30].map(int),
  new Uint8Array(8),
  new Uint8Array(16),
];

function read(system: System, fd: number, level: number, number: number, length: number): string {
  const value = valueResult(new Uint8Array(length), 256);
  const result = system.getsockopt(fd, level, number, value);
  return result < 0
    ? String(system.errnoName(-result))
    : Buffer.from(value.valid.slice(0, 32)).toString("hex");
}

/** The initial value of an option, and its value after each set, on a new socket. */
function answers(
  system: System,
  [domain, type]: readonly [number, number],
  level: number,
  number: number,
): string[] {
  const onSocket = (ask: (fd: number) => string): string => {
    const fd = system.socket(domain, type, 0, 1);
    assert.ok(fd >= 0);
    const answer = ask(fd);
    system.close(fd);
    return answer;
  };
  return [
    ...[0, 1, 4, 128].map(
      (length) => `read ${length}: ${onSocket((fd) => read(system, fd, level, number, length))}`,
    ),
    ...values.map((value) =>
      onSocket((fd) => {
        const result = system.setsockopt(fd, level, number, valueResult(value));
        const set = result < 0 ? system.errnoName(-result) : read(system, fd, level, number, 128);
        return `set ${Buffer.from(value).toString("hex")}: ${set}`;
      }),
    ),
  ];
}

const isLinux618 = process.platform === "linux" && release().startsWith("6.18.");

for (const [kind, arguments_] of Object.entries(kinds)) {
  test(`options of ${kind} sockets are as on Linux 6.18`, { skip: !isLinux618 }, () => {
    const kernel = machineSystem();
    assert.ok(kernel);
    const { system } = new Network({ seed: 1 }).host("one");
    const differences = compared.flatMap(([name, { level, number }]) => {
      const wanted = answers(kernel, arguments_, level, number);
      const given = answers(system, arguments_, level, number);
      return wanted.flatMap((want, at) =>
        given[at] === want ? [] : [`${name}, ${want}, here ${given[at]}`],
      );
    });
    assert.deepEqual(differences, []);
  });
}
