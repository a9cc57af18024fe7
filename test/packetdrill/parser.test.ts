import assert from "node:assert/strict";
import { test } from "node:test";
import { parseScript } from "./parse-script.ts";
import { PythonError, runPython, type Scope } from "./python.ts";
import { FLAG, type PacketAction, type SystemCall } from "./script.ts";
import { settingsOf } from "./settings.ts";
import { shellActions } from "./shell.ts";
import { ScriptError } from "./tokens.ts";
import { numberOf, sockaddrOf } from "./values.ts";
import { decodePacket, encodePacket, MalformedPacket, type WirePacket } from "./wire.ts";

const script = (text: string) => parseScript("test.pkt", text);

function packet(text: string): PacketAction {
  const action = script(`0 ${text}`).events[0]?.action;
  assert.ok(action?.kind === "packet");
  return action;
}

function call(text: string): SystemCall {
  const action = script(`0 ${text}`).events[0]?.action;
  assert.ok(action?.kind === "call");
  return action;
}

test("options, shell lines, comments and times", () => {
  const { options, setUp, events, cleanUp } = script(`
// a comment
--tolerance_usecs=7000 --ip_version=ipv6
\`sysctl -q a=1\`
0 close(3) = 0   /* another,
of two lines */
+.1 < . 1:1(0) ack 1 win 1
0.2~0.3 > . 1:1(0) ack 1
+.1~+.2 > . 1:1(0) ack 1
* > . 1:1(0) ack 1
+0...0.5 read(4, ..., 10) = 5
\`undo\``);
  assert.deepEqual(
    options.map(({ name, value }) => [name, value]),
    [
      ["tolerance_usecs", "7000"],
      ["ip_version", "ipv6"],
    ],
  );
  assert.equal(setUp?.text, "sysctl -q a=1");
  assert.equal(cleanUp?.text, "undo");
  assert.deepEqual(
    events.map(({ time }) => time),
    [
      { kind: "absolute", from: 0, to: undefined },
      { kind: "relative", from: 100_000, to: undefined },
      { kind: "absolute", from: 200_000, to: 300_000 },
      { kind: "relative", from: 100_000, to: 200_000 },
      { kind: "any" },
      { kind: "relative", from: 0, to: undefined },
    ],
  );
  const blocking = events.at(-1);
  assert.ok(blocking?.action.kind === "call" && blocking.action.returnsAt === 500_000);
  assert.deepEqual(
    events.map(({ line }) => line),
    [5, 7, 8, 9, 10, 11],
  );
});

test("segments: flags, ports, marks and options", () => {
  const syn = packet("< [ect0] 40001 > 80 SEW 0:0(0) win 100 <mss 1460,sackOK,TS val 7 ecr 0,nop,wscale 8>");
  assert.deepEqual(syn.ports, { source: 40_001, destination: 80 });
  assert.deepEqual(syn.ip, { ecn: 2 });
  assert.ok(syn.content.protocol === "tcp");
  assert.equal(syn.content.flags, FLAG.SYN | FLAG.ECE | FLAG.CWR);
  assert.deepEqual(syn.content.options, [
    { kind: "mss", size: 1460 },
    { kind: "sackOK" },
    { kind: "TS", value: 7, echo: 0 },
    { kind: "nop" },
    { kind: "wscale", shift: 8 },
  ]);
  const data = packet("> (tos 0x10) PU. 1:1001(1000) ack 5 urg 3 <sack 10:20 30:40>");
  assert.ok(data.content.protocol === "tcp");
  assert.equal(data.content.urgentPointer, 3);
  assert.equal(data.content.window, undefined);
  assert.deepEqual(data.content.options, [
    {
      kind: "sack",
      blocks: [
        { left: 10, right: 20 },
        { left: 30, right: 40 },
      ],
    },
  ]);
  assert.deepEqual(data.ip, { tos: 16 });
  const ecn = packet("> . 1:1(0) ack 1 <ECN e1b 1 ceb 65536 e0b 2,nop>");
  assert.ok(ecn.content.protocol === "tcp" && ecn.content.options !== "any");
  assert.deepEqual(ecn.content.options[0], {
    kind: "other",
    number: 174,
    bytes: [0, 0, 1, 1, 0, 0, 0, 0, 2],
  });
  const any = packet("> - 1:1(0) <...>");
  assert.ok(any.content.protocol === "tcp" && any.content.flags === 0 && any.content.options === "any");
  const counted = packet("> P.5 1:2(1) ack 1");
  assert.ok(counted.content.protocol === "tcp" && counted.content.ace === 5);
});

