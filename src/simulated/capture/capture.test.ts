import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Calls } from "../../../test/simulated/calls.ts";
import { constants } from "../../system/linux/constants.ts";
import { Network } from "../network/network.ts";
import { Capture } from "./capture.ts";

const { AF, SHUT, SOCK } = constants;
const RESPONSE = "x".repeat(20_000);

/** A connection over IPv4 and one over IPv6, on a link that loses packets. */
function exchange(): { capture: Capture; network: Network } {
  const network = new Network({ seed: 7 });
  const server = network.host("server", { addresses: ["10.0.0.1", "fd00::1"] });
  const client = network.host("client", { addresses: ["10.0.0.2", "fd00::2"] });
  network.link(server, client, { latency: "20ms", loss: 0.1 });
  const capture = new Capture(network);
  for (const [family, address] of [
    [AF.INET, "10.0.0.1:80"],
    [AF.INET6, "[fd00::1]:80"],
  ] as const) {
    const [a, b] = [new Calls(server.system), new Calls(client.system)];
    const listener = a.system.socket(family, SOCK.STREAM, 0, 0);
    assert.equal(a.bind(listener, address), 0);
    assert.equal(a.system.listen(listener, 2), 0);
    const from = b.system.socket(family, SOCK.STREAM, 0, 0);
    assert.equal(b.connect(from, address), 0);
    const to = a.system.accept(listener, a.system.address, 0);
    assert.ok(to >= 0);
    const bytes = new TextEncoder().encode(RESPONSE);
    assert.equal(a.system.send(to, bytes, 0), bytes.length);
    a.system.shutdown(to, SHUT.WR);
    let received = 0;
    for (let got = 1; got > 0; received += Math.max(0, got))
      got = b.system.recv(from, new Uint8Array(65_536), 0);
    assert.equal(received, bytes.length);
    b.system.close(from);
    a.system.close(to);
  }
  network.clock.advanceTo(network.clock.now + 5e9);
  return { capture, network };
}

