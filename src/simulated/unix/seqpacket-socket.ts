import { constants } from "../../system/linux/constants.ts";
import { errnos } from "../../system/linux/errno.ts";
import type { ReceiveRequest, SendRequest } from "../host/kernel-socket.ts";
import { gather } from "../host/pieces.ts";
import type { ProtocolHost } from "../host/protocol-host.ts";
import { filteredData } from "../host/socket-filter.ts";
import { ConnectionSocket } from "./connection-socket.ts";
import { datagramTruesize } from "./message.ts";
import { receiveMessage } from "./receive-message.ts";
import type { UnixNamespace } from "./unix-socket.ts";

const { MSG, SOCK } = constants;
const { EAGAIN, EMSGSIZE, ENOTCONN, EOPNOTSUPP, EPIPE } = errnos;

/** A unix connection that keeps messages apart (unix_seqpacket_sendmsg()). */
export class SeqpacketSocket extends ConnectionSocket {
  constructor(host: ProtocolHost, names: UnixNamespace) {
    super(host, names, SOCK.SEQPACKET);
  }

  protected override another(): SeqpacketSocket {
    return new SeqpacketSocket(this.host, this.names);
  }

  send(request: SendRequest): number {
    const pending = this.takeError();
    if (pending < 0) return pending;
    const { peer } = this;
    if (this.state !== "connected" || peer === undefined) return -ENOTCONN;
    if (request.flags & MSG.OOB) return -EOPNOTSUPP;
    if (request.length > this.sendBuffer - 32) return -EMSGSIZE;
    if (this.sendShutdown || peer.closed || peer.receiveShutdown) return -EPIPE;
    if (this.sent >= this.sendBuffer) return -EAGAIN;
    const data = filteredData(peer, gather(request.pieces, request.length));
    if (data === undefined) return this.toss(request);
    const message = this.message(request, data, peer, datagramTruesize(request.length));
    if (typeof message === "number") return message;
    this.pass(message, peer);
    return request.length;
  }

  receive(request: ReceiveRequest): number {
    if (this.state !== "connected") return -ENOTCONN;
    if (request.flags & MSG.OOB) return -EOPNOTSUPP;
    const pending = this.takeError();
    if (pending < 0) return pending;
    const received = receiveMessage(request, this.queue, {
      pass: (message, peeks) => this.passControls(request, peeks ? this.peeked(message) : message),
      consume: () => this.consume(),
    });
    return received ?? (this.receiveShutdown ? 0 : -EAGAIN);
  }
}
