import { isMulticast } from "../ip/address.ts";
import { fragmentPacket } from "../ip/fragments.ts";
import { ICMP, ICMPV6, type Unreachable } from "../ip/icmp.ts";
import { type Packet, packetSize } from "../ip/packet.ts";
import type { IpLayerHost, Path } from "./ip-layer.ts";
import type { IcmpError } from "./protocol-host.ts";

/** A link must carry 1280 bytes for IPv6 (RFC 8200, 5); Linux disables IPv6 on others. */
const IPV6_MIN_MTU = 1_280;

/** Whether a link carries packets of a version: addrconf_notify(). */
export const carries = ({ mtu }: Path, version: 4 | 6): boolean => version === 4 || mtu >= IPV6_MIN_MTU;

/** ip_forward(), ip6_forward(). */
export function forward(
  host: IpLayerHost,
  packet: Packet,
  peer: string,
  refuse: (error: Unreachable | IcmpError) => void,
): void {
  const { version, destination } = packet;
  const setting = version === 4 ? "net.ipv4.ip_forward" : "net.ipv6.conf.all.forwarding";
  if (host.sysctls.get(setting) === 0 || isMulticast(destination)) {
    host.traced("dropped", packet, peer, "not for this host");
    return;
  }
  if (packet.hopLimit <= 1) {
    host.traced("dropped", packet, peer, "TTL exceeded");
    refuse("ttl");
    return;
  }
  const path = host.path(destination);
  if (path === undefined || !carries(path, version)) {
    host.traced("dropped", packet, peer, "no route");
    refuse("host");
    return;
  }
  const next: Packet = { ...packet, hopLimit: packet.hopLimit - 1 };
  if (packetSize(next) <= path.mtu) {
    path.send(next);
  } else if (version === 4 && !packet.dontFragment) {
    for (const one of fragmentPacket(next, path.mtu, packet.identification)) path.send(one);
  } else {
    host.traced("dropped", packet, peer, "too big");
    const [type, code] =
      version === 4 ? [ICMP.UNREACHABLE, ICMP.FRAGMENTATION_NEEDED] : [ICMPV6.PACKET_TOO_BIG, 0];
    refuse({ type, code, info: path.mtu });
  }
}