/** Runs a program on a file; undefined, and skipped, if there is no such program. */
function readBack(t: TestContext, bytes: Uint8Array, program: string, args: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), "berkeley-"));
  try {
    const file = join(folder, "capture.pcapng");
    writeFileSync(file, bytes);
    const run = spawnSync(program, [...args, "-r", file], { encoding: "utf8" });
    if (run.error === undefined) return run;
    t.skip(`cannot run ${program}: ${run.error.message}`);
    return undefined;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("tcpdump reads the capture", (t) => {
  const { capture } = exchange();
  const run = readBack(t, capture.pcapng(), "tcpdump", ["-n", "-v"]);
  if (run === undefined) return;
  assert.equal(run.status, 0, run.stderr);
  // It always prints its source.
  assert.match(run.stderr, /^reading from file \S+, link-type RAW \(Raw IP\), snapshot length \d+\n$/);
  assert.match(
    run.stdout,
    /10\.0\.0\.2\.\d+ > 10\.0\.0\.1\.80: Flags \[S\], cksum 0x\w+ \(correct\), seq \d+/,
  );
  assert.match(run.stdout, /fd00::1\.80 > fd00::2\.\d+: Flags/);
  assert.doesNotMatch(run.stdout, /incorrect|bad|truncated/);
});

test("tshark reads the capture, its interface and its comments, and reports no error", (t) => {
  const { capture } = exchange();
  const checks = ["ip.check_checksum", "tcp.check_checksum"].flatMap((name) => ["-o", `${name}:TRUE`]);
  // When it reassembles a stream, it reports every retransmission as an error.
  checks.push("-o", "tcp.desegment_tcp_streams:FALSE");
  const fields = ["frame.interface_name", "frame.comment", "_ws.expert.severity", "_ws.expert.message"];
  const args = [...checks, "-T", "fields", ...fields.flatMap((field) => ["-e", field])];
  const run = readBack(t, capture.pcapng(), "tshark", args);
  if (run === undefined) return;
  assert.equal(run.status, 0, run.stderr);
  assert.equal(run.stderr.replace(/^Running as user "root".*\n/, ""), "");
  const packets = run.stdout.split("\n").slice(0, -1);
  assert.ok(packets.length > 30);
  for (const packet of packets) assert.match(packet, /^client - server\t/);
  assert.ok(packets.some((packet) => packet.includes("dropped: loss")));
  // 8388608 is the severity of an error.
  assert.doesNotMatch(run.stdout, /checksum|Malformed|8388608/);
});

test("text has a line for each packet and each change of state, with relative numbers", () => {
  const text = exchange().capture.text();
  assert.match(
    text,
    /^\d\.\d{6} client > server: 10\.0\.0\.2:\d+ > 10\.0\.0\.1:80 tcp S 0:0\(0\) win 64240 <mss 1460,.*wscale \d+>/m,
  );
  assert.match(text, / tcp S\. 0:0\(0\) ack 1 win /);
  assert.match(text, / \[dropped: loss\]$/m);
  assert.match(text, /^\d+\.\d{6} client: tcp 10\.0\.0\.2:\d+ 10\.0\.0\.1:80 ESTABLISHED$/m);
  assert.match(text, /\[fd00::2\]:\d+ > \[fd00::1\]:80 tcp S 0:0/);
});

test("a limit keeps the newest records, a filter the selected ones, and stop() ends a capture", () => {
  const network = new Network({ seed: 1 });
  const [one, other] = [network.host("one"), network.host("other")];
  const [a, b] = [new Calls(one.system), new Calls(other.system)];
  const [from, to] = [a.system.socket(AF.INET, SOCK.DGRAM, 0, 2), b.system.socket(AF.INET, SOCK.DGRAM, 0, 2)];
  b.bind(to, "0.0.0.0:7");
  const address = other.addresses.find((text) => text.includes("."));
  const few = new Capture(network, { limit: 3 });
  const none = new Capture(network, { filter: () => false });
  for (let sent = 0; sent < 20; sent += 1) a.sendTo(from, `datagram ${sent}`, `${address}:7`);
  network.clock.advanceTo(1e9);
  assert.equal(few.records.length, 3);
  assert.equal(none.records.filter(({ kind }) => kind === "packet").length, 0);
  few.stop();
  const before = few.records.at(-1);
  a.sendTo(from, "later", `${address}:7`);
  network.clock.advanceTo(2e9);
  assert.equal(few.records.at(-1), before);
});

test("the diagram is well-formed, and shows hosts, packets, losses and states", (t) => {
  const { capture } = exchange();
  const svg = capture.svg({ title: "a <lossy> link & two hosts" });
  assert.match(svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 \d+ \d+"/);
  assert.match(svg, /prefers-color-scheme: dark/);
  assert.match(svg, />client<\/text>/);
  assert.match(svg, />:\d+ S\. 0:0\(0\) ack 1 win \d+</);
  assert.match(svg, /class="arrow lost"/);
  assert.match(svg, /dropped: loss|— loss/);
  assert.match(svg, />ESTABLISHED<\/text>/);
  assert.doesNotMatch(svg, /NaN|undefined/);
  const xmllint = spawnSync("xmllint", ["--noout", "-"], { input: svg, encoding: "utf8" });
  if (xmllint.error === undefined) assert.equal(xmllint.status, 0, xmllint.stderr);
  else t.diagnostic("xmllint is not installed: only patterns were checked");
});

test("the diagram shows how a listener's queues fill, and of one connection only its own packets", () => {
  const network = new Network({ seed: 3 });
  const server = network.host("server", { addresses: ["10.0.0.1"] });
  const client = network.host("client", { addresses: ["10.0.0.2"] });
  network.link(server, client, { latency: "20ms" });
  const capture = new Capture(network);
  const [a, b] = [new Calls(server.system), new Calls(client.system)];
  const listener = a.system.socket(AF.INET, SOCK.STREAM, 0, 2);
  a.bind(listener, "10.0.0.1:80");
  a.system.listen(listener, 1);
  const sockets = [0, 1].map(() => {
    const socket = b.system.socket(AF.INET, SOCK.STREAM, 0, 2);
    b.connect(socket, "10.0.0.1:80");
    return socket;
  });
  network.clock.advanceTo(1e9);
  const svg = capture.svg();
  assert.match(svg, />SYN queue<\/text>/);
  assert.match(svg, />accept queue<\/text>/);
  // Two connections, one more than the backlog, fill the queue.
  assert.match(svg, /class="box full"/);
  const [first = "", second = ""] = sockets.map((socket) => String(b.name(socket)));
  const one = capture.svg({ connection: [first, "10.0.0.1:80"] });
  assert.ok(one.includes(first) && !one.includes(second));
});
