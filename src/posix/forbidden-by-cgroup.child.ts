import assert from "node:assert/strict";
import { forbidByCgroup } from "../../test/bpf.ts";
import { assertFails } from "../../test/conformance.ts";
import { ip, skipModule } from "../../test/network-namespace.ts";
import { tryConnect } from "./connect.ts";
import { AF, SOCK } from "./constants.ts";
import { trySendmsg } from "./sendmsg.ts";
import { trySendto } from "./sendto.ts";
import { socket } from "./socket.ts";

// Run in its own network namespace: a BPF program of the process's cgroup forbids addresses,
// as systemd's SocketBindDeny= and container runtimes do.
// While one is attached anywhere, connect() of every process checks addresses before it binds
// (BPF_CGROUP_PRE_CONNECT_ENABLED in inet_dgram_connect()), and other tests see it.
if (process.env.BERKELEY_KERNEL_GUEST === undefined)
  skipModule("a BPF program of a cgroup changes connect() for other processes: npm run test:kernel");
ip("link set lo up");
const bytes = Buffer.from("hello");
for (const [family, domain, address] of [
  ["ipv4", AF.INET, "127.0.0.1"],
  ["ipv6", AF.INET6, "::1"],
] as const) {
  const to = { family, address, port: 9 } as const;
  for (const type of [SOCK.STREAM, SOCK.DGRAM]) {
    using _forbidden = forbidByCgroup(`${family} connect`);
    using client = socket(domain, type);
    const error = assertFails(tryConnect(client, to), "PermissionDenied", "EPERM");
    assert.deepEqual([error.address, error.port], [address, 9]);
  }
  using _forbidden = forbidByCgroup(`${family} sendmsg`);
  using sender = socket(domain, SOCK.DGRAM);
  assertFails(trySendto(sender, bytes, 0, to), "PermissionDenied", "EPERM");
  assertFails(trySendmsg(sender, { address: to, data: [bytes] }), "PermissionDenied", "EPERM");
}
