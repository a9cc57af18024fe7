import type { Cmsg } from "../../control/cmsg.ts";
import { constants } from "../../system/linux/constants.ts";
import { controls } from "../../system/linux/controls.ts";
import { errnos } from "../../system/linux/errno.ts";
import type { Credentials, ReceiveRequest, SendRequest, SocketAddress } from "../host/kernel-socket.ts";
import type { ProtocolHost } from "../host/protocol-host.ts";
import { unixAddress } from "../host/sockaddr.ts";
import { SocketBase } from "../host/socket-base.ts";
import { SOCKET_OPTION } from "../host/socket-options.ts";
import type { Sender, UnixMessage } from "./message.ts";

const { AF, POLL, SHUT, SOL } = constants;
const { EINVAL, ENOTTY, EPERM, ESRCH } = errnos;

/** offsetof(struct sockaddr_un, sun_path), and sizeof(struct sockaddr_un). */
const FAMILY = 2;
const LONGEST = 110;

/** What unix sockets additionally need from their host. */
export interface UnixNamespace {
  bind(socket: UnixSocket, path: Uint8Array): Uint8Array | number;
  bindAny(socket: UnixSocket): Uint8Array | number;
  find(type: number, path: Uint8Array): UnixSocket | number;
  own(socket: UnixSocket): void;
  release(socket: UnixSocket, name: Uint8Array): void;
}

/** A unix socket: its name, its credentials, and its send buffer (net/unix/af_unix.c). */
export abstract class UnixSocket extends SocketBase implements Sender {
  readonly type: number;
  readonly protocol = 0;
  protected readonly names: UnixNamespace;
  /** sun_path as getsockname() gives it; undefined without a name. */
  name: Uint8Array | undefined;
  /** sk_wmem_alloc: data that this socket has sent and that was not received yet. */
  sent = 0;
  closed = false;
  /** The credentials of the peer: SO_PEERCRED. */
  peerOwner: Credentials | undefined;

  constructor(host: ProtocolHost, names: UnixNamespace, type: number) {
    super(host, AF.UNIX);
    this.type = type;
    this.names = names;
  }

  /** unix_bind(): an address without a name chooses one. */
  bind(address: SocketAddress): number {
    const autobinds = address.length === FAMILY && address.family === AF.UNIX;
    if (autobinds) return this.autobind();
    const problem = this.checkName(address);
    if (problem < 0) return problem;
    if (this.name !== undefined && address.data[0] === 0) return -EINVAL;
    // A path is looked up before the socket is looked at: unix_bind_bsd().
    const name = this.#bindPath(address.data);
    if (typeof name === "number") return name;
    this.name = name;
    this.names.own(this);
    return 0;
  }

