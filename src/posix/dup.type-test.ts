// Code that must, and code that must not, compile; it is never run.

import type { Server } from "node:net";
import { same } from "../../test/same-type.ts";
import type { Result } from "../errors/result.ts";
import { type DupError, dup, type tryDup } from "./dup.ts";
import type { Descriptor } from "./owned-descriptor.ts";
import type { Socket } from "./owned-socket.ts";
import { setCloseOnExec } from "./setCloseOnExec.ts";
import { type SetNonblockingError, setNonblocking, type trySetNonblocking } from "./setNonblocking.ts";

declare const descriptor: Descriptor;
declare const server: Server;

export function returns(): void {
  same<ReturnType<typeof dup>, Socket>(true);
  same<ReturnType<typeof tryDup>, Result<Socket, DupError>>(true);
  same<ReturnType<typeof trySetNonblocking>, Result<void, SetNonblockingError>>(true);
}

export function takes(): void {
  dup(server, { closeOnExec: false });
  setNonblocking(descriptor, true);
  setCloseOnExec(3, true);
  // @ts-expect-error only sockets are duplicated
  dup(descriptor);
  // @ts-expect-error both share O_NONBLOCK
  dup(server, { nonblocking: true });
  // @ts-expect-error its event loop depends on its descriptor
  setNonblocking(server, false);
  // @ts-expect-error there is no default
  setNonblocking(3);
}
