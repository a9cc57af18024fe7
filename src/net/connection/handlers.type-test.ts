// Compiled, never run: connections have every handler that an engine calls, the optional ones too.
import type { AcceptorHandlers, StreamHandlers } from "../../engine/engine.ts";
import type { AcceptLoop } from "../listener/accept-loop.ts";
import type { Connection } from "./connection.ts";
import type { HandledConnection } from "./handled-connection.ts";

declare const connection: Connection;
declare const handled: HandledConnection;
declare const loop: AcceptLoop;

connection satisfies Required<StreamHandlers>;
// It waits for no part of what it has written.
handled satisfies Required<Omit<StreamHandlers, "onProgress">>;
loop satisfies Required<AcceptorHandlers>;
