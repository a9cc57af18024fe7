import { constants } from "../../system/linux/constants.ts";
import { errnos } from "../../system/linux/errno.ts";
import type { KernelSocket, ReceiveRequest, SendRequest, SocketAddress } from "../host/kernel-socket.ts";
import { gather } from "../host/pieces.ts";
import type { ProtocolHost } from "../host/protocol-host.ts";
import { unixAddress } from "../host/sockaddr.ts";
import { filteredData } from "../host/socket-filter.ts";
import { datagramTruesize, type UnixMessage } from "./message.ts";
import { receiveMessage } from "./receive-message.ts";
import { shutdownOf, type UnixNamespace, UnixSocket } from "./unix-socket.ts";

const { AF, MSG, POLL, SOCK } = constants;
const { EAGAIN, ECONNREFUSED, ECONNRESET, EINVAL, EMSGSIZE, ENOTCONN, EOPNOTSUPP, EPERM, EPIPE } = errnos;

const READABLE = POLL.IN | POLL.RDNORM;
const WRITABLE = POLL.OUT | POLL.WRNORM | POLL.WRBAND;

/** A unix datagram socket (unix_dgram_sendmsg(), unix_dgram_connect()). */
export class DatagramSocket extends UnixSocket {
  readonly #queue: UnixMessage[] = [];
  #peer: DatagramSocket | undefined;
  /** Sockets whose peer this is, and that may wait for it to receive. */
  readonly #senders = new Set<DatagramSocket>();

  constructor(host: ProtocolHost, names: UnixNamespace) {
    super(host, names, SOCK.DGRAM);
  }

  pairWith(other: DatagramSocket): void {
    this.#setPeer(other);
    other.#setPeer(this);
    this.peerOwner = other.host.credentials;
    other.peerOwner = this.host.credentials;
  }

  #setPeer(peer: DatagramSocket | undefined): void {
    if (this.#peer !== undefined) this.#peer.#senders.delete(this);
    this.#peer = peer;
    if (peer !== undefined) peer.#senders.add(this);
  }

  connect(address: SocketAddress): number {
    if (address.length < 2) return -EINVAL;
    let other: DatagramSocket | undefined;
    if (address.family !== AF.UNSPEC) {
      const problem = this.checkName(address);
      if (problem < 0) return problem;
      const bound = this.autobindToPass();
      if (bound < 0) return bound;
      const found = this.names.find(this.type, address.data);
      if (typeof found === "number") return found;
      if (!(found instanceof DatagramSocket)) return -ECONNREFUSED;
      if (!found.#accepts(this)) return -EPERM;
      other = found;
    }
    const before = this.#peer;
    this.#setPeer(other);
    if (before !== undefined && before !== other) this.#disconnected(before);
    return 0;
  }

  /** unix_dgram_disconnected(): data from the former peer is lost, and the peer gets an error. */
  #disconnected(from: DatagramSocket): void {
    if (this.#queue.length === 0) return;
    this.discard(this.#queue.splice(0));
    if (from.closed || from.#peer !== this) return;
    from.error = ECONNRESET;
    this.host.changed(from, POLL.ERR);
  }

  /** unix_may_send(): a connected socket takes datagrams from its peer only. */
  #accepts(sender: DatagramSocket): boolean {
    return this.#peer === undefined || this.#peer === sender;
  }

  listen(): number {
    return -EOPNOTSUPP;
  }

  accept(): KernelSocket | number {
    return -EOPNOTSUPP;
  }

  shutdown(how: number): number {
    const shut = shutdownOf(how);
    if (shut === undefined) return -EINVAL;
    this.receiveShutdown ||= shut.receive;
    this.sendShutdown ||= shut.send;
    this.host.changed(this, READABLE | WRITABLE | POLL.RDHUP | POLL.HUP);
    return 0;
  }

  getpeername(): SocketAddress | number {
    return this.#peer === undefined ? -ENOTCONN : unixAddress(this.#peer.name ?? new Uint8Array(0));
  }

  send(request: SendRequest): number {
    const { address, length, flags } = request;
    if (flags & MSG.OOB) return -EOPNOTSUPP;
    const problem = address === undefined ? 0 : this.checkName(address);
    if (problem < 0) return problem;
    const bound = this.autobindToPass();
    if (bound < 0) return bound;
    if (length > this.sendBuffer - 32) return -EMSGSIZE;
    const pending = this.takeError();
    if (pending < 0) return pending;
    if (this.sendShutdown) return -EPIPE;
    if (this.sent >= this.sendBuffer) return -EAGAIN;
    const other = this.#receiver(address);
    if (typeof other === "number") return other;
    const data = filteredData(other, gather(request.pieces, length));
    if (data === undefined) return this.toss(request);
    if (!other.#accepts(this)) return -EPERM;
    if (other.receiveShutdown) return -EPIPE;
    if (other !== this && other.#peer !== this && other.#full) return -EAGAIN;
    const message = this.message(request, data, other, datagramTruesize(length));
    if (typeof message === "number") return message;
    this.sent += message.truesize;
    other.#queue.push(message);
    this.host.changed(other, READABLE);
    return length;
  }

  /** The destination of a datagram. A closed peer refuses it, and is no longer the peer. */
  #receiver(address: SocketAddress | undefined): DatagramSocket | number {
    if (address !== undefined) {
      const found = this.names.find(this.type, address.data);
      return typeof found === "number" || found instanceof DatagramSocket ? found : -ECONNREFUSED;
    }
    const peer = this.#peer;
    if (peer === undefined || !peer.closed) return peer ?? -ENOTCONN;
    this.#setPeer(undefined);
    this.#disconnected(peer);
    return -ECONNREFUSED;
  }

  /** unix_recvq_full(): net.unix.max_dgram_qlen, and one more. */
  get #full(): boolean {
    return this.#queue.length > this.host.sysctls.get("net.unix.max_dgram_qlen");
  }

  receive(request: ReceiveRequest): number {
    if (request.flags & MSG.OOB) return -EOPNOTSUPP;
    const pending = this.takeError();
    if (pending < 0) return pending;
    const received = receiveMessage(request, this.#queue, {
      pass: (message, peeks) => this.passControls(request, peeks ? this.peeked(message) : message),
      consume: () => this.#consume(),
    });
    if (received !== undefined) return received;
    return this.receiveShutdown && request.blocks ? 0 : -EAGAIN;
  }

  #consume(): void {
    const message = this.#queue.shift();
    message?.sender.uncharge(message.truesize);
    for (const sender of this.#senders) this.host.changed(sender, WRITABLE);
  }

  events(): number {
    let events = 0;
    if (this.error !== 0) events |= POLL.ERR;
    if (this.receiveShutdown) events |= POLL.RDHUP | READABLE;
    if (this.receiveShutdown && this.sendShutdown) events |= POLL.HUP;
    if (this.#queue.length > 0) events |= READABLE;
    const peer = this.#peer;
    const peerIsFull = peer !== undefined && peer.#peer !== this && peer.#full;
    if (this.writable && !peerIsFull) events |= WRITABLE;
    return events;
  }

  readable(): number {
    return this.#queue[0]?.data.length ?? 0;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.releaseName();
    this.#setPeer(undefined);
    for (const sender of this.#senders) this.host.changed(sender, WRITABLE);
    this.discard(this.#queue.splice(0));
  }
}