test("datagrams and ICMP", () => {
  assert.deepEqual(packet("< udp (100)").content, { protocol: "udp", length: 100 });
  assert.deepEqual(packet("< icmp unreachable frag_needed mtu 1200 [1:1001(1000)]").content, {
    protocol: "icmp",
    type: "unreachable",
    code: "frag_needed",
    mtu: 1200,
    echoId: undefined,
    quoted: { protocol: "tcp", sequence: 1, length: 1000 },
  });
  assert.deepEqual(packet("< icmp unreachable port_unreachable [udp (10)]").content, {
    protocol: "icmp",
    type: "unreachable",
    code: "port_unreachable",
    mtu: undefined,
    echoId: undefined,
    quoted: { protocol: "udp", length: 10 },
  });
});

test("system calls: arguments, results and errnos", () => {
  const connect = call("connect(3, ..., ...) = -1 EINPROGRESS (Operation now in progress)");
  assert.equal(connect.errno, "EINPROGRESS");
  assert.equal(numberOf(connect.result, "the result"), -1);
  const flags = call("fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0");
  assert.equal(numberOf(flags.arguments[2], "the flags"), 0o4002);
  const poll = call("poll([{fd=3, events=POLLIN, revents=POLLIN|POLLERR}], 1, 100) = 1");
  assert.equal(poll.arguments[0]?.kind, "list");
  const bind = call(
    'bind(3, {sa_family = AF_INET, sin_port = htons(80), sin_addr = inet_addr("1.2.3.4")}, 16) = 0',
  );
  const address = bind.arguments[1];
  assert.ok(address !== undefined);
  assert.deepEqual(sockaddrOf(address).subarray(0, 8), Uint8Array.of(2, 0, 0, 80, 1, 2, 3, 4));
  const message = call("recvmsg(3, {msg_name(...)=..., msg_iov(1)=[{..., 10}], msg_flags=0}, 0) = 10");
  assert.equal(message.arguments[1]?.kind, "fields");
});

test("an unreadable script is reported with its line", () => {
  const failing = (text: string, line: number, message: RegExp) =>
    assert.throws(
      () => script(text),
      (error) => error instanceof ScriptError && error.line === line && message.test(error.message),
    );
  failing("0 close(3) = 0\n+0 < . 1:5(3) ack 1", 2, /1:5 are not 3 bytes/);
  failing("0 < X 1:1(0)", 1, /X is not a flag of TCP/);
  failing("* close(3) = 0", 1, /only a packet that the host sends/);
  failing("0 < . 1:1(0) ack 1 <...>", 1, /are for packets that the host sends/);
  failing("0 > . 1:1(0) <foo 3>", 1, /the option foo of TCP is not supported/);
  failing("0 close(3 = 0", 1, /expected \)/);
  failing("\n\n`sysctl", 3, /is never closed/);
  assert.throws(() => settingsOf(script("--nonsense=1\n0 close(3) = 0")), /--nonsense is not supported/);
});

test("settings have packetdrill's defaults", () => {
  const settings = settingsOf(script("--tolerance_usecs=100 --mtu=9000\n0 close(3) = 0"));
  const { tolerance, mtu, bindPort, tolerancePercent, version } = settings;
  assert.deepEqual([tolerance, mtu, bindPort, tolerancePercent, version], [100, 9000, 8080, 12.5, 4]);
});

