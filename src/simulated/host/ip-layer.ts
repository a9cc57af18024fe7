import { errnos } from "../../system/linux/errno.ts";
import type { Random } from "../clock/random.ts";
import { SECOND, type VirtualClock } from "../clock/virtual-clock.ts";
import { isAnyAddress, isLinkLocal, isLoopback, isMulticast, versionOf } from "../ip/address.ts";
import { ErrorLimit } from "../ip/error-limit.ts";
import { fragmentPacket, Reassembly } from "../ip/fragments.ts";
import { errorNumbers, ICMP, ICMPV6, icmpError, reportedMtu, type Unreachable } from "../ip/icmp.ts";
import { type IcmpMessage, type Packet, packetSize, protocolOf } from "../ip/packet.ts";
import { PathMtus } from "../ip/path-mtus.ts";
import { carries, forward } from "./forward.ts";
import type { HostInterface } from "./host-interface.ts";
import { LoopbackQueue } from "./loopback-queue.ts";
import type { NetworkInterface } from "./network-interface.ts";
import type { Counter, Counters, IcmpError, ProtocolHandler, Route, RouteFrom } from "./protocol-host.ts";
import type { Sysctls } from "./sysctls.ts";

const { EINVAL, EMSGSIZE, ENETUNREACH, ENODEV } = errnos;

/** The way from a host to an address: the next node, and the MTU of the link to it. */
export interface Path {
  readonly nextHop: string;
  readonly mtu: number;
  send(packet: Packet): void;
}

/** What the IP layer needs from its host and from the network. */
export interface IpLayerHost {
  readonly name: string;
  readonly clock: VirtualClock;
  readonly sysctls: Sysctls;
  readonly counters: Counters;
  random(purpose: string): Random;
  /** The route to an address; undefined if no host has it. */
  path(destination: string): Path | undefined;
  /** Every host on the link, for broadcast and multicast. */
  neighbors(): Iterable<Path>;
  /** A packet reached this host, or went no further. */
  traced(event: "sent" | "delivered" | "dropped", packet: Packet, peer: string, why?: string): void;
}

/** The broadcast address of 127.0.0.1/8. */
const LOOPBACK_BROADCAST = "127.255.255.255";

/** How long Linux queries a neighbor that does not answer: mcast_solicit times retrans_time_ms. */
const RESOLUTION = 3 * SECOND;

/** IP on one host: routes, local delivery, forwarding, fragments and ICMP. */
export class IpLayer {
  readonly lo: HostInterface;
  readonly eth0: HostInterface;
  readonly handlers = new Map<number | "unix", ProtocolHandler>();
  readonly #host: IpLayerHost;
  readonly #local = new Set<string>(["127.0.0.1", "::1"]);
  readonly #broadcasts = new Set<string>(["255.255.255.255", LOOPBACK_BROADCAST]);
  readonly #groups = new Map<string, number>();
  readonly #reassembly: Reassembly;
  readonly #pathMtus: PathMtus;
  readonly #limit: ErrorLimit;
  readonly #loopback: LoopbackQueue;
  readonly #sent4: Counter;
  readonly #sent6: Counter;
  readonly #received4: Counter;
  readonly #received6: Counter;
  #identification: number;

