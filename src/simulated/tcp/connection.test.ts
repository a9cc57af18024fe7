import assert from "node:assert/strict";
import { test } from "node:test";
import { Calls } from "../../../test/simulated/calls.ts";
import { TcpPair } from "../../../test/simulated/tcp-pair.ts";
import { constants } from "../../system/linux/constants.ts";
import { errnos } from "../../system/linux/errno.ts";
import { options } from "../../system/linux/options.ts";

// One connection: how it opens and closes, and what the calls return meanwhile.

const { AF, MSG, POLL, SHUT, SOCK } = constants;
const { DONTWAIT = 0, OOB } = MSG;

test("connect() reports how far it is: EINPROGRESS, EALREADY, 0, EISCONN", () => {
  const pair = new TcpPair();
  pair.listen();
  const socket = pair.connecting();
  assert.equal(pair.a.connect(socket, "10.0.0.2:80"), -errnos.EALREADY);
  assert.equal(pair.a.peer(socket), -errnos.ENOTCONN);
  pair.advance(100);
  assert.equal(pair.a.connect(socket, "10.0.0.2:80"), 0);
  assert.equal(pair.a.connect(socket, "10.0.0.2:80"), -errnos.EISCONN);
  assert.equal(pair.a.peer(socket), "10.0.0.2:80");
});

test("connect() to a closed port fails, and the socket can try again", () => {
  const pair = new TcpPair();
  const socket = pair.connecting("10.0.0.2:81");
  pair.advance(100);
  assert.equal(
    pair.a.poll(socket),
    POLL.IN | POLL.OUT | POLL.ERR | POLL.HUP | (POLL.RDHUP ?? 0) | POLL.RDNORM | POLL.WRNORM,
  );
  assert.equal(pair.a.connect(socket, "10.0.0.2:81"), -errnos.ECONNREFUSED);
  pair.listen();
  assert.equal(pair.a.connect(socket, "10.0.0.2:80"), -errnos.EINPROGRESS);
  pair.advance(100);
  assert.equal(pair.a.connect(socket, "10.0.0.2:80"), 0);
});

test("connect() without a route fails immediately", () => {
  const pair = new TcpPair();
  const socket = pair.socket(pair.a);
  assert.equal(pair.a.connect(socket, "192.0.2.1:80"), -errnos.ENETUNREACH);
  assert.equal(pair.a.connect(socket, "[fd00::2]:80"), -errnos.EAFNOSUPPORT);
});

test("connections of one host to itself work, even of a socket to itself", () => {
  const pair = new TcpPair();
  const { a } = pair;
  const listener = pair.socket(a);
  a.bind(listener, "127.0.0.1:80");
  a.system.listen(listener, 1);
  const socket = pair.socket(a);
  a.connect(socket, "0.0.0.0:80");
  pair.advance(1);
  const accepted = a.accept(listener);
  a.send(socket, "me");
  pair.advance(1);
  assert.equal(a.recv(accepted), "me");
  const self = pair.socket(a);
  a.bind(self, "127.0.0.1:4000");
  a.connect(self, "127.0.0.1:4000");
  pair.advance(1);
  assert.equal(a.connect(self, "127.0.0.1:4000"), 0);
  a.send(self, "myself");
  pair.advance(1);
  assert.equal(a.recv(self), "myself");
});

test("two SYNs that cross make one connection", () => {
  const pair = new TcpPair();
  const [one, other] = [pair.socket(pair.a), pair.socket(pair.b)];
  pair.a.bind(one, "10.0.0.1:1000");
  pair.b.bind(other, "10.0.0.2:2000");
  pair.a.connect(one, "10.0.0.2:2000");
  pair.b.connect(other, "10.0.0.1:1000");
  pair.advance(100);
  assert.deepEqual(pair.summary().slice(0, 4), ["> SYN", "< SYN", "< SYN ACK", "> SYN ACK"]);
  assert.equal(pair.a.connect(one, "10.0.0.2:2000"), 0);
  assert.equal(pair.b.connect(other, "10.0.0.1:1000"), 0);
  pair.a.send(one, "crossed");
  pair.advance(100);
  assert.equal(pair.b.recv(other), "crossed");
});

