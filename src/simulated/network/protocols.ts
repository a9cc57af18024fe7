import type { ProtocolHost } from "../host/protocol-host.ts";
import { UdpProtocol } from "../udp/udp-protocol.ts";

/** Gives a host its protocols. */
export function registerProtocols(host: ProtocolHost): void {
  new UdpProtocol(host);
}
