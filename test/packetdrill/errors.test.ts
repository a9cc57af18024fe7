// The message of a script when the host behaves differently.
import assert from "node:assert/strict";
import { test } from "node:test";
import { runScript } from "./interpreter.ts";
import { parseScript } from "./parse-script.ts";
import { settingsOf } from "./settings.ts";
import { SimulatedTarget } from "./simulated/simulated-target.ts";
import { Unsupported } from "./target.ts";
import { ScriptError } from "./tokens.ts";

const BEFORE = `0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, ..., ...) = 0
+0 listen(3, 1) = 0
+0 < S 0:0(0) win 1000 <mss 1000>
+0 > S. 0:0(0) ack 1 <mss 1460>
+.01 < . 1:1(0) ack 1 win 1000
+0 accept(3, ..., ...) = 4
`;
/** The line after BEFORE. */
const LINE = 8;

function fails(rest: string, line: number, message: RegExp, text = BEFORE + rest): void {
  const script = parseScript("test.pkt", text);
  const settings = settingsOf(script);
  assert.throws(
    () => runScript(script, settings, new SimulatedTarget(settings)),
    (error) => {
      assert.ok(error instanceof ScriptError, String(error));
      assert.match(error.message, message);
      assert.equal(error.line, line);
      return true;
    },
  );
}

test("another packet than expected: what differs, and both packets with their times", () => {
  fails(
    "+0 write(4, ..., 100) = 100\n+0 > P. 1:101(100) ack 7 win 5 <nop,nop,sack 1:2>",
    LINE + 1,
    /^ack 1 instead of 7, win \d+ instead of 5, options <> instead of <nop,nop,sack 1:2>\n {2}expected 0\.0100\d\d > P\. 1:101\(100\) ack 7 win 5 <nop,nop,sack 1:2>\n {2}actual {3}0\.0100\d\d > P\. 1:101\(100\) ack 1 win \d+$/,
  );
  fails("+0 write(4, ..., 100) = 100\n+0 > . 1:101(100) ack 1", LINE + 1, /^an unexpected PSH\n/);
  fails("+0 write(4, ..., 100) = 100\n+0 > F. 1:101(100) ack 1", LINE + 1, /^no FIN, an unexpected PSH\n/);
  fails("+0 write(4, ..., 100) = 100\n+0 > [ect0] P. 1:101(100) ack 1", LINE + 1, /^ECN bits 0 instead of 2/);
});

test("a packet at the wrong time: how far off, and the tolerance", () => {
  fails(
    "+0 write(4, ..., 100) = 100\n+.1 > P. 1:101(100) ack 1",
    LINE + 1,
    /^the packet came at the wrong time: due at 0\.1100\d\d s, was at 0\.0100\d\d s \(off by -0\.1000\d\d s, tolerance 0\.0125\d\d s\)\n {2}expected 0\.1100\d\d/,
  );
  fails(
    "+0 write(4, ..., 100) = 100\n+.1~+.2 > P. 1:101(100) ack 1",
    LINE + 1,
    /due at 0\.1100\d\d s to 0\.2100\d\d s/,
  );
});

test("no packet at all", () => {
  fails(
    "+0 > . 1:1(0) ack 1",
    LINE,
    /^the host sent no packet\n {2}expected 0\.0100\d\d > \. 1:1\(0\) ack 1$/,
  );
});

test("calls that return something else", () => {
  fails("+0 write(4, ..., 100) = 50", LINE, /^write\(\) returned 100 instead of 50$/);
  fails("+0 close(4) = -1 EBADF (Bad file)", LINE, /^close\(\) returned 0 instead of -1 EBADF$/);
  fails("+0 accept(4, ..., ...) = 5", LINE, /^accept\(\) returned -1 EINVAL instead of 5$/);
  fails(
    "+0 getsockopt(4, SOL_TCP, TCP_MAXSEG, [1], [4]) = 0",
    LINE,
    /^the option is \[500\] instead of \[1\]$/,
  );
  fails("+0 poll([{fd=4, events=POLLOUT, revents=0}], 1, 0) = 1", LINE, /^revents 0x4 instead of 0x0$/);
  fails("+0 read(9, ..., 10) = 0", LINE, /^the script has no descriptor 9$/);
  fails("+0 setsockopt(4, SOL_TCP, TCP_NONSENSE, [1], 4) = 0", LINE, /TCP_NONSENSE is unknown/);
});

test("a call that blocks must return when the script says so", () => {
  fails(
    "+0...0.1 read(4, ..., 10) = 10\n+.5 < P. 1:11(10) ack 1 win 1000",
    LINE,
    /read\(\) returned at the wrong time/,
  );
  fails("+0...0.1 read(4, ..., 10) = 10", LINE, /^read\(\) still blocks$/);
});

test("statements, packets and timestamps that make no sense", () => {
  fails("+0 %{ assert tcpi_snd_cwnd == 3, tcpi_snd_cwnd }%", LINE, /does not hold: 10$/);
  fails(
    "+0 < . 1:1(0) ack 1 win 1 <nop,nop,TS val 1 ecr 900>",
    LINE,
    /no timestamp that the script calls 900/,
  );
  fails("", 1, /no socket for this packet/, "0 > . 1:1(0) ack 1");
});

test("a feature that simulated hosts lack is not a failure of the script", () => {
  const script = parseScript("test.pkt", "`tc qdisc replace dev tun0 root netem`\n0 close(3) = 0");
  const settings = settingsOf(script);
  assert.throws(() => runScript(script, settings, new SimulatedTarget(settings)), Unsupported);
});