test("two FINs that cross close both ends, which wait", () => {
  const pair = new TcpPair();
  const { client, server } = pair.connected();
  pair.forget();
  pair.a.system.close(client);
  pair.b.system.close(server);
  pair.advance(1_000);
  assert.deepEqual(pair.summary(), ["> FIN ACK", "< FIN ACK", "< ACK", "> ACK"]);
});

test("after shutdown(SHUT_WR) data still arrives from the other side", () => {
  const pair = new TcpPair();
  const { client, server } = pair.connected();
  assert.equal(pair.a.system.shutdown(client, SHUT.WR), 0);
  assert.equal(pair.a.send(client, "no"), -errnos.EPIPE);
  pair.advance(100);
  assert.equal(pair.b.recv(server), "");
  assert.equal(pair.b.poll(server) & (POLL.RDHUP ?? 0), POLL.RDHUP);
  pair.b.send(server, "yes");
  pair.advance(100);
  assert.equal(pair.a.recv(client), "yes");
  pair.b.system.close(server);
  pair.advance(100);
  assert.equal(pair.a.recv(client), "");
  assert.equal(pair.a.poll(client) & POLL.HUP, POLL.HUP);
});

test("close() with unread data sends a reset", () => {
  const pair = new TcpPair();
  const { client, server } = pair.connected();
  pair.a.send(client, "unread");
  pair.advance(100);
  pair.forget();
  pair.b.system.close(server);
  pair.advance(100);
  assert.deepEqual(pair.summary(), ["< RST ACK"]);
  assert.equal(pair.a.recv(client), -errnos.ECONNRESET);
  assert.equal(pair.a.recv(client), "");
  assert.equal(pair.a.send(client, "x"), -errnos.EPIPE);
});

test("SO_LINGER with 0 seconds sends a reset", () => {
  const pair = new TcpPair();
  const { client, server } = pair.connected();
  const linger = new Uint8Array(Int32Array.of(1, 0).buffer);
  const { level, number } = options.SO_LINGER;
  pair.a.system.option.bytes.set(linger);
  pair.a.system.option.length = 8;
  assert.equal(pair.a.system.setsockopt(client, level, number, pair.a.system.option), 0);
  pair.forget();
  pair.a.system.close(client);
  pair.advance(100);
  assert.deepEqual(pair.summary(), ["> RST ACK"]);
  assert.equal(pair.b.recv(server), -errnos.ECONNRESET);
});

test("a blind reset must hit the next sequence number exactly (RFC 5961)", () => {
  for (const off of [0, 100, -100]) {
    const pair = new TcpPair();
    const { client, server } = pair.connected();
    pair.a.send(client, "x");
    pair.advance(100);
    const last = pair.seen.findLast(({ from }) => from === "10.0.0.1");
    assert.ok(last !== undefined);
    pair.forget();
    const { packet, segment } = last;
    const payload = {
      ...segment,
      flags: 4,
      sequence: (segment.sequence + 1 + off) >>> 0,
      data: new Uint8Array(0),
    };
    pair.server.receive({ ...packet, payload }, pair.client);
    pair.advance(100);
    assert.equal(pair.b.getInt(server, options.SO_ERROR), off === 0 ? errnos.ECONNRESET : 0);
    assert.deepEqual(pair.summary(), off === 100 ? ["< ACK"] : []);
  }
});

test("urgent data is read with MSG_OOB, and marks a point in the stream", () => {
  const pair = new TcpPair();
  const { client, server } = pair.connected();
  pair.a.send(client, "abc");
  pair.a.send(client, "!", OOB);
  pair.a.send(client, "def");
  pair.advance(300);
  assert.equal(pair.b.poll(server) & POLL.PRI, POLL.PRI);
  assert.equal(pair.b.system.sockatmark(server), 0);
  assert.equal(pair.b.recv(server, 100, OOB), "!");
  assert.equal(pair.b.recv(server, 100, OOB), -errnos.EINVAL);
  assert.equal(pair.b.recv(server), "abc");
  assert.equal(pair.b.system.sockatmark(server), 1);
  assert.equal(pair.b.recv(server), "def");
});

