// Peers with blocking sockets of the kernel: a number of short connections, or of ones that stay
// open until they are released.
import assert from "node:assert/strict";
import { once } from "node:events";
import { SO } from "../../options/so.ts";
import { AF, close, connect, recv, SOCK, type Socket, send, setsockopt, socket } from "../../posix/index.ts";

const [how, port, count] = process.argv.slice(2);
const address = { family: "ipv4", address: "127.0.0.1", port: Number(port) } as const;
const AT_A_TIME = 20;
const buffer = new Uint8Array(16);
let sent = 0;

function open(): Socket {
  const peer = socket(AF.INET, SOCK.STREAM);
  connect(peer, address);
  return peer;
}

function talk(peers: readonly Socket[]) {
  const first = sent;
  for (const peer of peers) send(peer, Uint8Array.of(1, 2, sent++ & 0xff));
  for (const [index, peer] of peers.entries()) {
    assert.equal(recv(peer, buffer), 3);
    assert.equal(buffer[2], (first + index) & 0xff);
  }
}

if (how === "short") {
  for (let made = 0; made < Number(count); made += AT_A_TIME) {
    const peers = Array.from({ length: AT_A_TIME }, open);
    talk(peers);
    for (const [index, peer] of peers.entries()) {
      // Half of them end, and half reset, which leaves no port in TIME_WAIT.
      if (index % 2 === 0) setsockopt(peer, SO.LINGER, { on: true, seconds: 0 });
      close(peer);
    }
  }
} else {
  const peers = Array.from({ length: Number(count) }, open);
  talk(peers);
  process.send?.("open");
  await once(process, "message");
  talk(peers);
  for (const peer of peers) close(peer);
}
process.disconnect?.();
