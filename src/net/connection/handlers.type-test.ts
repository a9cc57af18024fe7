// Compiled, never run: connections and listeners have every handler that an engine calls, including
// the optional ones, except for onDataToCopy: programs get views that are sent without a copy.
import type { AcceptorHandlers, StreamHandlers } from "../../engine/engine.ts";
import type { AcceptLoop, AcceptOwner } from "../listener/accept-loop.ts";
import type { ListenerBase } from "../listener/listener-base.ts";
import type { Connection } from "./connection.ts";
import type { ConnectionOwner } from "./connection-lifecycle.ts";
import type { HandledConnection } from "./handled-connection.ts";

declare const connection: Connection;
declare const handled: HandledConnection;
declare const loop: AcceptLoop;
declare const listening: ListenerBase;

connection satisfies Required<Omit<StreamHandlers, "onDataToCopy">>;
// It does not wait for parts of its writes.
handled satisfies Required<Omit<StreamHandlers, "onDataToCopy" | "onProgress">>;
loop satisfies Required<AcceptorHandlers>;
listening satisfies Required<AcceptOwner & ConnectionOwner>;