test("SO_OOBINLINE leaves the urgent byte in the stream", () => {
  const pair = new TcpPair();
  const { client, server } = pair.connected();
  pair.b.setInt(server, options.SO_OOBINLINE, 1);
  pair.a.send(client, "ab");
  pair.a.send(client, "!", OOB);
  pair.advance(300);
  assert.equal(pair.b.recv(server), "ab");
  assert.equal(pair.b.system.sockatmark(server), 1);
  assert.equal(pair.b.recv(server), "!");
});

test("Nagle's rule holds back a small segment until the one before is acknowledged", () => {
  for (const nodelay of [0, 1]) {
    const pair = new TcpPair();
    const { client } = pair.connected();
    pair.a.setInt(client, options.TCP_NODELAY, nodelay);
    pair.forget();
    for (const text of ["a", "b", "c"]) pair.a.send(client, text);
    pair.advance(5);
    const sent = pair.seen.map(({ segment }) => segment.data.length);
    assert.deepEqual(sent, nodelay === 1 ? [1, 1, 1] : [1]);
  }
});

test("TCP_CORK holds back small segments until it is turned off", () => {
  const pair = new TcpPair();
  const { client } = pair.connected();
  pair.a.setInt(client, options.TCP_CORK, 1);
  pair.forget();
  pair.a.send(client, "abc");
  pair.a.send(client, "def");
  pair.advance(100);
  assert.deepEqual(pair.summary(), []);
  pair.a.setInt(client, options.TCP_CORK, 0);
  pair.advance(5);
  assert.deepEqual(pair.summary(), ["> PSH ACK 6"]);
});

test("a lost segment among others is retransmitted after a round trip, thanks to SACK", () => {
  const pair = new TcpPair({ latency: "50ms" });
  const { client, server } = pair.connected();
  pair.forget();
  pair.drops = (_, index) => index === 2;
  pair.a.system.send(client, new Uint8Array(14_480), DONTWAIT);
  pair.advance(1_000);
  const lost = pair.seen[2]?.segment.sequence;
  const again = pair.seen.filter(({ segment }, index) => index > 2 && segment.sequence === lost);
  assert.equal(again.length, 1);
  assert.ok((again[0]?.at ?? 0) - 1_000 < 150, `${again[0]?.at}`);
  const sacks = pair.seen.filter(({ segment }) => segment.options.sack.length > 0);
  assert.ok(sacks.length > 3);
  assert.equal(pair.b.recv(server, 20_000)?.toString().length, 14_480);
});

test("the path MTU is found by ICMP, and large segments are sent again in smaller ones", () => {
  const pair = new TcpPair();
  const router = pair.network.host("router", {
    addresses: ["10.0.0.3"],
    sysctls: { "net.ipv4.ip_forward": 1 },
  });
  const far = pair.network.host("far", { addresses: ["10.0.0.4"] });
  pair.network.link(pair.client, router, { latency: "1ms" });
  pair.network.link(router, far, { latency: "1ms", mtu: 600 });
  const calls = new Calls(far.system);
  const server = pair.socket(calls);
  calls.bind(server, "10.0.0.4:80");
  calls.system.listen(server, 5);
  const socket = pair.connecting("10.0.0.4:80");
  pair.advance(100);
  const accepted = calls.accept(server);
  pair.a.system.send(socket, new Uint8Array(5_000), DONTWAIT);
  pair.advance(2_000);
  assert.equal(calls.recv(accepted, 10_000, DONTWAIT).toString().length, 5_000);
  // Headers of 52 bytes fit with them in a packet of 600.
  assert.equal(pair.seen.at(-2)?.segment.data.length !== 1_448, true);
  assert.ok(pair.seen.some(({ segment }) => segment.data.length === 548));
});

