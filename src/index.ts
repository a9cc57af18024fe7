/** Berkeley sockets for TypeScript. */
import "./engine/choice.ts";
import { installErrorExplanations } from "./diagnose/error-explanations.ts";
import { installConnectionSockets } from "./node/net/connection-socket.ts";

export { engineChoice } from "./engine/choice.ts";
export type { EngineChoice, EngineName } from "./engine/engine.ts";
export type { DiagnosticsChannel } from "./engine/engine-channel.ts";
export type { WaitOptions } from "./net/abort.ts";
export {
  type AcceptMessage,
  type CloseMessage,
  type ConnectMessage,
  channels,
  type ListenMessage,
  type RefuseMessage,
  type RetryMessage,
} from "./net/channels.ts";
export { connect } from "./net/connection/connect.ts";
export type { Connection } from "./net/connection/connection.ts";
export type { ConnectionBase } from "./net/connection/connection-base.ts";
export type { ConnectionDuplex, DuplexOptions } from "./net/connection/connection-duplex.ts";
export type { ConnectionError } from "./net/connection/connection-error.ts";
export type { ConnectionLifecycle } from "./net/connection/connection-lifecycle.ts";
export type { ConnectionReader } from "./net/connection/connection-reader.ts";
export type { Data } from "./net/connection/data.ts";
export type { ReceivedDescriptors } from "./net/connection/descriptor-passing.ts";
export type { DetachOptions } from "./net/connection/detached-socket.ts";
export type { FileToSend } from "./net/connection/file-to-send.ts";
export type { HandledConnection } from "./net/connection/handled-connection.ts";
export type { ConnectionHandlers } from "./net/connection/handlers.ts";
export { type JoinResult, join } from "./net/connection/join.ts";
export type { ReadIntoOptions } from "./net/connection/read-into.ts";
export type { SendFileOptions } from "./net/connection/send-file.ts";
export {
  type HandOverError,
  type HandOverErrorName,
  type HandOverOptions,
  handOver,
  isHandOverError,
} from "./net/handoff/hand-over.ts";
export {
  type InheritedSocket,
  isListenersFromEnvironmentError,
  type ListenersFromEnvironmentError,
  type ListenersFromEnvironmentErrorName,
  type ListenersFromEnvironmentOptions,
  listenersFromEnvironment,
} from "./net/handoff/listeners-from-environment.ts";
export {
  isTakeOverError,
  type TakenOverSockets,
  type TakeOverError,
  type TakeOverErrorName,
  type TakeOverOptions,
  takeOver,
} from "./net/handoff/take-over.ts";
export type { Backlog } from "./net/listener/accept-queues.ts";
export type { CloseOptions } from "./net/listener/close-options.ts";
export { listen } from "./net/listener/listen.ts";
export type { Listener } from "./net/listener/listener.ts";
export type { DropCause, ListenerBase, ListenStatistics } from "./net/listener/listener-base.ts";
export { type ReservePortOptions, reservePort } from "./net/listener/reserve-port.ts";
export type { ReservedPort } from "./net/listener/reserved-port.ts";
export type { Server } from "./net/listener/server.ts";
export type { TransferableListener } from "./net/listener/transferable-listener.ts";
export type { DuplexAddress } from "./net/node-address.ts";
export type {
  ConnectOnSocket,
  ConnectOptions,
  ConnectSettings,
  ConnectToAddress,
  ConnectToPath,
  ConnectToPort,
} from "./net/options/connect-options.ts";
export type {
  DatagramOptions,
  DatagramSettings,
  DatagramsOnPath,
  DatagramsOnPort,
  DatagramsOnSocket,
  Remote,
  RemotePath,
  RemotePort,
} from "./net/options/datagram-options.ts";
export type {
  ListenOnPath,
  ListenOnPort,
  ListenOnSocket,
  ListenOnVsock,
  ListenOptions,
  ListenSettings,
  OptionValues,
  SocketHolder,
  SocketSettings,
} from "./net/options/listen-options.ts";
export type { Faults } from "./net/proxy/faults.ts";
export type { ProxiedStatus } from "./net/proxy/proxied-connection.ts";
export { proxy } from "./net/proxy/proxy.ts";
export type { Balance, ProxyOptions, ProxyTarget } from "./net/proxy/proxy-options.ts";
export type { ProxyServer, ProxyStatistics } from "./net/proxy/proxy-server.ts";
export type { TargetStatus } from "./net/proxy/target.ts";
export type { AddressMatcher } from "./net/proxy-protocol/address-list.ts";
export type { ProxiedAddress, ProxyHeader, Tlv } from "./net/proxy-protocol/proxy-header.ts";
export { ProxyHeaderError, type ProxyHeaderErrorName } from "./net/proxy-protocol/proxy-header-error.ts";
export { type ProxyInfo, proxyInfo } from "./net/proxy-protocol/proxy-info.ts";
export type { ProxyProtocolOptions } from "./net/proxy-protocol/proxy-protocol-options.ts";
export {
  isReadableError,
  type ReadableError,
  type ReadableErrorName,
  readable,
} from "./net/readable.ts";
export type { DatagramError } from "./net/udp/datagram-error.ts";
export type { Datagram, DatagramSocket } from "./net/udp/datagram-socket.ts";
export type { DatagramSocketBase } from "./net/udp/datagram-socket-base.ts";
export type { DatagramSocketHandlers, HandledDatagramSocket } from "./net/udp/handled-datagram-socket.ts";
export { udp } from "./net/udp/udp.ts";
export type { ReadyOptions } from "./net/until-ready.ts";
export {
  isWritableError,
  type WritableError,
  type WritableErrorName,
  writable,
} from "./net/writable.ts";
export { serve } from "./node/serve.ts";
export type { GracefulCloseOptions, ServedServer } from "./node/served-server.ts";
export * as posix from "./posix/index.ts";

installErrorExplanations();
installConnectionSockets();
