import { builtin } from "../builtin.ts";
import type { EngineChoice } from "./engine.ts";

/** A channel of node:diagnostics_channel, with the type of its messages. */
export interface DiagnosticsChannel<Message> {
  /** Whether anybody subscribes. Otherwise no message is built. */
  readonly hasSubscribers: boolean;
  /** Calls a function with each message. An error that it throws becomes an uncaught exception. */
  subscribe(subscriber: (message: Message, name: string | symbol) => void): void;
  /** Stops calling the function. */
  unsubscribe(subscriber: (message: Message, name: string | symbol) => void): void;
  /** @internal */
  publish(message: Message): void;
}

const diagnostics = builtin("node:diagnostics_channel");

/**
 * A channel of node:diagnostics_channel, which declares the messages of all channels as unknown. A
 * browser has no such module, so nobody can subscribe there.
 */
export const typedChannel = <Message>(name: string): DiagnosticsChannel<Message> =>
  (diagnostics?.channel(name) ?? nobodys) as DiagnosticsChannel<Message>;

const nobodys: DiagnosticsChannel<unknown> = {
  hasSubscribers: false,
  subscribe: unsupported,
  unsubscribe: () => {},
  publish: () => {},
};

function unsupported(): never {
  throw new Error("this runtime has no node:diagnostics_channel");
}

export const engineChannel = typedChannel<EngineChoice>("berkeley:engine");