test("TCP_INFO and TCP_MAXSEG tell of the connection", () => {
  const pair = new TcpPair();
  const { client } = pair.connected();
  assert.equal(pair.a.getInt(client, options.TCP_MAXSEG), 1_448);
  const { option } = pair.a.system;
  option.length = 280;
  const { level, number } = options.TCP_INFO;
  assert.equal(pair.a.system.getsockopt(client, level, number, option), 0);
  assert.equal(option.length, 280);
  const { view } = option;
  assert.equal(view.getUint8(0), 1);
  assert.equal(view.getUint32(68, true), 20_000);
  assert.equal(view.getUint32(80, true), 10);
  assert.equal(view.getUint32(60, true), 1_500);
});

test("an address in TIME_WAIT cannot be bound without SO_REUSEADDR", () => {
  const pair = new TcpPair();
  const { client, server, listener } = pair.connected();
  pair.b.system.close(server);
  pair.advance(50);
  pair.a.system.close(client);
  pair.advance(50);
  pair.b.system.close(listener);
  const again = pair.socket(pair.b);
  assert.equal(pair.b.bind(again, "10.0.0.2:80"), -errnos.EADDRINUSE);
  const reuse = pair.socket(pair.b);
  pair.b.setInt(reuse, options.SO_REUSEADDR, 1);
  // The record has the option of the listener's child, which did not set it.
  assert.equal(pair.b.bind(reuse, "10.0.0.2:80"), -errnos.EADDRINUSE);
  pair.advance(61_000);
  assert.equal(pair.b.bind(again, "10.0.0.2:80"), 0);
});

test("calls on a socket without a connection", () => {
  const pair = new TcpPair();
  const socket = pair.socket(pair.a, AF.INET6);
  assert.equal(pair.a.recv(socket), -errnos.ENOTCONN);
  assert.equal(pair.a.send(socket, "x"), -errnos.EPIPE);
  assert.equal(pair.a.peer(socket), -errnos.ENOTCONN);
  assert.equal(pair.a.system.shutdown(socket, SHUT.RDWR), -errnos.ENOTCONN);
  assert.equal(pair.a.accept(socket), -errnos.EINVAL);
});

test("a socket to itself acknowledges at once, so that Nagle's rule holds nothing back", () => {
  const { a } = new TcpPair();
  const socket = a.system.socket(AF.INET, SOCK.STREAM, 0, 2);
  a.bind(socket, "127.0.0.1:90");
  a.connect(socket, "127.0.0.1:90");
  assert.equal(a.send(socket, "small"), 5);
  assert.equal(a.recv(socket), "small");
  a.send(socket, "smaller than a segment, too");
  assert.equal(a.recv(socket), "smaller than a segment, too");
});

test("shutdown() of a listener leaves it a port that bind() chose, and no other", () => {
  const { a } = new TcpPair();
  const [bound, unbound] = [
    a.system.socket(AF.INET, SOCK.STREAM, 0, 2),
    a.system.socket(AF.INET, SOCK.STREAM, 0, 2),
  ];
  a.bind(bound, "127.0.0.1:80");
  for (const socket of [bound, unbound]) {
    assert.equal(a.system.listen(socket, 1), 0);
    assert.equal(a.system.shutdown(socket, SHUT.RD), 0);
  }
  const other = a.system.socket(AF.INET, SOCK.STREAM, 0, 2);
  assert.equal(a.bind(other, "127.0.0.1:80"), -errnos.EADDRINUSE);
  assert.equal(a.bind(unbound, "127.0.0.1:81"), 0);
  assert.equal(a.system.listen(bound, 1), 0);
  assert.equal(a.name(bound), "127.0.0.1:80");
  assert.equal(a.system.close(bound), 0);
  assert.equal(a.bind(other, "127.0.0.1:80"), 0);
});

