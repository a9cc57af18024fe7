import "../system/host.ts";

export type * from "../address/address.ts";
export type * from "../control/control-message.ts";
export type * from "../control/sctp-messages.ts";
export type { ErrorUnion } from "../errors/error-set.ts";
export type * as SocketErrors from "../errors/named-errors.ts";
export type { ErrorName } from "../errors/names.ts";
export type { Result } from "../errors/result.ts";
export { SocketError } from "../errors/socket-error.ts";
export { ALG } from "../options/alg.ts";
export { type BluetoothSecurity, BT } from "../options/bt.ts";
export { CAN_ISOTP, CAN_J1939, CAN_RAW } from "../options/can.ts";
export { ICMP, ICMPV6 } from "../options/icmp.ts";
export { IP } from "../options/ip.ts";
export { IPV6 } from "../options/ipv6.ts";
export { KCM } from "../options/kcm.ts";
export { LLC } from "../options/llc.ts";
export { LOCAL } from "../options/local.ts";
export { MPTCP } from "../options/mptcp.ts";
export type {
  Option,
  QueryableOption,
  ReadableOption,
  WritableOption,
} from "../options/option.ts";
export { NETLINK, PACKET } from "../options/packet.ts";
export type { PendingError, PendingErrorName } from "../options/pending-error.ts";
export { rawOption } from "../options/raw.ts";
export { RDS } from "../options/rds.ts";
export { SCTP } from "../options/sctp.ts";
export { SO } from "../options/so.ts";
export type { AcceptFilter } from "../options/structures/accept-filter-arg.ts";
export type { CanFilter, J1939Filter } from "../options/structures/can.ts";
export type { IsotpFlowControl, IsotpLinkLayer, IsotpOptions } from "../options/structures/can-isotp.ts";
export type { Credentials } from "../options/structures/credentials.ts";
export type { DmabufToken } from "../options/structures/dmabuf-tokens.ts";
export type { GroupFilter } from "../options/structures/group-filter.ts";
export type { GroupReq } from "../options/structures/group-req.ts";
export type { GroupSourceReq } from "../options/structures/group-source-req.ts";
export type { FlowLabel, In6FlowlabelReq } from "../options/structures/in6-flowlabel-req.ts";
export type { In6Pktinfo } from "../options/structures/in6-pktinfo.ts";
export type { IpMreqSource } from "../options/structures/ip-mreq-source.ts";
export type { IpMreqn, MulticastInterface } from "../options/structures/ip-mreqn.ts";
export type { IpMsfilter } from "../options/structures/ip-msfilter.ts";
export type { Ip6Mtuinfo } from "../options/structures/ip6-mtuinfo.ts";
export type { Ipv6Mreq } from "../options/structures/ipv6-mreq.ts";
export type { Linger } from "../options/structures/linger.ts";
export type { MemoryInfo } from "../options/structures/meminfo.ts";
export type { MptcpInfo } from "../options/structures/mptcp-info.ts";
export type { MptcpSubflowAddresses } from "../options/structures/mptcp-subflows.ts";
export type {
  PacketFanout,
  PacketFanoutJoin,
  PacketMreq,
  PacketRolloverStats,
  PacketStatistics,
} from "../options/structures/packet.ts";
export type { PortRange } from "../options/structures/port-range.ts";
export type {
  SctpAssocinfo,
  SctpAssocparams,
  SctpAssocValue,
  SctpInitmsg,
  SctpRtoinfo,
  SctpStatus,
} from "../options/structures/sctp.ts";
export type { SctpPeerAddressInfo, SctpPrimaryAddress } from "../options/structures/sctp-addresses.ts";
export type { SctpAssociation, SctpPeerAddress } from "../options/structures/sctp-association.ts";
export type { SctpAuthenticationKey, SctpAuthenticationKeyId } from "../options/structures/sctp-auth.ts";
export type { SctpEventSubscribe, SctpEventSubscription } from "../options/structures/sctp-events.ts";
export type {
  SctpPath,
  SctpProbeInterval,
  SctpThresholds,
  SctpThresholdsV2,
  SctpUdpEncapsulation,
} from "../options/structures/sctp-paths.ts";
export type {
  SctpDefaultSendInfo,
  SctpPeerAddressChange,
  SctpPeerAddressParameters,
  SctpSackInfo,
} from "../options/structures/sctp-peer.ts";
export type {
  SctpAbandoned,
  SctpAbandonedOfStreamQuery,
  SctpAbandonedQuery,
  SctpDefaultReliability,
} from "../options/structures/sctp-reliability.ts";
export type { SctpDefaultSendParam } from "../options/structures/sctp-send-param.ts";
export type { SctpAssociationStatistics } from "../options/structures/sctp-statistics.ts";
export type {
  SctpAddStreams,
  SctpResetStreams,
  SctpStream,
  SctpStreamValue,
} from "../options/structures/sctp-streams.ts";
export type { FilterMode } from "../options/structures/source-filter.ts";
export type { TcpInfo } from "../options/structures/tcp-info.ts";
export type { TcpMd5Signature, TcpMd5SignatureExtended } from "../options/structures/tcp-md5sig.ts";
export type { TcpRepairOption, TcpRepairWindow } from "../options/structures/tcp-repair.ts";
export type { TlsCryptoInfo } from "../options/structures/tls-crypto-info.ts";
export type { TransmitTime } from "../options/structures/txtime.ts";
export type { PeerCredentials } from "../options/structures/xucred.ts";
export { TCP } from "../options/tcp.ts";
export { TIPC, type TipcGroup } from "../options/tipc.ts";
export { TLS } from "../options/tls.ts";
export { UDP } from "../options/udp.ts";
export { UDPLITE } from "../options/udplite.ts";
export { VSOCK } from "../options/vsock.ts";
export {
  type AcceptError,
  type AcceptErrorName,
  type Accepted,
  accept,
  isAcceptError,
  tryAccept,
} from "./accept.ts";
export * from "./accept-queue.ts";
export {
  type AttachFilterError,
  type AttachFilterErrorName,
  attachFilter,
  isAttachFilterError,
  tryAttachFilter,
} from "./attachFilter.ts";
export {
  type AttachReuseportFilterError,
  type AttachReuseportFilterErrorName,
  attachReuseportFilter,
  isAttachReuseportFilterError,
  tryAttachReuseportFilter,
} from "./attachReuseportFilter.ts";
export { type BindError, type BindErrorName, bind, isBindError, tryBind } from "./bind.ts";
export type { SocketLike } from "./borrow.ts";
export type { BorrowedSocket } from "./borrowed-socket.ts";
export { BPF, type FilterInstruction } from "./bpf.ts";
export { type CloseError, type CloseErrorName, close, isCloseError, tryClose } from "./close.ts";
export { type ConnectError, type ConnectErrorName, connect, isConnectError, tryConnect } from "./connect.ts";
export * from "./constants.ts";
export type { DescriptorOptions } from "./descriptor.ts";
export {
  type DetachFilterError,
  type DetachFilterErrorName,
  detachFilter,
  isDetachFilterError,
  tryDetachFilter,
} from "./detachFilter.ts";
export { type DupError, type DupErrorName, type DupOptions, dup, isDupError, tryDup } from "./dup.ts";
export * from "./family-constants.ts";
export {
  type AddressInfo,
  type GetaddrinfoError,
  type GetaddrinfoErrorName,
  type GetaddrinfoOptions,
  getaddrinfo,
  isGetaddrinfoError,
  tryGetaddrinfo,
} from "./getaddrinfo.ts";
export {
  type GetCloseOnExecError,
  type GetCloseOnExecErrorName,
  getCloseOnExec,
  isGetCloseOnExecError,
  tryGetCloseOnExec,
} from "./getCloseOnExec.ts";
export {
  type GetNonblockingError,
  type GetNonblockingErrorName,
  getNonblocking,
  isGetNonblockingError,
  tryGetNonblocking,
} from "./getNonblocking.ts";
export {
  type GetnameinfoError,
  type GetnameinfoErrorName,
  getnameinfo,
  isGetnameinfoError,
  type NameInfo,
  tryGetnameinfo,
} from "./getnameinfo.ts";
export {
  type GetpeernameError,
  type GetpeernameErrorName,
  getpeername,
  isGetpeernameError,
  tryGetpeername,
} from "./getpeername.ts";
export {
  type GetprotobynameError,
  type GetprotobynameErrorName,
  getprotobyname,
  isGetprotobynameError,
  type ProtocolEntry,
  tryGetprotobyname,
} from "./getprotobyname.ts";
export {
  type GetservbynameError,
  type GetservbynameErrorName,
  getservbyname,
  isGetservbynameError,
  type ServiceEntry,
  tryGetservbyname,
} from "./getservbyname.ts";
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
export * from "./icmp.ts";
export {
  type If_indextonameError,
  type If_indextonameErrorName,
  if_indextoname,
  isIf_indextonameError,
  tryIf_indextoname,
} from "./if_indextoname.ts";
export {
  type If_nameindexError,
  type If_nameindexErrorName,
  type InterfaceName,
  if_nameindex,
  isIf_nameindexError,
  tryIf_nameindex,
} from "./if_nameindex.ts";
export {
  type If_nametoindexError,
  type If_nametoindexErrorName,
  if_nametoindex,
  isIf_nametoindexError,
  tryIf_nametoindex,
} from "./if_nametoindex.ts";
export { inet_ntop, inet_pton } from "./inet.ts";
export {
  type IoctlError,
  type IoctlErrorName,
  ioctl,
  isIoctlError,
  tryIoctl,
} from "./ioctl.ts";
export type { HardwareAddress, IoctlRequest } from "./ioctl-request.ts";
export { isListenError, type ListenError, type ListenErrorName, listen, tryListen } from "./listen.ts";
export type { Message } from "./message-to-send.ts";
export { Descriptor } from "./owned-descriptor.ts";
export { Socket } from "./owned-socket.ts";
export {
  isPollError,
  type PollError,
  type PollErrorName,
  type PollRequest,
  type PollResult,
  poll,
  tryPoll,
} from "./poll.ts";
export type { MessageBuffers, ReceivedMessage } from "./received-message.ts";
export { isRecvError, type RecvError, type RecvErrorName, recv, tryRecv } from "./recv.ts";
export {
  isRecvfromError,
  type Received,
  type RecvfromError,
  type RecvfromErrorName,
  recvfrom,
  tryRecvfrom,
} from "./recvfrom.ts";
export {
  isRecvmmsgError,
  type RecvmmsgError,
  type RecvmmsgErrorName,
  recvmmsg,
  tryRecvmmsg,
} from "./recvmmsg.ts";
export { isRecvmsgError, type RecvmsgError, type RecvmsgErrorName, recvmsg, tryRecvmsg } from "./recvmsg.ts";
export {
  isSctp_bindxError,
  type Sctp_bindxError,
  type Sctp_bindxErrorName,
  sctp_bindx,
  trySctp_bindx,
} from "./sctp_bindx.ts";
export {
  isSctp_connectxError,
  type Sctp_connectxError,
  type Sctp_connectxErrorName,
  sctp_connectx,
  trySctp_connectx,
} from "./sctp_connectx.ts";
export {
  isSctp_peeloffError,
  type Sctp_peeloffError,
  type Sctp_peeloffErrorName,
  sctp_peeloff,
  trySctp_peeloff,
} from "./sctp_peeloff.ts";
export * from "./sctp-constants.ts";
export {
  decodeSctpNotification,
  type SctpAdaptationIndication,
  type SctpAssociationChange,
  type SctpAssociationEvent,
  type SctpAssociationResetEvent,
  type SctpAuthenticationEvent,
  type SctpNotification,
  type SctpPartialDeliveryEvent,
  type SctpPeerAddressEvent,
  type SctpPlainEvent,
  type SctpRemoteError,
  type SctpSendFailed,
  type SctpSendFailedEvent,
  type SctpStreamChangeEvent,
  type SctpStreamResetEvent,
  type SctpUnknownNotification,
} from "./sctp-notification.ts";
export { isSendError, type SendError, type SendErrorName, send, trySend } from "./send.ts";
export {
  isSendmmsgError,
  type SendmmsgError,
  type SendmmsgErrorName,
  sendmmsg,
  trySendmmsg,
} from "./sendmmsg.ts";
export { isSendmsgError, type SendmsgError, type SendmsgErrorName, sendmsg, trySendmsg } from "./sendmsg.ts";
export { isSendtoError, type SendtoError, type SendtoErrorName, sendto, trySendto } from "./sendto.ts";
export {
  isSetCloseOnExecError,
  type SetCloseOnExecError,
  type SetCloseOnExecErrorName,
  setCloseOnExec,
  trySetCloseOnExec,
} from "./setCloseOnExec.ts";
export {
  isSetNonblockingError,
  type SetNonblockingError,
  type SetNonblockingErrorName,
  setNonblocking,
  trySetNonblocking,
} from "./setNonblocking.ts";
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
export { FIO, SIOC } from "./sioc.ts";
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
