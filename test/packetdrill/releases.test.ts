// Where the releases of Linux differ that a simulated host can behave as.
import assert from "node:assert/strict";
import { test } from "node:test";
import { LINUX_RELEASES, type LinuxRelease } from "../../src/simulated/host/linux-release.ts";
import { runScript } from "./interpreter.ts";
import { parseScript } from "./parse-script.ts";
import { settingsOf } from "./settings.ts";
import { SimulatedTarget } from "./simulated/simulated-target.ts";
import { ScriptError } from "./tokens.ts";

/** The releases on which a script passes, after a handshake with a round trip of 20 ms. */
function passesOn(
  rest: string,
  syn = "S 0:0(0) win 32768 <mss 1000,nop,nop,sackOK,nop,wscale 7>",
): LinuxRelease[] {
  const script = parseScript(
    "test.pkt",
    `\`sysctl -q net.ipv4.tcp_rmem="4096 540000 15728640"
 sysctl -q net.ipv4.tcp_wmem="4096 262144 4194304"
 sysctl -q net.ipv4.tcp_min_tso_segs=10\`
0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, ..., ...) = 0
+0 listen(3, 1) = 0
+0 < ${syn}
+0 > ${syn.startsWith("SEW") ? "SE." : "S."} 0:0(0) ack 1 <...>
+.02 < . 1:1(0) ack 1 win 256
+0 accept(3, ..., ...) = 4
${rest}`,
  );
  const settings = settingsOf(script);
  return LINUX_RELEASES.filter((release) => {
    try {
      runScript(script, settings, new SimulatedTarget(settings, release));
      return true;
    } catch (error) {
      assert.ok(error instanceof ScriptError, String(error));
      return false;
    }
  });
}

test("the last FIN no longer goes out beyond the congestion window", () => {
  const before =
    "+0 write(4, ..., 10000) = 10000\n+0 > P. 1:10001(10000) ack 1\n+0 shutdown(4, SHUT_WR) = 0\n";
  assert.deepEqual(passesOn(`${before}+0 > F. 10001:10001(0) ack 1`), ["6.6", "5.10"]);
  const later = `${before}+.01 < . 1:1(0) ack 2001 win 32768\n+0 > F. 10001:10001(0) ack 1`;
  assert.deepEqual(passesOn(later), ["6.18"]);
});

test("an acknowledgment of what was never sent is now answered", () => {
  const unsent = "+0 < . 1:1(0) ack 9999 win 32768\n";
  assert.deepEqual(passesOn(`${unsent}+0 > . 1:1(0) ack 1`), ["6.18"]);
  assert.deepEqual(passesOn(`${unsent}+0 < P. 1:101(100) ack 1 win 32768\n+0 > . 1:1(0) ack 101`), [
    "6.6",
    "5.10",
  ]);
});

test("an acknowledgment that newer data overtook is no longer answered", () => {
  const late =
    "+0 write(4, ..., 10) = 10\n+0 > P. 1:11(10) ack 1 <nop,nop,TS val 100 ecr 5000>\n" +
    "+0 < P. 1:101(100) ack 1 win 256 <nop,nop,TS val 5200 ecr 100>\n+0 > . 11:11(0) ack 101 <...>\n" +
    "+0 < . 1:1(0) ack 1 win 256 <nop,nop,TS val 5100 ecr 100>\n";
  const syn = "S 0:0(0) win 32768 <mss 1000,sackOK,TS val 5000 ecr 0,nop,wscale 7>";
  assert.deepEqual(passesOn(`${late}+0 > . 11:11(0) ack 101 <...>`, syn), ["6.6", "5.10"]);
  const written = `${late}+.02 < F. 101:101(0) ack 11 win 256 <nop,nop,TS val 5220 ecr 100>\n+.04 > . 11:11(0) ack 102 <...>`;
  assert.deepEqual(passesOn(written, syn), ["6.18"]);
});

test("a connection offers more than 64 KiB at first, even if it has to show less", () => {
  assert.deepEqual(passesOn("+0 %{ assert tcpi_rcv_wnd > 65535 }%", "S 0:0(0) win 32768 <mss 1000>"), [
    "6.18",
  ]);
});

test("waits for reordering are no longer two ticks longer than they must be", () => {
  const sacked =
    "+0 write(4, ..., 4000) = 4000\n+0 > P. 1:4001(4000) ack 1\n" +
    "+.02 < . 1:1(0) ack 1 win 32768 <sack 3001:4001,nop,nop>\n";
  assert.deepEqual(passesOn(`${sacked}+.008 > . 1:1001(1000) ack 1`), ["6.18", "6.6"]);
  assert.deepEqual(passesOn(`${sacked}+.016 > . 1:1001(1000) ack 1`), ["5.10"]);
});

test("a reduced window grows by one more with each acknowledgment of new data", () => {
  const marked = (cwnd: number) =>
    passesOn(
      "+0 write(4, ..., 6000) = 6000\n+0 > P. 1:6001(6000) ack 1\n" +
        "+.02 < [noecn] E. 1:1(0) ack 2001 win 256\n" +
        `+0 %{ assert tcpi_ca_state == TCP_CA_CWR; assert tcpi_snd_cwnd == ${cwnd}, tcpi_snd_cwnd }%`,
      "SEW 0:0(0) win 32768 <mss 1000,nop,nop,sackOK,nop,wscale 7>",
    );
  assert.deepEqual(marked(4 + 3), ["6.18", "6.6"]);
  assert.deepEqual(marked(4 + 2), ["5.10"]);
});

test("a burst continues in the next buffer of the send queue", () => {
  const written =
    "+0 write(4, ..., 40000) = 40000\n+0 > P. 1:10001(10000) ack 1\n+.02 < . 1:1(0) ack 10001 win 256\n" +
    "+0 > P. 10001:20001(10000) ack 1\n";
  assert.deepEqual(passesOn(`${written}+0 > P. 20001:26001(6000) ack 1`), ["6.6", "5.10"]);
  assert.deepEqual(passesOn(`${written}+0 > P. 20001:30001(10000) ack 1`), LINUX_RELEASES);
});
