/** Berkeley sockets for TypeScript. */
import "./diagnose/account-of-errors.ts";

export { engineChoice } from "./engine/choice.ts";
export type { EngineChoice, EngineName } from "./engine/engine.ts";
export * as posix from "./posix/index.ts";
export type { Data } from "./stream/bytes-to-send.ts";
export { connect } from "./stream/connect.ts";
export type {
  ConnectOptions,
  ConnectSettings,
  ConnectToAddress,
  ConnectToPath,
  ConnectToPort,
} from "./stream/connect-options.ts";
export type { Connection } from "./stream/connection.ts";
export type { ConnectionDuplex, DuplexAddress, DuplexOptions } from "./stream/connection-duplex.ts";
export type { ConnectionError } from "./stream/connection-error.ts";
export type { DatagramError } from "./stream/datagram-error.ts";
export type { DatagramSocketHandlers } from "./stream/datagram-handlers.ts";
export type {
  DatagramOptions,
  DatagramSettings,
  DatagramsOnPath,
  DatagramsOnPort,
  DatagramsOnSocket,
  Remote,
  RemotePath,
  RemotePort,
} from "./stream/datagram-options.ts";
export type { DatagramSocket } from "./stream/datagram-socket.ts";
export type { DatagramSocketBase } from "./stream/datagram-socket-base.ts";
export type { WaitOptions } from "./stream/give-up.ts";
export {
  type HandOverError,
  type HandOverErrorName,
  type HandOverOptions,
  handOver,
  isHandOverError,
} from "./stream/hand-over.ts";
export type { HandledConnection } from "./stream/handled-connection.ts";
export type { HandledDatagramSocket } from "./stream/handled-datagram-socket.ts";
export type { ConnectionHandlers } from "./stream/handlers.ts";
export { listen } from "./stream/listen.ts";
export type {
  ListenOnPath,
  ListenOnPort,
  ListenOnSocket,
  ListenOptions,
  ListenSettings,
  OptionValues,
  SocketHolder,
  SocketSettings,
} from "./stream/listen-options.ts";
export type { Listener } from "./stream/listener.ts";
export {
  type InheritedSocket,
  isListenersFromEnvironmentError,
  type ListenersFromEnvironmentError,
  type ListenersFromEnvironmentErrorName,
  type ListenersFromEnvironmentOptions,
  listenersFromEnvironment,
} from "./stream/listeners-from-environment.ts";
export type { Backlog, CloseOptions, Listening, ListenStatistics } from "./stream/listening.ts";
export type { ConnectionBase } from "./stream/open-stream.ts";
export type { Datagram } from "./stream/pulled-datagrams.ts";
export { type ReservePortOptions, reservePort } from "./stream/reserve-port.ts";
export type { ReservedPort } from "./stream/reserved-port.ts";
export type { Server } from "./stream/server.ts";
export {
  isTakeOverError,
  type TakenOver,
  type TakeOverError,
  type TakeOverErrorName,
  type TakeOverOptions,
  takeOver,
} from "./stream/take-over.ts";
export { udp } from "./stream/udp.ts";
