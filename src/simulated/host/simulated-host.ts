import type { ReadinessQueue } from "../../system/readiness-queue.ts";
import type { System } from "../../system/system.ts";
import { Random } from "../clock/random.ts";
import { MILLISECOND, type VirtualClock } from "../clock/virtual-clock.ts";
import { type Packet, PROTOCOL } from "../ip/packet.ts";
import type { Blocking } from "./blocking.ts";
import { type Boot, startHost } from "./boot.ts";
import { CounterTable } from "./counter-table.ts";
import type { OpenDescriptor } from "./descriptors.ts";
import { Epoll } from "./epoll.ts";
import type { HostClock } from "./host-clock.ts";
import { HostFileSystem } from "./host-files.ts";
import { HostInterface } from "./host-interface.ts";
import { lookUp, type NameTable } from "./host-resolver.ts";
import { IpLayer, type Path } from "./ip-layer.ts";
import type { Credentials, KernelSocket, OpenFile } from "./kernel-socket.ts";
import { type LinuxRelease, type LinuxTraits, linuxTraits } from "./linux-release.ts";
import type { GroupRequest } from "./memberships.ts";
import { MemoryLimits } from "./memory-limits.ts";
import type { NetworkInterface } from "./network-interface.ts";
import { PortTable } from "./port-table.ts";
import type { HostAddress, ProgramHost, ProgramQueue } from "./program-host.ts";
import type {
  IcmpError,
  MemoryUse,
  ProtocolHandler,
  ProtocolHost,
  Route,
  RouteFrom,
} from "./protocol-host.ts";
import { Sysctls, type SysctlValues } from "./sysctls.ts";

/** What a host needs from its network. */
export interface HostNetwork extends NameTable {
  readonly seed: number | string;
  readonly clock: VirtualClock;
  readonly program: ProgramQueue;
  readonly blocking: Blocking;
  /** Milliseconds since 1970 when the simulation began. */
  readonly epoch: number;
  /** Wraps a callback of a host's program. */
  bind(call: () => void): () => void;
  path(from: SimulatedHost, destination: string): Path | undefined;
  neighbors(of: SimulatedHost): Iterable<Path>;
  tracedPacket(
    host: SimulatedHost,
    event: "sent" | "delivered" | "dropped",
    packet: Packet,
    peer: string,
    why: string,
  ): void;
  tracedState(host: SimulatedHost, subject: string, change: string): void;
  /** Registers the protocols of a host that boots. */
  protocols(host: ProtocolHost): void;
}

/** Settings of a host. */
export interface HostOptions {
  readonly addresses: readonly string[];
  /** The effective user of its program; 0, root, by default. */
  readonly user?: number;
  /** The pid of its process, for SO_PEERCRED; 1 by default. */
  readonly pid?: number;
  /** Settings by Linux's names: `{ "net.core.somaxconn": 128 }`. */
  readonly sysctls?: Partial<SysctlValues>;
  /** The release of Linux that it emulates; 6.18 by default. */
  readonly linux?: LinuxRelease;
}

/** A simulated machine with one process: its kernel, and the System of its program. */
export class SimulatedHost implements ProtocolHost, ProgramHost {
  readonly name: string;
  readonly clock: VirtualClock;
  readonly sysctls = new Sysctls();
  readonly linux: LinuxTraits;
  readonly counters = new CounterTable();
  readonly user: number;
  readonly credentials: Credentials;
  readonly files = new HostFileSystem();
  readonly lo = new HostInterface(1, "lo", 65_536);
  readonly eth0 = new HostInterface(2, "eth0", 1_500);
  readonly ip: IpLayer;
  readonly #network: HostNetwork;
  readonly #randoms = new Map<string, Random>();
  readonly #ports = new Map<number, PortTable>();
  readonly #memory = new Map<number, MemoryLimits>();
  readonly #onCrash = new Set<() => void>();
  #cookies = 0;
  #boot: Boot;
  #crashed = false;
  #paused = false;