  constructor(host: IpLayerHost, lo: HostInterface, eth0: HostInterface) {
    this.#host = host;
    this.lo = lo;
    this.eth0 = eth0;
    const { clock, counters, sysctls } = host;
    this.#sent4 = counters.counter("Ip.OutRequests");
    this.#sent6 = counters.counter("Ip6.OutRequests");
    this.#received4 = counters.counter("Ip.InReceives");
    this.#received6 = counters.counter("Ip6.InReceives");
    this.#pathMtus = new PathMtus(clock);
    this.#limit = new ErrorLimit(clock);
    this.#identification = host.random("ip identification").below(0x10000);
    this.#loopback = new LoopbackQueue(clock, (packet, device) => this.#receiveLooped(packet, device));
    this.#reassembly = new Reassembly({
      clock,
      timeout: (version) =>
        SECOND * sysctls.get(version === 4 ? "net.ipv4.ipfrag_time" : "net.ipv6.ip6frag_time"),
      limit: (version) =>
        sysctls.get(version === 4 ? "net.ipv4.ipfrag_high_thresh" : "net.ipv6.ip6frag_high_thresh"),
      expired: (first) => {
        host.counters.count("Ip.ReasmFails");
        if (first !== undefined) this.sendError(first, "reassembly");
      },
      failed: () => host.counters.count("Ip.ReasmFails"),
    });
    this.addAddresses();
  }

  /** Takes over the addresses of the interfaces, which have changed. */
  addAddresses(): void {
    for (const { address, broadcast } of this.eth0.addresses) {
      this.#local.add(address);
      if (broadcast !== undefined) this.#broadcasts.add(broadcast);
    }
  }

  isLocal(address: string): boolean {
    return this.#local.has(address) || (address.startsWith("127.") && address !== LOOPBACK_BROADCAST);
  }

  isBroadcast(address: string): boolean {
    return this.#broadcasts.has(address);
  }

  nextIdentification(): number {
    this.#identification = (this.#identification + 1) & 0xffff;
    return this.#identification;
  }

  joinGroup(group: string, index: number): void {
    const key = `${index} ${group}`;
    this.#groups.set(key, (this.#groups.get(key) ?? 0) + 1);
  }

  /** The groups of an interface, and how many sockets are in each. */
  *groupsOf(index: number): IterableIterator<[group: string, sockets: number]> {
    for (const [key, sockets] of this.#groups) {
      const [at, group = ""] = key.split(" ");
      if (Number(at) === index) yield [group, sockets];
    }
  }

  leaveGroup(group: string, index: number): void {
    const key = `${index} ${group}`;
    const left = (this.#groups.get(key) ?? 0) - 1;
    if (left > 0) this.#groups.set(key, left);
    else this.#groups.delete(key);
  }

  /** ip_route_output_key(), ip6_route_output(). */
  route(given: string, { source, interface: index = 0 }: RouteFrom = {}): Route | number {
    const version = versionOf(given);
    const bound = index === 0 ? undefined : this.interface(index);
    if (index !== 0 && bound === undefined) return -ENODEV;
    // No address means this host.
    const sameVersion = source !== undefined && versionOf(source) === version ? source : undefined;
    const destination = isAnyAddress(given) ? (sameVersion ?? (version === 4 ? "127.0.0.1" : "::1")) : given;
    if (this.isLocal(destination)) {
      const own = isLoopback(destination) ? (version === 4 ? "127.0.0.1" : "::1") : destination;
      return {
        version,
        destination,
        source: source ?? own,
        interface: this.lo,
        nextHop: destination,
        // IP_MAX_MTU.
        mtu: version === 4 ? Math.min(this.lo.mtu, 0xffff) : this.lo.mtu,
        mtuLocked: false,
        kind: "local",
      };
    }
    const device = bound ?? (destination === LOOPBACK_BROADCAST ? this.lo : this.eth0);
    const chosen = source ?? device.sourceFor(destination);
    if (chosen === undefined) return -ENETUNREACH;
    const base = { version, destination, source: chosen, interface: device };
    if (isMulticast(destination) || this.isBroadcast(destination)) {
      const kind = isMulticast(destination) ? "multicast" : "broadcast";
      const { mtu } = device;
      return { ...base, nextHop: destination, mtu, mtuLocked: false, kind };
    }
    if (isLoopback(chosen)) return -EINVAL;
    const path = device.loopback ? undefined : this.#host.path(destination);
    if (path === undefined && !device.reaches(destination)) return -ENETUNREACH;
    if (path !== undefined && !carries(path, version)) return -ENETUNREACH;
    if (path === undefined && isLinkLocal(destination) && index === 0) return -EINVAL;
    const { mtu, locked } = this.#pathMtus.get(destination, path?.mtu ?? device.mtu);
    return {
      ...base,
      nextHop: path?.nextHop ?? destination,
      mtu,
      mtuLocked: locked,
      kind: "unicast",
    };
  }

  interface(index: number): HostInterface | undefined {
    return index === this.lo.index ? this.lo : index === this.eth0.index ? this.eth0 : undefined;
  }

  /** Sends a packet of this host's own. */
  send(packet: Packet, { kind, mtu, interface: device }: Route): number {
    (packet.version === 4 ? this.#sent4 : this.#sent6).value += 1;
    if (kind !== "local" && packetSize(packet) > mtu) {
      const mayFragment = packet.version === 4 ? !packet.dontFragment : packet.payload.kind !== "tcp";
      if (!mayFragment) {
        this.#tooBig(packet, mtu);
        return -EMSGSIZE;
      }
      const identification =
        packet.version === 4 ? packet.identification : this.#host.random("ip6 fragments").uint32();
      for (const one of fragmentPacket(packet, mtu, identification)) this.#emit(one, kind, device);
      return 0;
    }
    this.#emit(packet, kind, device);
    return 0;
  }

  /** ip_fragment() reports it like a router, which locks an MTU below min_pmtu. */
  #tooBig(packet: Packet, mtu: number): void {
    const { clock, sysctls } = this.#host;
    if (packet.version === 6 || mtu >= sysctls.get("net.ipv4.route.min_pmtu")) return;
    const error = icmpError(packet, ICMP.UNREACHABLE, ICMP.FRAGMENTATION_NEEDED, mtu);
    clock.schedule(clock.now, () => this.#error(error, packet, packet.source));
  }

  /** Delivers a packet to this host as well: multicast that loops back. */
  loopBack(packet: Packet, device: NetworkInterface): void {
    this.#loopback.add(packet, device);
  }

  /** Delivers packets that this host sent to itself. */
  drainLoopback(): void {
    this.#loopback.drain();
  }

  #emit(packet: Packet, kind: Route["kind"], device: NetworkInterface): void {
    const host = this.#host;
    if (kind === "local") {
      host.traced("sent", packet, host.name);
      this.#loopback.add(packet, this.lo);
      return;
    }
    if (kind !== "unicast") {
      if (kind === "broadcast") this.#loopback.add(packet, device);
      if (device.loopback || packet.hopLimit === 0) return;
      for (const path of host.neighbors()) if (carries(path, packet.version)) path.send(packet);
      return;
    }
    const path = host.path(packet.destination);
    if (path !== undefined) path.send(packet);
    else this.#unresolved(packet);
  }

  /** No host answers for an address of our network: arp_error_report() after three requests. */
  #unresolved(packet: Packet): void {
    const host = this.#host;
    host.clock.schedule(host.clock.now + RESOLUTION, () => {
      host.traced("dropped", packet, host.name, "no neighbor");
      const { type, code } = errorNumbers(packet, "host");
      this.#error(icmpError(packet, type, code), packet, packet.source);
    });
  }

  /** A packet arrived on the link. */
  receive(packet: Packet, peer: string): void {
    const host = this.#host;
    const { destination } = packet;
    const ours =
      this.isLocal(destination) ||
      (isMulticast(destination) ? this.#isMember(destination) : this.isBroadcast(destination));
    if (!ours) {
      forward(this.#host, packet, peer, (error) => this.sendError(packet, error));
      return;
    }
    host.traced("delivered", packet, peer);
    this.#deliver(packet, this.eth0);
  }

  #receiveLooped(packet: Packet, device: NetworkInterface): void {
    this.#host.traced("delivered", packet, this.#host.name);
    this.#deliver(packet, device);
  }

  /** Every host is in the groups of all hosts. */
  #isMember(group: string): boolean {
    return group === "224.0.0.1" || group === "ff02::1" || this.#groups.has(`${this.eth0.index} ${group}`);
  }

  #deliver(fragment: Packet, from: NetworkInterface): void {
    const host = this.#host;
    (fragment.version === 4 ? this.#received4 : this.#received6).value += 1;
    const packet = this.#reassembly.add(fragment);
    if (packet === undefined) return;
    const { payload } = packet;
    if (payload.kind !== "raw" && payload.badChecksum) {
      host.counters.count(CHECKSUM_COUNTERS[payload.kind]);
      host.traced("dropped", packet, packet.source, "bad checksum");
      return;
    }
    if (payload.kind === "icmp") {
      this.#receiveIcmp(packet, payload);
      return;
    }
    const handler = this.handlers.get(protocolOf(packet));
    if (handler === undefined) this.sendError(packet, "protocol");
    else handler.receive(packet, from);
  }

  #receiveIcmp(packet: Packet, message: IcmpMessage): void {
    const { sysctls } = this.#host;
    const { version, destination } = packet;
    const echo = version === 4 ? ICMP.ECHO_REQUEST : ICMPV6.ECHO_REQUEST;
    if (message.about !== undefined) {
      this.#error(message, message.about, packet.source);
    } else if (message.type === echo) {
      if (sysctls.get("net.ipv4.icmp_echo_ignore_all") !== 0) return;
      const toMany = isMulticast(destination) || this.isBroadcast(destination);
      if (toMany && version === 4 && sysctls.get("net.ipv4.icmp_echo_ignore_broadcasts") !== 0) return;
      const type = version === 4 ? ICMP.ECHO_REPLY : ICMPV6.ECHO_REPLY;
      this.#sendIcmp(packet.source, toMany ? undefined : destination, { ...message, type });
    }
  }

  /** An error about a packet that this host sent. */
  #error(message: IcmpMessage, about: Packet, from: string): void {
    const { sysctls } = this.#host;
    if (!this.isLocal(about.source)) return;
    const mtu = reportedMtu(about, message);
    if (mtu !== undefined && !(about.version === 4 && sysctls.get("net.ipv4.ip_no_pmtu_disc") !== 0)) {
      const least = about.version === 4 ? sysctls.get("net.ipv4.route.min_pmtu") : 1_280;
      const name = about.version === 4 ? "net.ipv4.route.mtu_expires" : "net.ipv6.route.mtu_expires";
      this.#pathMtus.learn(about.destination, mtu, least, sysctls.get(name) * SECOND);
    }
    this.handlers.get(protocolOf(about))?.error(about, message, from);
  }

  /** The link refused a packet, with an error as from a router. */
  rejected(packet: Packet): void {
    if (this.isLocal(packet.source)) {
      const { type, code } = errorNumbers(packet, "host");
      this.#error(icmpError(packet, type, code), packet, packet.destination);
    } else this.sendError(packet, "host");
  }

  /** Answers a packet with an error, unless the rules forbid that. */
  sendError(about: Packet, error: Unreachable | IcmpError): void {
    const { type, code, info = 0 } = typeof error === "string" ? { ...errorNumbers(about, error) } : error;
    if (!this.#mayAnswer(about, type)) return;
    const source = this.isLocal(about.destination) ? about.destination : undefined;
    this.#sendIcmp(about.source, source, icmpError(about, type, code, info));
  }

  /** RFC 1122, 3.2.2: no errors about errors, fragments but the first, and packets to many. */
  #mayAnswer(about: Packet, type: number): boolean {
    const { sysctls } = this.#host;
    const { version, payload, source, destination, fragment } = about;
    if (payload.kind === "icmp" && payload.about !== undefined) return false;
    if ((fragment?.offset ?? 0) !== 0) return false;
    if (isAnyAddress(source) || isMulticast(source) || this.isBroadcast(source)) return false;
    if (isMulticast(destination) || this.isBroadcast(destination)) return false;
    // icmpv4_xrlim_allow(): no limit on loopback, nor for types that icmp_ratemask leaves out.
    if (this.isLocal(source)) return true;
    const limited =
      version === 6 ? type !== ICMPV6.PACKET_TOO_BIG : (sysctls.get("net.ipv4.icmp_ratemask") >> type) & 1;
    const interval = limited ? sysctls.get("net.ipv4.icmp_ratelimit") / (version === 6 ? 4 : 1) : 0;
    return this.#limit.allows(source, interval, {
      perSecond: sysctls.get("net.ipv4.icmp_msgs_per_sec"),
      burst: sysctls.get("net.ipv4.icmp_msgs_burst"),
    });
  }

  #sendIcmp(destination: string, source: string | undefined, payload: IcmpMessage): void {
    const route = this.route(destination, { source });
    if (typeof route === "number") return;
    const { sysctls, counters } = this.#host;
    const version = versionOf(destination);
    counters.count(version === 4 ? "Icmp.OutMsgs" : "Icmp6.OutMsgs");
    this.send(
      {
        version,
        source: route.source,
        destination,
        hopLimit: sysctls.get(version === 4 ? "net.ipv4.ip_default_ttl" : "net.ipv6.conf.all.hop_limit"),
        // ECT of errors is cleared, precedence is internet control: icmp_send().
        trafficClass: payload.about !== undefined && version === 4 ? 0xc0 : 0,
        flowLabel: 0,
        identification: version === 4 ? this.nextIdentification() : 0,
        dontFragment: false,
        fragment: undefined,
        payload,
      },
      route,
    );
  }

  /** The host crashed. */
  crash(): void {
    this.#loopback.clear();
    this.#reassembly.clear();
    this.#pathMtus.clear();
    this.#groups.clear();
  }
}

const CHECKSUM_COUNTERS = { tcp: "Tcp.InCsumErrors", udp: "Udp.InCsumErrors", icmp: "Icmp.InCsumErrors" };
