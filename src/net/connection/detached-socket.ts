import type { Socket as NetSocket } from "node:net";
import type { Address } from "../../address/address.ts";
import { builtin } from "../../builtin.ts";
import { boolean, checkObject, invalidStateForGood } from "../../errors/argument.ts";
import { defined } from "../../invariant.ts";
import type { System } from "../../system/system.ts";
import { checkWait, throwIfAborted, type WaitOptions } from "../abort.ts";

const net = builtin("node:net");

/** Options of `detach()`. */
export interface DetachOptions extends WaitOptions {
  /**
   * Whether the socket's own side stays open once the peer has ended. False by default, as with
   * `net.Socket`: it is ended, too.
   */
  readonly allowHalfOpen?: boolean | undefined;
}

/** Options of `detach()`, each read once. */
export interface CheckedDetachOptions {
  readonly allowHalfOpen: boolean;
  readonly wait: WaitOptions;
}

export function checkDetachOptions(options: DetachOptions): CheckedDetachOptions {
  checkObject("options", "{ allowHalfOpen?, signal?, timeout? }", options);
  const { allowHalfOpen = false, signal, timeout } = options;
  const wait = { signal, timeout };
  checkWait(wait);
  boolean("allowHalfOpen", allowHalfOpen);
  throwIfAborted(signal);
  return { allowHalfOpen, wait };
}

/** Throws unless a net.Socket can take the descriptor of a connection with this local address. */
export function checkDetachable(system: System, localAddress: Address): void {
  takesDescriptors ??= refusesBadDescriptor();
  if (!takesDescriptors || !system.capabilities.serversTakeDescriptors)
    throw new Error(
      "the connection cannot be detached: this runtime cannot make a net.Socket from a " +
        "descriptor; use toDuplex()",
    );
  const { family } = localAddress;
  if (family !== "ipv4" && family !== "ipv6" && family !== "unix")
    throw new Error(
      "the connection cannot be detached: a net.Socket is a TCP or unix socket, and this socket's " +
        `family is ${family}; use toDuplex()`,
    );
}

/** A socket of Node's own, which emits the received bytes before those still to come. */
export function netSocket(
  fd: number,
  writable: boolean,
  allowHalfOpen: boolean,
  received: readonly Uint8Array[],
): NetSocket {
  const socket = new (defined(net, "checkDetachable() found it").Socket)({
    fd,
    readable: true,
    writable,
    allowHalfOpen,
  });
  if (received.length > 0) socket.unshift(Buffer.concat(received));
  return socket;
}

/** The error that the methods of a detached connection throw. */
export const detached = (): TypeError =>
  invalidStateForGood("the connection was detached: its net.Socket now owns the descriptor");

/** Whether a net.Socket can be made from a descriptor; undefined until tried. */
let takesDescriptors: boolean | undefined;

/** A number that is never a descriptor. */
const NOT_OPEN = 0x7fffffff;

/**
 * Whether net.Socket checks its descriptor: Bun's ignores it silently.
 */
function refusesBadDescriptor(): boolean {
  if (net === undefined) return false;
  try {
    new net.Socket({ fd: NOT_OPEN }).destroy();
    return false;
  } catch {
    return true;
  }
}
