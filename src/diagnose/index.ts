import "../engine/choice.ts";
import { installErrorExplanations } from "./error-explanations.ts";

export { type ExplainOptions, explain } from "./explain.ts";
export type * from "./explanation.ts";
export { type ListedSocket, type ListenersOptions, listeners, SocketsUnavailableError } from "./listeners.ts";
export { type Netstat, netstat } from "./netstat.ts";
export type * from "./open-socket.ts";
export type { Holder } from "./process.ts";
export {
  type ListenerEndpoint as ListenerPlace,
  type WaitForListenerOptions,
  waitForListener,
} from "./wait-for-listener.ts";
export {
  type QueueDrop,
  type QueueLimit,
  type QueueWatch,
  type WatchQueueOptions,
  watchQueue,
} from "./watch-queue.ts";

installErrorExplanations();
