import { constants } from "../../system/linux/constants.ts";
import { errnos } from "../../system/linux/errno.ts";
import type { AcceptQueue } from "../../system/system.ts";
import type { SocketAddress } from "../host/kernel-socket.ts";
import { unixAddress } from "../host/sockaddr.ts";
import { SOCKET_OPTION } from "../host/socket-options.ts";
import type { UnixMessage } from "./message.ts";
import { showName, shutdownOf, UnixSocket } from "./unix-socket.ts";

const { POLL } = constants;
const { EAGAIN, ECONNREFUSED, ECONNRESET, EINVAL, EISCONN, ENOTCONN } = errnos;

const READABLE = POLL.IN | POLL.RDNORM;
const WRITABLE = POLL.OUT | POLL.WRNORM | POLL.WRBAND;
const ENDED = READABLE | WRITABLE | POLL.RDHUP | POLL.HUP;

/** Options that an accepted socket has from its listener. */
const INHERITED = [
  SOCKET_OPTION.PASSCRED,
  SOCKET_OPTION.PASSPIDFD,
  SOCKET_OPTION.PASSRIGHTS,
  SOCKET_OPTION.PASSSEC,
];

/** A unix socket with connections: SOCK_STREAM and SOCK_SEQPACKET. */
export abstract class ConnectionSocket extends UnixSocket {
  protected state: "closed" | "listening" | "connected" = "closed";
  protected peer: ConnectionSocket | undefined;
  /** Messages to receive. */
  protected readonly queue: UnixMessage[] = [];
  /** Connections to accept, and how many more than the backlog may not wait. */
  readonly #backlog: ConnectionSocket[] = [];
  #limit = 0;
  /** Whether it has the name by bind(), not from its listener. */
  #accepted = false;

  /** A socket of the same kind, for the other end of a connection. */
  protected abstract another(): ConnectionSocket;

  /** Connects two new sockets: unix_socketpair(). */
  pairWith(other: ConnectionSocket): void {
    this.#join(other);
    this.peerOwner = other.host.credentials;
    other.peerOwner = this.host.credentials;
  }

  #join(other: ConnectionSocket): void {
    this.peer = other;
    this.state = "connected";
    other.peer = this;
    other.state = "connected";
  }

  /** unix_stream_connect(): the connection exists at once, before it is accepted. */
  connect(address: SocketAddress): number {
    const problem = this.checkName(address);
    if (problem < 0) return problem;
    const bound = this.autobindToPass();
    if (bound < 0) return bound;
    const found = this.names.find(this.type, address.data);
    if (typeof found === "number") return found;
    if (!(found instanceof ConnectionSocket) || found.state !== "listening" || found.receiveShutdown)
      return -ECONNREFUSED;
    if (found.#backlog.length > found.#limit) return -EAGAIN;
    if (this.state !== "closed") return this.state === "connected" ? -EISCONN : -EINVAL;
    found.#admit(this);
    return 0;
  }

  /** Makes the other end of a connection to this listener. */
  #admit(client: ConnectionSocket): void {
    const end = this.another();
    end.name = this.name;
    end.#accepted = true;
    for (const option of INHERITED) if (this.wasSet(option)) end.setValue(option, this.value(option));
    end.peerOwner = client.host.credentials;
    client.peerOwner = this.peerOwner;
    client.#join(end);
    this.#backlog.push(end);
    this.host.changed(client, WRITABLE);
    this.host.changed(this, READABLE);
  }

  /** unix_listen(). */
  listen(backlog: number): number {
    if (this.name === undefined || this.state === "connected") return -EINVAL;
    this.#limit = backlog;
    this.state = "listening";
    this.peerOwner = this.host.credentials;
    return 0;
  }

  accept(blocks = false): ConnectionSocket | number {
    if (this.state !== "listening") return -EINVAL;
    const end = this.#backlog.shift();
    if (end !== undefined) return end;
    // Only waiters are woken, since none will arrive.
    return this.receiveShutdown && blocks ? -EINVAL : -EAGAIN;
  }

  /** unix_shutdown(): shuts the matching direction of the peer, too; succeeds without a peer. */
  shutdown(how: number): number {
    const shut = shutdownOf(how);
    if (shut === undefined) return -EINVAL;
    this.receiveShutdown ||= shut.receive;
    this.sendShutdown ||= shut.send;
    const { peer } = this;
    if (peer !== undefined && !peer.closed) {
      peer.receiveShutdown ||= shut.send;
      peer.sendShutdown ||= shut.receive;
      this.host.changed(peer, ENDED);
    }
    this.host.changed(this, ENDED);
    return 0;
  }

  getpeername(): SocketAddress | number {
    return this.peer === undefined ? -ENOTCONN : unixAddress(this.peer.name ?? new Uint8Array(0));
  }

  override acceptQueue(): AcceptQueue | undefined {
    return this.state === "listening" ? { pending: this.#backlog.length, limit: this.#limit } : undefined;
  }

  /** Puts a message into the peer's queue. */
  protected pass(message: UnixMessage, to: ConnectionSocket): void {
    this.sent += message.truesize;
    to.queue.push(message);
    this.host.changed(to, READABLE);
  }

  /** Takes the first message out of the queue, all of it received. */
  protected consume(): void {
    const message = this.queue.shift();
    message?.sender.uncharge(message.truesize);
  }

  events(): number {
    let events = 0;
    if (this.error !== 0) events |= POLL.ERR;
    if (this.receiveShutdown && this.sendShutdown) events |= POLL.HUP;
    if (this.receiveShutdown) events |= POLL.RDHUP | READABLE;
    if (this.queue.length > 0 || this.#backlog.length > 0) events |= READABLE;
    if (this.state === "closed") events |= POLL.HUP;
    if (this.state !== "listening" && this.writable) events |= WRITABLE;
    return events;
  }

  readable(): number {
    return this.queue.reduce((sum, { data }) => sum + data.length, 0);
  }

  /**
   * unix_release_sock(): the peer finds both ends shut, and a reset if something was not received.
   */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    if (!this.#accepted) this.releaseName();
    const { peer } = this;
    if (peer !== undefined && !peer.closed) {
      peer.receiveShutdown = true;
      peer.sendShutdown = true;
      if (this.#hasUnread || this.#embryo) peer.error = ECONNRESET;
      this.host.changed(peer, ENDED | POLL.ERR);
    }
    for (const end of this.#backlog.splice(0)) {
      end.#embryo = true;
      end.close();
    }
    this.discard(this.queue.splice(0));
  }

  /** Whether something was not received; a first message of no bytes does not count. */
  get #hasUnread(): boolean {
    return this.queue.length > (this.queue[0]?.data.length === 0 ? 1 : 0);
  }

  /** Whether it was not accepted. */
  #embryo = false;

  override describe(): string {
    const state = this.state === "listening" ? " listening" : "";
    const peer = this.peer?.name === undefined ? "" : ` to ${showName(this.peer.name)}`;
    return `${super.describe()}${state}${peer}`;
  }
}