test("a request outlives shutdown() of its listener, which may listen again in time", () => {
  for (const again of [true, false]) {
    const pair = new TcpPair();
    const listener = pair.listen(1);
    const socket = pair.connecting();
    pair.advance(15);
    assert.deepEqual(pair.summary(), ["> SYN", "< SYN ACK"]);
    assert.equal(pair.b.system.shutdown(listener, SHUT.RD), 0);
    if (again) assert.equal(pair.b.system.listen(listener, 1), 0);
    pair.advance(100);
    assert.equal(pair.summary().at(-1), again ? "> ACK" : "< RST");
    assert.equal(pair.a.connect(socket, "10.0.0.2:80"), again ? 0 : -errnos.ECONNRESET);
    if (again) assert.ok(pair.b.accept(listener) >= 0);
  }
});

test("a bind() that fails leaves no address of an earlier connection", () => {
  const { a } = new TcpPair();
  const [socket, taker] = [
    a.system.socket(AF.INET, SOCK.STREAM, 0, 2),
    a.system.socket(AF.INET, SOCK.STREAM, 0, 2),
  ];
  a.bind(taker, "127.0.0.1:85");
  a.connect(socket, "127.0.0.1:84");
  assert.equal(a.send(socket, "x"), -errnos.ECONNREFUSED);
  assert.match(`${a.name(socket)}`, /^127\.0\.0\.1:/);
  assert.equal(a.bind(socket, "127.0.0.1:85"), -errnos.EADDRINUSE);
  assert.match(`${a.name(socket)}`, /^0\.0\.0\.0:/);
});

test("an IPv6 socket that is bound to an IPv4 address cannot reach IPv6", () => {
  const { a } = new TcpPair();
  const socket = a.system.socket(AF.INET6, SOCK.STREAM, 0, 2);
  assert.equal(a.bind(socket, "[::ffff:127.0.0.1]:80"), 0);
  assert.equal(a.connect(socket, "[::1]:80"), -errnos.EAFNOSUPPORT);
});

test("connections of a listener that was shut down before listen() are, too", () => {
  const pair = new TcpPair();
  const { a, b } = pair;
  const listener = b.system.socket(AF.INET, SOCK.STREAM, 0, 2);
  b.bind(listener, "10.0.0.2:80");
  assert.equal(b.system.shutdown(listener, SHUT.RDWR), -errnos.ENOTCONN);
  assert.equal(b.system.listen(listener, 1), 0);
  const socket = pair.connecting();
  pair.advance(100);
  assert.equal(a.recv(socket), "");
  assert.equal(a.send(socket, "nobody reads this"), 17);
  pair.advance(100);
  assert.equal(a.peer(socket), -errnos.ENOTCONN);
});

test("an accepted connection that was reset has no port, and can be bound to another", () => {
  const pair = new TcpPair();
  const { a, b } = pair;
  const listener = pair.listen();
  const socket = pair.connecting();
  pair.advance(100);
  const accepted = b.accept(listener);
  assert.equal(b.bind(accepted, "10.0.0.2:81"), -errnos.EINVAL);
  a.connect(socket, "10.0.0.2:80");
  b.send(accepted, "unread");
  pair.advance(100);
  a.system.close(socket);
  pair.advance(100);
  assert.equal(b.bind(accepted, "10.0.0.2:81"), 0);
  assert.equal(b.name(accepted), "10.0.0.2:81");
});

test("a port that bind() chose may be used again at once for the same connection", () => {
  const pair = new TcpPair();
  const { a, b } = pair;
  const listener = pair.listen();
  const connect = (): number => {
    const socket = a.system.socket(AF.INET, SOCK.STREAM, 0, 2);
    a.setInt(socket, options.SO_REUSEADDR, 1);
    assert.equal(a.bind(socket, "10.0.0.1:2000"), 0);
    assert.equal(a.connect(socket, "10.0.0.2:80"), -errnos.EINPROGRESS);
    pair.advance(100);
    return socket;
  };
  const socket = connect();
  a.system.close(socket);
  pair.advance(10);
  b.system.close(b.accept(listener));
  pair.advance(100);
  // The first connection is in TIME_WAIT.
  assert.equal(a.peer(connect()), "10.0.0.2:80");
});
