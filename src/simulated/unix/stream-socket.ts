import { constants } from "../../system/linux/constants.ts";
import { errnos } from "../../system/linux/errno.ts";
import type { ReceiveRequest, SendRequest } from "../host/kernel-socket.ts";
import { gather, scatter } from "../host/pieces.ts";
import type { ProtocolHost } from "../host/protocol-host.ts";
import { SOCKET_OPTION } from "../host/socket-options.ts";
import { ConnectionSocket } from "./connection-socket.ts";
import { MOST_OF_STREAM, streamTruesize, type UnixMessage } from "./message.ts";
import type { UnixNamespace } from "./unix-socket.ts";

const { MSG, SOCK } = constants;
const { EAGAIN, EINVAL, EISCONN, ENOTCONN, EOPNOTSUPP, EPIPE } = errnos;

/** A unix stream (unix_stream_sendmsg(), unix_stream_read_generic()). */
export class StreamSocket extends ConnectionSocket {
  constructor(host: ProtocolHost, names: UnixNamespace) {
    super(host, names, SOCK.STREAM);
  }

  protected override another(): StreamSocket {
    return new StreamSocket(this.host, this.names);
  }

  send(request: SendRequest): number {
    if (request.flags & MSG.OOB && request.length === 0) return -EOPNOTSUPP;
    if (request.address !== undefined) return this.state === "connected" ? -EISCONN : -EOPNOTSUPP;
    const { peer } = this;
    if (peer === undefined) return -ENOTCONN;
    if (this.sendShutdown) return -EPIPE;
    let sent = 0;
    while (sent < request.length) {
      const problem = this.#sendSome(request, sent, peer);
      if (problem < 0) return sent > 0 ? sent : problem;
      sent += problem;
    }
    return sent;
  }

  /** Sends one message of the kernel's size; returns the bytes in it, or a negative errno. */
  #sendSome(request: SendRequest, from: number, peer: ConnectionSocket): number {
    const pending = this.takeError();
    if (pending < 0) return pending;
    if (this.sent >= this.sendBuffer) return -EAGAIN;
    if (peer.closed || peer.receiveShutdown) return -EPIPE;
    // Urgent data of unix streams (Linux 5.15) is not simulated.
    if (request.flags & MSG.OOB) return -EOPNOTSUPP;
    const size = Math.min(request.length - from, (this.sendBuffer >> 1) - 64, MOST_OF_STREAM);
    const parts = { controls: request.controls, files: from === 0 ? request.files : [] };
    const message = this.message(parts, gather(request.pieces, size, from), peer, streamTruesize(size));
    if (typeof message === "number") return message;
    this.pass(message, peer);
    return size;
  }

  receive(request: ReceiveRequest): number {
    const { flags } = request;
    if (this.state !== "connected") return -EINVAL;
    if (flags & MSG.OOB) return -EINVAL;
    const peeks = (flags & MSG.PEEK) !== 0;
    const offset = peeks ? Math.max(this.value(SOCKET_OPTION.PEEK_OFF), 0) : 0;
    const received = this.#take(request, peeks, offset);
    if (received !== undefined) return received;
    const pending = this.takeError();
    if (pending < 0) return pending;
    return this.receiveShutdown ? 0 : -EAGAIN;
  }

  /** Copies what is there; undefined if nothing is. */
  #take(request: ReceiveRequest, peeks: boolean, offset: number): number | undefined {
    const passes = this.isSet(SOCKET_OPTION.PASSCRED);
    let copied = 0;
    let skip = offset;
    let first: UnixMessage | undefined;
    // Receiving takes messages out, peeking leaves them.
    for (let index = 0; index < this.queue.length && (copied < request.length || first === undefined); ) {
      const message = this.queue[index];
      if (message === undefined) break;
      if (skip >= message.data.length) {
        skip -= message.data.length;
        index += 1;
        continue;
      }
      // Messages of different writers are not joined, if the reader asks who wrote.
      if (first !== undefined && passes && !sameWriter(first, message)) break;
      const part = message.data.subarray(skip, skip + request.length - copied);
      scatter(part, request.pieces, copied);
      copied += part.length;
      skip = 0;
      const carries = message.files.length > 0;
      this.#passControls(request, message, { first: first === undefined, peeks });
      first ??= message;
      if (peeks) index += 1;
      else this.#consume(message, part.length);
      if (carries) break;
    }
    if (first === undefined) return undefined;
    if (peeks && this.value(SOCKET_OPTION.PEEK_OFF) >= 0)
      this.setValue(SOCKET_OPTION.PEEK_OFF, offset + copied);
    return copied;
  }

  /** The writer's credentials come once, with the first message; files with each. */
  #passControls(
    request: ReceiveRequest,
    message: UnixMessage,
    { first, peeks }: { first: boolean; peeks: boolean },
  ): void {
    if (peeks) this.peeked(message);
    if (first) this.passControls(request, message);
    else request.files.push(...message.files);
    if (!peeks) message.files = [];
  }

  #consume(message: UnixMessage, bytes: number): void {
    message.data = message.data.subarray(bytes);
    if (message.data.length === 0) this.consume();
    const offset = this.value(SOCKET_OPTION.PEEK_OFF);
    if (offset > 0) this.setValue(SOCKET_OPTION.PEEK_OFF, Math.max(0, offset - bytes));
  }

  /** SIOCATMARK: there is never urgent data. */
  override atMark(): number {
    return 0;
  }
}

const sameWriter = ({ credentials: one }: UnixMessage, { credentials: other }: UnixMessage): boolean =>
  one?.pid === other?.pid && one?.uid === other?.uid && one?.gid === other?.gid;
