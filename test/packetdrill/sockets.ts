import { defined } from "../../src/invariant.ts";
import { Connection } from "./connection.ts";
import { FLAG, type PacketAction } from "./script.ts";
import type { WirePacket } from "./wire.ts";

/** The sockets of a script, and which of them a packet belongs to. */
export class Sockets {
  readonly #live = new Map<number, number>();
  readonly #connections: Connection[] = [];
  /** The socket that packets without ports belong to: the one opened or contacted last. */
  #current: Connection | undefined;
  #nextRemotePort = 40_000;
  readonly #bindPort: number;
  readonly #connectPort: number;

  constructor(ports: { bindPort: number; connectPort: number }) {
    this.#bindPort = ports.bindPort;
    this.#connectPort = ports.connectPort;
  }

  get current(): Connection | undefined {
    return this.#current;
  }

  /** The machine's descriptor of the script's. */
  liveFd(fd: number): number | undefined {
    return this.#live.get(fd);
  }

  liveFds(): IterableIterator<number> {
    return this.#live.values();
  }

  connectionOf(fd: number): Connection | undefined {
    return this.#connections.findLast((connection) => connection.fd === fd);
  }

  opened(fd: number, live: number, protocol: Connection["protocol"] | undefined): void {
    this.#live.set(fd, live);
    if (protocol === undefined) return;
    this.#current = new Connection(protocol);
    this.#current.fd = fd;
    this.#connections.push(this.#current);
  }

  bound(fd: number, port: number): void {
    const connection = this.connectionOf(fd);
    if (connection !== undefined) connection.localPort = port;
  }

  listening(fd: number): void {
    const connection = this.connectionOf(fd);
    if (connection !== undefined) connection.state = "listening";
  }

  connecting(fd: number, port: number): void {
    const connection = this.connectionOf(fd);
    if (connection === undefined || port === 0) return;
    // A second connect() only asks how the first one went.
    if (connection.state === "new") connection.state = "connecting";
    connection.remotePort = port;
  }

  /** The connection from a remote port has the script's descriptor now. */
  accepted(fd: number, live: number, listener: number, remotePort: number): void {
    this.#live.set(fd, live);
    const { localPort } = defined(this.connectionOf(listener), "accept() was called with a socket");
    const connection = this.#find(localPort || this.#bindPort, remotePort);
    if (connection !== undefined) connection.fd = fd;
  }

  closed(fd: number): void {
    const connection = this.connectionOf(fd);
    if (connection !== undefined) connection.fd = undefined;
    this.#live.delete(fd);
  }

  /** The socket that a packet of the script belongs to; a first packet to a listener makes one. */
  ofScript(packet: PacketAction): Connection | undefined {
    const { content, direction, ports } = packet;
    if (content.protocol !== "tcp") return this.#datagramSocket(packet);
    const remotePort = direction === "in" ? ports?.source : ports?.destination;
    const localPort = direction === "in" ? ports?.destination : ports?.source;
    const known =
      remotePort === undefined || localPort === undefined ? this.#current : this.#find(localPort, remotePort);
    const fresh = known === undefined || known.state === "listening";
    if (direction === "in" && fresh) return this.#contacted(content.sequence, localPort, remotePort);
    if (known === undefined || !(content.flags & FLAG.SYN)) return known;
    if (direction === "out") {
      if (known.state === "connecting") known.state = "syn sent";
      known.local.script = content.sequence;
    } else if (known.state === "syn sent") {
      known.remote.script = content.sequence;
      known.remote.live = content.sequence;
    }
    return known;
  }

  #contacted(sequence: number, localPort: number | undefined, remotePort: number | undefined): Connection {
    const connection = new Connection("tcp");
    connection.state = "syn received";
    connection.localPort = localPort ?? (this.#current?.localPort || this.#bindPort);
    connection.remotePort = remotePort ?? this.#nextRemotePort++;
    connection.remote.script = sequence;
    connection.remote.live = sequence;
    this.#connections.push(connection);
    // Other connections of a script with ports do not take packets without them.
    if (remotePort === undefined || this.#current?.state === "listening") this.#current = connection;
    return connection;
  }

  #datagramSocket({ content, direction, ports }: PacketAction): Connection | undefined {
    const connection = this.#current;
    if (connection?.protocol !== "udp" || content.protocol !== "udp") return connection;
    connection.localPort ||= (direction === "in" ? ports?.destination : ports?.source) ?? 0;
    return connection;
  }

  /** The socket that a packet of the host belongs to; `expected` is asked first. */
  ofLive({ content }: WirePacket, expected: Connection): Connection | undefined {
    if (content.protocol === "icmp") return expected;
    const { sourcePort, destinationPort } = content;
    const candidates = [expected, ...this.#connections.filter((connection) => connection !== expected)];
    return candidates.find((connection) => {
      if (connection.protocol !== content.protocol || connection.remotePort !== destinationPort) return false;
      if (connection.localPort === sourcePort) return this.#learn(connection, content);
      if (connection.localPort !== 0) return false;
      const first = connection.protocol === "udp" || connection.state === "syn sent";
      if (!first) return false;
      connection.localPort = sourcePort;
      return this.#learn(connection, content);
    });
  }

  /** Learns the host's initial sequence number from its SYN. */
  #learn(connection: Connection, content: WirePacket["content"]): true {
    if (content.protocol !== "tcp" || !(content.flags & FLAG.SYN)) return true;
    connection.local.live = content.sequence;
    return true;
  }

  #find(localPort: number, remotePort: number): Connection | undefined {
    return this.#connections.findLast(
      (connection) =>
        connection.remotePort === remotePort &&
        (connection.localPort === localPort || connection.localPort === 0) &&
        connection.state !== "listening",
    );
  }

  /** The port of `connect(3, ..., ...)`. */
  get connectPort(): number {
    return this.#connectPort;
  }
}
