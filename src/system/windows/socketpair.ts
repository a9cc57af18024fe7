import { CLOSE_ON_EXEC, NONBLOCKING } from "../descriptor-flags.ts";
import type { System } from "../system.ts";
import { LENGTH_SIZE, ValueResult } from "../value-result.ts";
import { constants } from "./constants.ts";
import { errnos } from "./errno.ts";
import { options } from "./options.ts";

const { AF, IPPROTO, SOCK } = constants;

/** sockaddr_in and sockaddr_in6 of the loopback address, with port 0. */
const loopbacks = new Map([
  [AF.INET, Uint8Array.of(AF.INET, 0, 0, 0, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0)],
  [AF.INET6, Uint8Array.of(AF.INET6, ...Array.from({ length: 22 }, () => 0), 1, 0, 0, 0, 0)],
]);

/**
 * Windows has no socketpair(): these are two TCP sockets, connected over loopback. Returns 0 or a
 * negative errno.
 */
export function socketpair(
  system: System,
  domain: number,
  type: number,
  protocol: number,
  fds: Int32Array,
  flags: number,
): number {
  const loopback = loopbacks.get(domain);
  const isTcp = type === SOCK.STREAM && (protocol === 0 || protocol === IPPROTO.TCP);
  if (loopback === undefined || !isTcp) return -errnos.EOPNOTSUPP;
  const listener = system.socket(domain, SOCK.STREAM, IPPROTO.TCP, CLOSE_ON_EXEC);
  if (listener < 0) return listener;
  const client = system.socket(domain, SOCK.STREAM, IPPROTO.TCP, flags & CLOSE_ON_EXEC);
  const server = client < 0 ? client : connected(system, listener, client, loopback, flags);
  const returned = server < 0 ? server : system.setNonblocking(client, (flags & NONBLOCKING) !== 0);
  system.close(listener);
  if (returned >= 0) fds.set([client, server]);
  else for (const fd of [client, server]) if (fd >= 0) system.close(fd);
  return returned;
}

/** Connects the client, and returns the other end, or a negative errno. */
function connected(
  system: System,
  listener: number,
  client: number,
  loopback: Uint8Array,
  flags: number,
): number {
  const name = buffer();
  const { level, number } = options.SO_EXCLUSIVEADDRUSE;
  // A C int of 1.
  name.bytes.set([1, 0, 0, 0]);
  name.length = 4;
  let returned = system.setsockopt(listener, level, number, name);
  name.bytes.set(loopback);
  name.length = loopback.byteLength;
  if (returned >= 0) returned = system.bind(listener, name);
  if (returned >= 0) returned = system.listen(listener, 1);
  if (returned >= 0) returned = system.getsockname(listener, name);
  if (returned >= 0) returned = system.connect(client, name);
  if (returned >= 0) returned = system.getsockname(client, name);
  return returned < 0 ? returned : acceptFrom(system, listener, name, flags);
}

/**
 * Any process on the host could have connected before us: a connection that is not our own end is
 * closed.
 */
function acceptFrom(system: System, listener: number, name: ValueResult, flags: number): number {
  const peer = buffer();
  for (;;) {
    const server = system.accept(listener, peer, flags);
    if (server < 0 || peer.holdsSameAs(name)) return server;
    system.close(server);
  }
}

const buffer = () => new ValueResult(new ArrayBuffer(LENGTH_SIZE + 128));
