import assert from "node:assert/strict";
import { IP } from "../src/options/ip.ts";
import { IPV6 } from "../src/options/ipv6.ts";
import { bind } from "../src/posix/bind.ts";
import { AF, POLL, SOCK } from "../src/posix/constants.ts";
import { getsockname } from "../src/posix/getsockname.ts";
import type { Socket } from "../src/posix/owned-socket.ts";
import { poll } from "../src/posix/poll.ts";
import { recv } from "../src/posix/recv.ts";
import { sendto } from "../src/posix/sendto.ts";
import { setsockopt } from "../src/posix/setsockopt.ts";

/** The number of the loopback interface: the first that a network namespace has. */
export const LOOPBACK = 1;

/** The owner of the sockets, which closes them. */
interface Maker {
  socket(domain: number, type: number): Socket;
}

/** A receiver of one multicast group over loopback, and its senders. */
export interface MulticastGroup {
  readonly receiver: Socket;
  /** Fails unless the receiver gets what this source sends to the group. */
  comesFrom(source: string): void;
  /** Fails if the receiver gets what this source sends to the group. */
  staysOutFrom(source: string): void;
}

/** Over IPv4; the sources are addresses of 127.0.0.0/8. The receiver has not joined a group. */
export function multicast4(maker: Maker, group: string): MulticastGroup {
  const receiver = maker.socket(AF.INET, SOCK.DGRAM);
  setsockopt(receiver, IP.MULTICAST_ALL, false);
  return over(receiver, "ipv4", { any: "0.0.0.0", loopback: "127.0.0.1", group }, (source) => {
    const sender = maker.socket(AF.INET, SOCK.DGRAM);
    setsockopt(sender, IP.MULTICAST_IF, { ifindex: LOOPBACK });
    bind(sender, { family: "ipv4", address: source, port: 0 });
    return sender;
  });
}

/**
 * Over IPv6, by an interface that has a route for multicast; the loopback interface has none. The
 * receiver has not joined a group.
 */
export function multicast6(maker: Maker, group: string, ifindex: number): MulticastGroup {
  const receiver = maker.socket(AF.INET6, SOCK.DGRAM);
  setsockopt(receiver, IPV6.MULTICAST_ALL, false);
  return over(receiver, "ipv6", { any: "::", loopback: "::1", group }, (source) => {
    const sender = maker.socket(AF.INET6, SOCK.DGRAM);
    setsockopt(sender, IPV6.MULTICAST_IF, ifindex);
    bind(sender, { family: "ipv6", address: source, port: 0 });
    return sender;
  });
}

function over(
  receiver: Socket,
  family: "ipv4" | "ipv6",
  addresses: { readonly any: string; readonly loopback: string; readonly group: string },
  senderAt: (source: string) => Socket,
): MulticastGroup {
  bind(receiver, { family, address: addresses.any, port: 0 });
  const { port } = ipAddress(receiver);
  // A datagram sent to the receiver itself arrives after those sent to the group, so no test waits
  // for one that never comes. The order can only change if the sender moves to another processor in
  // between, and the first is busy.
  const send = (source: string) => {
    const sender = senderAt(source);
    sendto(sender, Buffer.from("to the group"), 0, { family, address: addresses.group, port });
    sendto(sender, Buffer.from("to you"), 0, { family, address: addresses.loopback, port });
  };
  return {
    receiver,
    comesFrom(source) {
      send(source);
      assert.deepEqual([next(receiver), next(receiver)].sort(), ["to the group", "to you"]);
    },
    staysOutFrom(source) {
      send(source);
      assert.equal(next(receiver), "to you");
    },
  };
}

function next(receiver: Socket): string {
  assert.equal(poll([{ socket: receiver, events: POLL.IN }], 5000).length, 1, "nothing came");
  const buffer = Buffer.alloc(64);
  return buffer.toString("utf8", 0, recv(receiver, buffer));
}

function ipAddress(socket: Socket): { readonly port: number } {
  const address = getsockname(socket);
  assert.ok(address.family === "ipv4" || address.family === "ipv6");
  return address;
}
