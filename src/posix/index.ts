export type * from "../address/address.ts";
export type { ErrorName } from "../errors/names.ts";
export type { Result } from "../errors/result.ts";
export { SocketError } from "../errors/socket-error.ts";
export type { Option, ReadableOption, WritableOption } from "../options/option.ts";
export type { PendingError, PendingErrorName } from "../options/pending-error.ts";
export { rawOption } from "../options/raw.ts";
export { SO } from "../options/so.ts";
export type { Credentials } from "../options/structures/credentials.ts";
export type { DmabufToken } from "../options/structures/dmabuf-tokens.ts";
export type { Linger } from "../options/structures/linger.ts";
export type { MemoryInfo } from "../options/structures/meminfo.ts";
export type { TcpInfo } from "../options/structures/tcp-info.ts";
export type { TcpMd5Signature, TcpMd5SignatureExtended } from "../options/structures/tcp-md5sig.ts";
export type { TcpRepairOption, TcpRepairWindow } from "../options/structures/tcp-repair.ts";
export type { TransmitTime } from "../options/structures/txtime.ts";
export { TCP } from "../options/tcp.ts";
export {
  type AcceptError,
  type AcceptErrorName,
  type Accepted,
  accept,
  isAcceptError,
  tryAccept,
} from "./accept.ts";
export * from "./accept-queue.ts";
export { type BindError, type BindErrorName, bind, isBindError, tryBind } from "./bind.ts";
export type { SocketLike } from "./borrow.ts";
export { type CloseError, type CloseErrorName, close, isCloseError, tryClose } from "./close.ts";
export { type ConnectError, type ConnectErrorName, connect, isConnectError, tryConnect } from "./connect.ts";
export * from "./constants.ts";
export type { DescriptorOptions } from "./descriptor.ts";
export {
  type GetpeernameError,
  type GetpeernameErrorName,
  getpeername,
  isGetpeernameError,
  tryGetpeername,
} from "./getpeername.ts";
export {
  type GetsocknameError,
  type GetsocknameErrorName,
  getsockname,
  isGetsocknameError,
  tryGetsockname,
} from "./getsockname.ts";
export {
  type GetsockoptError,
  type GetsockoptErrorName,
  getsockopt,
  isGetsockoptError,
  tryGetsockopt,
} from "./getsockopt.ts";
export { isListenError, type ListenError, type ListenErrorName, listen, tryListen } from "./listen.ts";
export { Socket } from "./owned-socket.ts";
export {
  isPollError,
  type PollError,
  type PollErrorName,
  type Polled,
  type PollRequest,
  poll,
  tryPoll,
} from "./poll.ts";
export { isRecvError, type RecvError, type RecvErrorName, recv, tryRecv } from "./recv.ts";
export {
  isRecvfromError,
  type Received,
  type RecvfromError,
  type RecvfromErrorName,
  recvfrom,
  tryRecvfrom,
} from "./recvfrom.ts";
export { isSendError, type SendError, type SendErrorName, send, trySend } from "./send.ts";
export { isSendtoError, type SendtoError, type SendtoErrorName, sendto, trySendto } from "./sendto.ts";
export {
  isSetsockoptError,
  type SetsockoptError,
  type SetsockoptErrorName,
  setsockopt,
  trySetsockopt,
} from "./setsockopt.ts";
export {
  isShutdownError,
  type ShutdownError,
  type ShutdownErrorName,
  shutdown,
  tryShutdown,
} from "./shutdown.ts";
export {
  isSockatmarkError,
  type SockatmarkError,
  type SockatmarkErrorName,
  sockatmark,
  trySockatmark,
} from "./sockatmark.ts";
export {
  isSocketCallError,
  type SocketCallError,
  type SocketCallErrorName,
  type SocketOptions,
  socket,
  trySocket,
} from "./socket.ts";
export {
  isSocketpairError,
  type SocketpairError,
  type SocketpairErrorName,
  socketpair,
  trySocketpair,
} from "./socketpair.ts";