test("shell lines set sysctls, also through scripts and set_sysctls.py", () => {
  const files = new Map([
    ["../common/defaults.sh", '#!/bin/bash\n# x\nsysctl -q net.ipv4.tcp_wmem="1 $((2*1024)) 3"\n'],
  ]);
  const text = `../common/defaults.sh
sysctl -q net.ipv4.tcp_sack=0 net/ipv4/tcp_ecn=1   # both
../common/set_sysctls.py /proc/sys/net/ipv4/tcp_rmem="4 5 6" \\
  /proc/sys/net/ipv4/tcp_frto=0
tc qdisc add dev tun0 root pfifo > /dev/null 2>&1
/tmp/sysctl_restore_\${PPID}.sh`;
  assert.deepEqual(
    shellActions(text, (path) => files.get(path)),
    [
      { kind: "sysctl", name: "net.ipv4.tcp_wmem", value: "1 2048 3" },
      { kind: "sysctl", name: "net.ipv4.tcp_sack", value: "0" },
      { kind: "sysctl", name: "net.ipv4.tcp_ecn", value: "1" },
      { kind: "sysctl", name: "net.ipv4.tcp_rmem", value: "4 5 6" },
      { kind: "sysctl", name: "net.ipv4.tcp_frto", value: "0" },
      { kind: "command", text: "tc qdisc add dev tun0 root pfifo" },
    ],
  );
});

test("Python statements: assertions, assignments and chains of comparisons", () => {
  const scope: Scope = new Map<string, number>([
    ["cwnd", 10],
    ["A", 4],
  ]);
  const printed = runPython(
    `assert cwnd == 10, cwnd; cwnd += 2 * 3
assert 15 <= cwnd <= 17 and not cwnd == 3, 'cwnd=%d' % cwnd  # a comment
print(cwnd, 7 // 2, -7 // 2, 7 % 4, 2 ** 3, 0x10, A & 6, \\
 max(1, 5))`,
    scope,
  );
  assert.deepEqual(printed, ["16 3 -4 3 8 16 4 5"]);
  const fails = (code: string, message: RegExp) =>
    assert.throws(
      () => runPython(code, scope),
      (error) => error instanceof PythonError && message.test(error.message),
    );
  fails("assert cwnd == 3, 'cwnd=%d' % cwnd", /does not hold: cwnd=16/);
  fails("assert tcpi_x == 3", /tcpi_x, which is not defined/);
  fails("import os", /should end|not defined/);
});

const segment: WirePacket = {
  version: 6,
  source: "fd00::1",
  destination: "fd00::2",
  trafficClass: 0x12,
  flowLabel: 0x12345,
  hopLimit: 64,
  content: {
    protocol: "tcp",
    sourcePort: 1,
    destinationPort: 2,
    sequence: 0xffff_fff0,
    acknowledgment: 5,
    flags: FLAG.PSH | FLAG.ACK | FLAG.AE,
    window: 700,
    urgentPointer: 0,
    options: [{ kind: "nop" }, { kind: "nop" }, { kind: "TS", value: 1, echo: 2 }],
    data: Uint8Array.of(1, 2, 3),
  },
};

test("packets survive encoding and decoding, and damage is noticed", () => {
  const v4: WirePacket = {
    ...segment,
    version: 4,
    source: "10.0.0.1",
    destination: "10.0.0.2",
    flowLabel: 0,
  };
  for (const packet of [segment, v4]) {
    const bytes = encodePacket(packet);
    assert.deepEqual(decodePacket(bytes, "all"), packet);
    const damaged = bytes.slice();
    damaged[damaged.length - 1] = 9;
    assert.throws(() => decodePacket(damaged, "all"), MalformedPacket);
    assert.ok(decodePacket(damaged, "ip header") !== undefined);
  }
});