  #bindPath(path: Uint8Array): Uint8Array | number {
    if (this.name === undefined || path[0] === 0) return this.names.bind(this, path);
    const found = this.names.bind(this, path);
    if (typeof found === "number") return found;
    this.host.files.remove(path);
    return -EINVAL;
  }

  autobind(): number {
    if (this.name !== undefined) return 0;
    const name = this.names.bindAny(this);
    if (typeof name === "number") return name;
    this.name = name;
    return 0;
  }

  /** unix_validate_addr(). */
  protected checkName({ length, family }: SocketAddress): number {
    return length <= FAMILY || length > LONGEST || family !== AF.UNIX ? -EINVAL : 0;
  }

  getsockname(): SocketAddress {
    return unixAddress(this.name ?? NOTHING);
  }

  /** SO_PASSCRED of a socket without a name gives it one before it sends or connects. */
  protected autobindToPass(): number {
    const passes = this.isSet(SOCKET_OPTION.PASSCRED) || this.isSet(SOCKET_OPTION.PASSPIDFD);
    return passes && this.name === undefined ? this.autobind() : 0;
  }

  override get peerCredentials(): Credentials | undefined {
    return this.peerOwner;
  }

  /** A message from this socket to another: unix_maybe_add_creds(). */
  protected message(
    { controls: cmsgs, files }: Pick<SendRequest, "controls" | "files">,
    data: Uint8Array,
    to: UnixSocket,
    truesize: number,
  ): UnixMessage | number {
    const given = credentialsOf(cmsgs, this.host.credentials);
    if (typeof given === "number") return given;
    if (files.length > 0 && !to.isSet(SOCKET_OPTION.PASSRIGHTS)) return -EPERM;
    const passes = this.isSet(SOCKET_OPTION.PASSCRED) || to.isSet(SOCKET_OPTION.PASSCRED);
    return {
      data,
      files: [...files],
      credentials: given ?? (passes ? this.host.credentials : undefined),
      from: this.name === undefined ? undefined : this.getsockname(),
      sender: this,
      truesize,
    };
  }

  /** Passes the credentials and files of a message to its receiver: scm_recv_unix(). */
  protected passControls(request: ReceiveRequest, { credentials, files }: UnixMessage): void {
    if (this.isSet(SOCKET_OPTION.PASSCRED)) {
      const { pid, uid, gid } = credentials ?? NOBODY;
      const data = new Uint8Array(Int32Array.of(pid, uid, gid).buffer);
      request.controls.push({ level: SOL.SOCKET, number: SCM_CREDENTIALS, data });
    }
    request.files.push(...files);
  }

  /** Another reference for each file: MSG_PEEK gives descriptors too. */
  protected peeked(message: UnixMessage): UnixMessage {
    for (const file of message.files) file.references += 1;
    return message;
  }

  /** sock_wfree(): a message was received. */
  uncharge(truesize: number): void {
    this.sent -= truesize;
    if (this.writable) this.host.changed(this, POLL.OUT | POLL.WRNORM | POLL.WRBAND);
  }

  /** unix_writable(). */
  protected get writable(): boolean {
    return this.sent * 4 <= this.sendBuffer;
  }

  /** The receiver's filter drops a message, without the sender noticing. */
  protected toss({ files, length }: SendRequest): number {
    for (const file of files) this.host.release(file);
    return length;
  }

  /** Releases messages that were not received. */
  protected discard(messages: readonly UnixMessage[]): void {
    for (const { files, sender, truesize } of messages) {
      for (const file of files) this.host.release(file);
      sender.uncharge(truesize);
    }
  }

  protected releaseName(): void {
    if (this.name !== undefined) this.names.release(this, this.name);
  }

  /** unix_outq_len(). */
  unacknowledged(): { readonly queued: number; readonly unsent: number } {
    return { queued: this.sent, unsent: -ENOTTY };
  }

  atMark(): number {
    return -ENOTTY;
  }

  override memoryInfo(): number[] {
    return [0, this.receiveBuffer, this.sent, this.sendBuffer, 0, 0, 0, 0, 0];
  }

  describe(): string {
    return `unix ${this.name === undefined ? "without a name" : showName(this.name)}`;
  }
}

const NOTHING = new Uint8Array(0);
const SCM_CREDENTIALS = controls.SCM_CREDENTIALS?.number ?? 2;
/** Credentials that were not passed: overflowuid. */
const NOBODY: Credentials = { pid: 0, uid: 65_534, gid: 65_534 };

/**
 * SCM_CREDENTIALS that a program passes must be its own, unless it is root's (scm_check_creds()).
 */
function credentialsOf(cmsgs: readonly Cmsg[], own: Credentials): Credentials | undefined | number {
  let found: Credentials | undefined;
  for (const { level, number, data } of cmsgs) {
    if (level !== SOL.SOCKET) continue;
    if (number !== SCM_CREDENTIALS || data.length !== 12) return -EINVAL;
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    found = { pid: view.getInt32(0, true), uid: view.getInt32(4, true), gid: view.getInt32(8, true) };
    // A simulated host has one process, and that which starts all others.
    if (found.pid !== own.pid && found.pid !== 1) return own.uid === 0 ? -ESRCH : -EPERM;
    const isOwn = found.pid === own.pid && found.uid === own.uid && found.gid === own.gid;
    if (!isOwn && own.uid !== 0) return -EPERM;
  }
  return found;
}

export function showName(name: Uint8Array): string {
  const text = String.fromCharCode(...name);
  return text.startsWith("\0") ? `@${text.slice(1)}` : text.replace(/\0+$/, "");
}

/** Whether shutdown() takes this, and which ends it shuts. */
export function shutdownOf(how: number): { receive: boolean; send: boolean } | undefined {
  if (how < SHUT.RD || how > SHUT.RDWR) return undefined;
  return { receive: how !== SHUT.WR, send: how !== SHUT.RD };
}
