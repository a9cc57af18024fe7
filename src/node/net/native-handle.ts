import net from "node:net";
import { nodeAddress } from "../../net/node-address.ts";
import { close } from "../../posix/close.ts";
import { AF, SOCK } from "../../posix/constants.ts";
import { getsockname } from "../../posix/getsockname.ts";
import type { Socket } from "../../posix/owned-socket.ts";
import { recvmsg } from "../../posix/recvmsg.ts";
import { sendmsg } from "../../posix/sendmsg.ts";
import { socketpair } from "../../posix/socketpair.ts";

/** The handle methods that a Server calls. */
export interface ServerHandle {
  close(): void;
  ref(): void;
  unref(): void;
  fchmod(mode: number): number;
}

/**
 * A libuv handle for a duplicate of a listening descriptor, with our methods instead of those that
 * a Server calls. Node's C++ code, such as the channel that sends a Server to a child process,
 * crashes on an object that is not a handle.
 */
export function nativeHandle(listening: Socket, ours: ServerHandle): object {
  const create: unknown = Reflect.get(net, "_createServerHandle");
  const { system } = listening;
  if (!system.capabilities.serversTakeDescriptors)
    return withoutNode(ours, nodeAddress(getsockname(listening)));
  if (typeof create !== "function") return ours;
  const duplicate = duplicateOf(listening);
  const handle: object | number = create(null, null, null, duplicate.fd);
  if (typeof handle === "number") {
    close(duplicate);
    return ours;
  }
  duplicate.detach();
  const closeNative: () => void = Reflect.get(handle, "close");
  const methods: ServerHandle = {
    close() {
      closeNative.call(handle);
      ours.close();
    },
    ref: () => ours.ref(),
    unref: () => ours.unref(),
    fchmod: (mode) => ours.fchmod(mode),
  };
  return Object.assign(handle, methods);
}

/** A handle without libuv, with the method that Node's `server.address()` needs. */
function withoutNode(ours: ServerHandle, address: object): object {
  return {
    close: () => ours.close(),
    ref: () => ours.ref(),
    unref: () => ours.unref(),
    fchmod: (mode: number) => ours.fchmod(mode),
    getsockname: (into: object) => Object.assign(into, address) && 0,
  };
}

/** Like dup(2), by passing it to ourselves (unix(7), SCM_RIGHTS). */
function duplicateOf(original: Socket): Socket {
  const [left, right] = socketpair(AF.UNIX, SOCK.DGRAM);
  try {
    sendmsg(left, { data: [Uint8Array.of(0)], control: [{ type: "SCM_RIGHTS", descriptors: [original] }] });
    const { control } = recvmsg(right, { data: [new Uint8Array(1)] });
    const [rights] = control;
    const [duplicate] = rights?.type === "SCM_RIGHTS" ? rights.descriptors : [];
    if (duplicate === undefined || !("domain" in duplicate))
      throw new Error("a socket sent to itself is lost");
    return duplicate;
  } finally {
    close(left);
    close(right);
  }
}
