import { channel } from "node:diagnostics_channel";
import type { EngineChoice } from "./engine.ts";

/** A channel of node:diagnostics_channel, with the type of its messages. */
export interface DiagnosticsChannel<Message> {
  /** Whether anybody subscribes. Otherwise no message is built. */
  readonly hasSubscribers: boolean;
  /** Calls a function with each message. If it throws, that is an uncaught exception. */
  subscribe(subscriber: (message: Message, name: string | symbol) => void): void;
  /** Stops calling it. */
  unsubscribe(subscriber: (message: Message, name: string | symbol) => void): void;
  /** @internal */
  publish(message: Message): void;
}

/** node:diagnostics_channel declares the messages of all channels as unknown. */
export const typedChannel = <Message>(name: string): DiagnosticsChannel<Message> =>
  channel(name) as DiagnosticsChannel<Message>;

export const engineChannel = typedChannel<EngineChoice>("berkeley:engine");
