import type { ProtocolHost } from "../host/protocol-host.ts";
import { TcpProtocol } from "../tcp/tcp-protocol.ts";
import { UdpProtocol } from "../udp/udp-protocol.ts";
import { UnixProtocol } from "../unix/unix-protocol.ts";

/** Gives a host its protocols. */
export function registerProtocols(host: ProtocolHost): void {
  new TcpProtocol(host);
  new UdpProtocol(host);
  new UnixProtocol(host);
}
