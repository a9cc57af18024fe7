import type { AddressInput } from "../../address/address.ts";
import { isIPv6 } from "../../address/is-ip.ts";
import { UDP } from "../../options/udp.ts";
import { tryClose } from "../../posix/close.ts";
import { connect } from "../../posix/connect.ts";
import type { Socket } from "../../posix/owned-socket.ts";
import { trySetsockopt } from "../../posix/setsockopt.ts";
import type { System } from "../../system/system.ts";
import { throwIfAborted } from "../abort.ts";
import { openOnEveryAddress } from "../listener/listening-sockets.ts";
import { explainPathInUse, UnixPath } from "../listener/unix-path.ts";
import { adopted, ipAddress, openBound, openSocket, type SocketSetUp, setOptionValues } from "../open.ts";
import type { CheckedDatagramOptions, DatagramEndpoint } from "../options/datagram-options.ts";
import { addressesToBind, peerAddress } from "../resolve.ts";

/** A socket for datagrams that is bound, and connected if it has a peer. */
export interface OpenedDatagramSocket {
  readonly socket: Socket;
  /** The path that was created for a unix socket. */
  readonly path: UnixPath | undefined;
}

/** Opens the socket of `udp()`. Closes a socket that was passed if that fails. */
export async function openDatagramSocket(
  system: System,
  options: CheckedDatagramOptions,
): Promise<OpenedDatagramSocket> {
  const { AF, SOCK } = system.constants;
  const { endpoint: where, remote, signal } = options;
  switch (where.kind) {
    case "port":
      throwIfAborted(signal);
      return { socket: await openOnPort(system, where, options), path: undefined };
    case "path": {
      throwIfAborted(signal);
      const { address } = where;
      const peer = remote && (await peerAddress(system, remote, AF.UNIX, { signal }));
      const socket = explainPathInUse(system, address, () => openBound(system, address, SOCK.DGRAM, options));
      const path = UnixPath.made(system, address);
      try {
        connectTo(peer)(socket);
      } catch (error) {
        tryClose(socket);
        path?.remove();
        throw error;
      }
      return { socket, path };
    }
    case "socket": {
      const socket = adopted(system, where.socket);
      try {
        throwIfAborted(signal);
        return { socket: await takeSocket(socket, options), path: undefined };
      } catch (error) {
        tryClose(socket);
        throw error;
      }
    }
  }
}

async function takeSocket(
  socket: Socket,
  { options, remote, signal }: CheckedDatagramOptions,
): Promise<Socket> {
  setOptionValues(socket, options);
  socket.system.setNonblocking(socket.fd, true);
  if (remote !== undefined)
    connectTo(await peerAddress(socket.system, remote, socket.domain, { signal }))(socket);
  return socket;
}

async function openOnPort(
  system: System,
  { host, port, reusePort, ipv6Only }: Extract<DatagramEndpoint, { kind: "port" }>,
  { options, remote, signal }: CheckedDatagramOptions,
): Promise<Socket> {
  const { AF, SOCK } = system.constants;
  const setUp: SocketSetUp = { options, reusePort, ipv6Only };
  const [local] = host === undefined ? [] : await addressesToBind(system, host, "udp()", { signal });
  const domain = local === undefined ? undefined : isIPv6(local) ? AF.INET6 : AF.INET;
  const peer = remote && (await peerAddress(system, remote, domain, { signal }));
  const open = (address: string, at: number) => {
    const opened = openBound(system, ipAddress(address, at), SOCK.DGRAM, setUp, connectTo(peer));
    if (!options.some(([option]) => option === UDP.GRO)) mergeDatagrams(opened);
    return opened;
  };
  if (local !== undefined) return open(local, port);
  if (peer === undefined) return openOnEveryAddress(open, port, ipv6Only);
  if (peer.family === "unix") return openSocket(system, peer, SOCK.DGRAM, setUp, connectTo(peer));
  return open(peer.family === "ipv6" ? "::" : "0.0.0.0", port);
}

/** Lets the system merge datagrams; the engine splits them. If that fails, nothing is merged. */
function mergeDatagrams(socket: Socket): void {
  if (socket.system.options.UDP_GRO !== undefined) trySetsockopt(socket, UDP.GRO, true);
}

/**
 * The address for a socket of this domain: IPv6 takes IPv4 addresses mapped (RFC 4291, 2.5.5.2).
 */
export function addressFor(
  { constants: { AF } }: System,
  domain: number,
  address: AddressInput,
): AddressInput {
  if (domain !== AF.INET6 || !isIpv4(address)) return address;
  return { family: "ipv6", address: `::ffff:${address.address}`, port: address.port };
}

const isIpv4 = (
  address: AddressInput,
): address is AddressInput & { readonly address: string; readonly port: number } =>
  address.family === "ipv4" || address.family === "IPv4";

const connectTo = (peer: AddressInput | undefined) => (socket: Socket) => {
  if (peer !== undefined) connect(socket, addressFor(socket.system, socket.domain, peer));
};
