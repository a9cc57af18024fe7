import type { Exceptions } from "./platform.ts";
import { missing } from "./simulated-missing.ts";

// Rows of the tables that do not hold on a simulated host, by their call and the beginning of their
// clause. Each has a reason that stays; what is only missing is in simulated-missing.ts.

const program = "it starts a program, which runs on this machine's kernel";
const nodes = "Node's own sockets are this machine's";
const files = "a simulated host has no files but those of unix sockets";

const reasons: Readonly<Record<string, readonly (readonly [clause: string, reason: string])[]>> = {
  IPPROTO_IPV6: [
    ["IPV6_ADD_MEMBERSHIP: datagrams come and stay out, by group and by source", program],
    ["IPV6_JOIN_ANYCAST: the interface has the address, until LEAVE_ANYCAST", program],
  ],
  SCM_RIGHTS: [
    ["Node's own server and socket can be passed; a net.Socket continues on the received descriptor", nodes],
    ["a file arrives as a Descriptor; it is the same open file, with one position", files],
  ],
  Socket: [
    ["Socket.from of a descriptor that is not a socket, or not open, fails and does not touch it", files],
    ["a detached listener is Node's: its server owns it, and serves", nodes],
    ["garbage collection closes what is owned and unclosed, with a warning, and nothing else", program],
  ],
  "a call that a signal interrupts": [
    ["resumes every blocking call transparently after real signals", program],
  ],
  accept: [["EMFILE: the process has no descriptor left; the connection stays in the queue", program]],
  bind: [
    ["EACCES: a directory in the path is not searchable or not writable", program],
    ["EACCES: the port is privileged", program],
    ["EADDRINUSE: no port was given, and every port of the ephemeral range is in use", program],
    ["ENOSPC: the file system has no room for the path", program],
    ["EROFS: the path would lie on a read-only file system", program],
    ["IPV6_V6ONLY by default (bindv6only): IPv4 is left to others", program],
    [
      "a link-local address needs its interface: scopeId, or a zone by number or name; EINVAL, ENODEV",
      program,
    ],
  ],
  borrow: [
    ["a cluster worker's server has no descriptor of its own: a TypeError that says so", program],
    ["a server on a unix path", nodes],
    ["dgram.Socket: SocketClosed before it is bound and after it is closed; it keeps receiving", nodes],
    ["dgram.Socket: no DEP0112 is printed", program],
    ["http.Server: the same; it keeps answering", nodes],
    [
      "net.Server: its socket; SocketClosed before it listens and after it is closed; it keeps serving",
      nodes,
    ],
    ["net.Socket, a client and an accepted one: both ends of one connection, which stays open", nodes],
    [
      "net.Socket: SocketClosed before it connects, while its name is looked up, and once it is destroyed",
      nodes,
    ],
    ["tls.TLSSocket: the socket below it, which stays open", nodes],
  ],
  close: [["a socket ends when its last descriptor is closed", program]],
  connect: [
    ["EADDRNOTAVAIL: the address is not available from this machine, or no ephemeral port is left", program],
  ],
  listen: [["EADDRINUSE: the socket is not bound, and all ephemeral ports are in use", program]],
  poll: [["a regular file is always ready to read and write", files]],
  recv: [["errors from routers, a peer that has gone, an interface that goes down", program]],
  recvfrom: [["errors from routers", program]],
  recvmsg: [
    [
      "EMFILE: fewer descriptors are left than arrive. Nothing leaks, and it is not " +
        "said to be for lack of room",
      program,
    ],
  ],
  send: [["a network without routes, errors from routers, interfaces that are down, no port left", program]],
  sendmsg: [
    ["ETOOMANYREFS: too many descriptors in flight; EPERM: the credentials of another process", program],
  ],
  sendto: [
    ["a network without routes, errors from routers, interfaces that are down, no port left", program],
  ],
  setsockopt: [["without the privilege: PermissionDenied, or AccessDenied of SO_DEBUG", program]],
  shutdown: [["it affects every process that shares the socket", program]],
  sockatmark: [["ENOTTY: the descriptor does not refer to a socket; some devices say EINVAL", files]],
  socket: [
    ["EACCES: the process may not make the socket", program],
    ["EMFILE: the process has no descriptor left", program],
    ["EPERM: raw and packet sockets need CAP_NET_RAW", program],
    ["the descriptor is closed on exec by default", program],
  ],
  socketpair: [["EMFILE: fewer than two descriptors are left; the one that was is left again", program]],
};

/** Where a row does not hold. */
export function simulatedExceptions(call: string, clause: string): Exceptions {
  const all = [...(reasons[call] ?? []), ...(missing[call] ?? [])];
  const found = all.find(([beginning]) => clause.startsWith(beginning));
  return found === undefined ? {} : { simulated: found[1] };
}
