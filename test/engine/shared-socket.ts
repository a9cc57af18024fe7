import assert from "node:assert/strict";
import { bind } from "../../src/posix/bind.ts";
import { AF, SOCK } from "../../src/posix/constants.ts";
import { listen } from "../../src/posix/listen.ts";
import { Socket } from "../../src/posix/owned-socket.ts";
import { recvmsg } from "../../src/posix/recvmsg.ts";
import { sendmsg } from "../../src/posix/sendmsg.ts";
import { socketpair } from "../../src/posix/socketpair.ts";
import type { Fixture } from "../fixture.ts";
import type { Exceptions } from "../platform.ts";

export const noDuplicates: Exceptions = { windows: "Windows cannot pass sockets in messages" };

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
