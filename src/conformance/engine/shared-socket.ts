import assert from "node:assert/strict";
import { bind } from "../../posix/bind.ts";
import { AF, SOCK } from "../../posix/constants.ts";
import { listen } from "../../posix/listen.ts";
import { Socket } from "../../posix/owned-socket.ts";
import { recvmsg } from "../../posix/recvmsg.ts";
import { sendmsg } from "../../posix/sendmsg.ts";
import { socketpair } from "../../posix/socketpair.ts";
import type { Fixture } from "../fixture.ts";
import type { Exceptions } from "../place.ts";

export const noDuplicates: Exceptions = { windows: "Windows passes no sockets by messages" };

/** A socket that listens, for several to accept from. */
export function sharedListener(fixture: Fixture, transport: "tcp" | "unix"): Socket {
  if (transport === "tcp") return fixture.listener(64, { nonblocking: true });
  const listener = fixture.socket(AF.UNIX, SOCK.STREAM, 0, { nonblocking: true });
  bind(listener, fixture.abstractAddress());
  listen(listener, 64);
  return listener;
}

/** Another descriptor of the same socket, as another process has it that was sent it. */
export function duplicate(socket: Socket): Socket {
  const [left, right] = socketpair(AF.UNIX, SOCK.STREAM);
  sendmsg(left, { data: [new Uint8Array(1)], control: [{ type: "SCM_RIGHTS", descriptors: [socket] }] });
  const [rights] = recvmsg(right, { data: [new Uint8Array(1)] }).control;
  left[Symbol.dispose]();
  right[Symbol.dispose]();
  assert.ok(rights?.type === "SCM_RIGHTS");
  const [received] = rights.descriptors;
  assert.ok(received instanceof Socket);
  return received;
}