  constructor(
    network: HostNetwork,
    name: string,
    { addresses, user = 0, pid = 1, sysctls = {}, linux = "6.18" }: HostOptions,
  ) {
    this.#network = network;
    this.name = name;
    this.clock = network.clock;
    this.user = user;
    this.linux = linuxTraits[linux];
    this.credentials = { pid, uid: user, gid: user };
    Object.entries(sysctls).forEach(([setting, value]) => {
      this.sysctl(setting, value);
    });
    this.lo.add("127.0.0.1/8");
    this.lo.add("::1/128");
    for (const address of addresses) this.eth0.add(address);
    this.ip = new IpLayer(this, this.lo, this.eth0);
    network.protocols(this);
    this.#boot = this.#start();
  }

  get forwards(): boolean {
    return (
      this.sysctls.get("net.ipv4.ip_forward") !== 0 || this.sysctls.get("net.ipv6.conf.all.forwarding") !== 0
    );
  }

  get system(): System {
    return this.#boot.system;
  }

  /** The clock of the present boot's programs, which `skew()` makes wrong. */
  get hostClock(): HostClock {
    return this.#boot.clock;
  }

  get crashed(): boolean {
    return this.#crashed;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** The addresses of this host, without those of loopback. */
  get addresses(): readonly string[] {
    return this.eth0.addresses.map(({ address }) => address);
  }

  get interfaces(): readonly HostInterface[] {
    return [this.lo, this.eth0];
  }

  /** Reads a setting, or sets it: a value of its kind, or text as for sysctl(8). */
  sysctl(name: string, value?: string | number | readonly number[]): string | number | readonly number[] {
    if (value !== undefined)
      this.sysctls.setText(name, typeof value === "object" ? value.join(" ") : `${value}`);
    return this.sysctls.getText(name);
  }

  // The interface for the host's program.

  openReadinessQueue(ready: () => void): ReadinessQueue | number {
    return this.#boot.files.openQueue(this.#network.bind(ready));
  }

  lookup(name: string, family: 0 | 4 | 6): readonly HostAddress[] {
    return lookUp(this.#network, name, family).map(({ address, family: version }) => ({
      address,
      family: version === 4 ? 4 : 6,
    }));
  }

  crash(): void {
    if (this.#crashed) return;
    this.#crashed = true;
    this.logged("host", "crashed");
    this.#boot.clock.end();
    this.#boot.files.end();
    for (const handler of this.ip.handlers.values()) handler.crash();
    this.ip.crash();
    this.files.crash();
    for (const table of this.#ports.values()) table.clear();
    for (const use of this.#memory.values()) use.clear();
    for (const call of [...this.#onCrash]) call();
    this.#onCrash.clear();
  }

  restart(): void {
    if (!this.#crashed) this.crash();
    this.#crashed = false;
    this.#paused = false;
    this.#boot = this.#start();
    this.logged("host", "restarted");
  }

  pause(): void {
    this.#paused = true;
    this.logged("host", "paused");
  }

  resume(): void {
    this.#paused = false;
    this.#network.program.resumed(this);
    this.logged("host", "resumed");
  }

  onCrash(call: () => void): () => void {
    this.#onCrash.add(call);
    return () => {
      this.#onCrash.delete(call);
    };
  }

  /** The open descriptors of its process: sockets, and readiness queues. */
  *openDescriptors(): IterableIterator<OpenDescriptor> {
    const { descriptors } = this.#boot.files;
    for (const [fd, { inode, file }] of descriptors.entries()) {
      yield {
        fd,
        inode,
        kind: file === undefined ? "readiness queue" : "socket",
        nonblocking: file?.nonblocking ?? false,
        closeOnExec: descriptors.closesOnExec(fd),
      };
    }
  }

  /** What its readiness queues are waiting for, for the report of a deadlock. */
  *waits(): IterableIterator<string> {
    for (const [, entry] of this.#boot.files.descriptors.entries()) {
      if (!(entry instanceof Epoll)) continue;
      for (const { pollable } of entry.waits()) {
        if (pollable.file !== undefined) yield pollable.file.socket.describe();
      }
    }
  }

  // The interface for its protocols.

  nextCookie(): number {
    this.#cookies += 1;
    return this.#cookies;
  }

  time(): { readonly seconds: number; readonly nanoseconds: number } {
    const date = this.#boot.clock.preciseDate();
    const seconds = Math.floor(date / 1_000);
    return { seconds, nanoseconds: Math.floor((date - seconds * 1_000) * MILLISECOND) };
  }

  random(purpose: string): Random {
    let random = this.#randoms.get(purpose);
    if (random === undefined) {
      random = new Random(this.#network.seed, `host ${this.name} ${purpose}`);
      this.#randoms.set(purpose, random);
    }
    return random;
  }

  ports(protocol: number): PortTable {
    let table = this.#ports.get(protocol);
    if (table === undefined) {
      const rules = protocol === PROTOCOL.TCP ? "tcp" : "udp";
      table = new PortTable(rules, this.sysctls, this.random(`ports ${protocol}`));
      this.#ports.set(protocol, table);
    }
    return table;
  }

  memory(protocol: number): MemoryUse {
    let use = this.#memory.get(protocol);
    if (use === undefined) {
      const name = protocol === PROTOCOL.TCP ? "net.ipv4.tcp_mem" : "net.ipv4.udp_mem";
      use = new MemoryLimits(() => this.sysctls.get(name));
      this.#memory.set(protocol, use);
    }
    return use;
  }

  route(destination: string, from?: RouteFrom): Route | number {
    return this.ip.route(destination, from);
  }

  send(packet: Packet, route: Route): number {
    return this.ip.send(packet, route);
  }

  loopBack(packet: Packet, device: NetworkInterface): void {
    this.ip.loopBack(packet, device);
  }

  nextIdentification(): number {
    return this.ip.nextIdentification();
  }

  isLocal(address: string): boolean {
    return this.ip.isLocal(address);
  }

  isBroadcast(address: string): boolean {
    return this.ip.isBroadcast(address);
  }

  interfaceOf(address: string): HostInterface | undefined {
    return this.interfaces.find((one) => one.addresses.some((has) => has.address === address));
  }

  interfaceByIndex(index: number): HostInterface | undefined {
    return this.ip.interface(index);
  }

  interfaceByName(name: string): HostInterface | undefined {
    return this.interfaces.find((one) => one.name === name);
  }

  groupInterface({ group, interface: index, address }: GroupRequest): number | undefined {
    if (index !== 0) return this.interfaceByIndex(index)?.index;
    if (address !== "0.0.0.0") return this.interfaceOf(address)?.index;
    return this.eth0.sourceFor(group) === undefined ? undefined : this.eth0.index;
  }

  joinGroup(group: string, interfaceIndex: number): void {
    this.ip.joinGroup(group, interfaceIndex);
  }

  leaveGroup(group: string, interfaceIndex: number): void {
    this.ip.leaveGroup(group, interfaceIndex);
  }

  sendIcmpError(about: Packet, error: IcmpError): void {
    this.ip.sendError(about, error);
  }

  register(protocol: number | "unix", handler: ProtocolHandler): void {
    this.ip.handlers.set(protocol, handler);
  }

  changed(socket: KernelSocket, woken: number): void {
    this.#boot.files.changed(socket, woken);
  }

  release(file: OpenFile): void {
    this.#boot.files.release(file);
  }

  logged(subject: string, change: string): void {
    this.#network.tracedState(this, subject, change);
  }

  // The interface for the network and the IP layer.

  /** A packet arrives on the link. */
  receive(packet: Packet, from: { readonly name: string }): void {
    if (this.#crashed) this.traced("dropped", packet, from.name, "host is down");
    else this.ip.receive(packet, from.name);
  }

  /** The network rejected a packet of this host, or one that it forwarded. */
  rejected(packet: Packet): void {
    if (!this.#crashed) this.ip.rejected(packet);
  }

  path(destination: string): Path | undefined {
    return this.#network.path(this, destination);
  }

  neighbors(): Iterable<Path> {
    return this.#network.neighbors(this);
  }

  traced(event: "sent" | "delivered" | "dropped", packet: Packet, peer: string, why = ""): void {
    this.#network.tracedPacket(this, event, packet, peer, why);
  }

  #start(): Boot {
    const boot: Boot = startHost(this, this.#network, () => this.#boot !== boot || this.#crashed);
    return boot;
  }
}
