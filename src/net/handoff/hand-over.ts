import type { ChildProcess } from "node:child_process";
import { Socket as NetSocket } from "node:net";
import { engineOf } from "../../engine/engines.ts";
import { argumentType, checkObject, foreignKind, invalidValue } from "../../errors/argument.ts";
import { SocketClosed, Unexpected } from "../../errors/entries.ts";
import { type ErrorOf, ErrorSet, type NameOf } from "../../errors/error-set.ts";
import { unwrap } from "../../errors/socket-error.ts";
import type { SocketLike } from "../../posix/borrow.ts";
import { Socket } from "../../posix/owned-socket.ts";
import { sendmsg } from "../../posix/sendmsg.ts";
import { host } from "../../system/host.ts";
import { checkWait, milliseconds, orAbort, throwIfAborted, type WaitOptions } from "../abort.ts";
import { Connection } from "../connection/connection.ts";
import type { CloseOptions } from "../listener/close-options.ts";
import { TransferableListener } from "../listener/transferable-listener.ts";
import {
  HAND_OVER_DESCRIPTOR,
  PATH_FILE_LENGTH,
  READY,
  SOCKETS,
  SOCKETS_AND_PATH,
} from "./hand-over-message.ts";

/** The errors of `handOver()` itself. */
export const handOverErrors = new ErrorSet("handOver", {
  BrokenPipe: {
    codes: ["EPIPE"],
    message: "The new process ended, or closed the channel, before it was ready.",
    advice: "The old one keeps accepting. The new one must call takeOver(), listen, and call ready().",
  },
  OperationNotSupported: {
    codes: ["EOPNOTSUPP"],
    message: "Windows cannot pass sockets between processes in messages.",
  },
  SocketClosed,
  Unexpected,
});

export type HandOverErrorName = NameOf<typeof handOverErrors>;
export type HandOverError = ErrorOf<typeof handOverErrors>;

/** Whether `handOver()` threw an error. */
export const isHandOverError = (error: unknown): error is HandOverError => handOverErrors.has(error);

/**
 * Options of `handOver()`: how long to wait for the new process, and for the connections of the old
 * one.
 */
export type HandOverOptions = WaitOptions & CloseOptions;

/**
 * Hands a listener over to a new process without losing a connection. The sockets are passed with
 * SCM_RIGHTS; for a moment both processes accept, and the old one stops once the new one reports
 * that it is ready. Connections that this process has accepted stay with it until they end or
 * `drain` is over; those in the system's queue go to the new process, which shares the queue. The
 * path of a unix socket stays; the new process removes it when it stops listening.
 *
 * A server under `serve()` ends its connections as `closeGracefully()` does, and with `drain`
 * destroys the remaining ones.
 *
 * Call `child.unref()`, so that this process can exit before the new one.
 *
 * If it fails before the new process is ready, the listener keeps accepting as before.
 *
 * - The sockets travel over a channel that is descriptor 3 in the new process, where `takeOver()`
 *   finds it: a pipe of node:child_process, `stdio: ["inherit", "inherit", "inherit", "pipe"]`,
 *   which is a unix socket on Node, Bun and Deno; or one end of `socketpair(AF.UNIX, SOCK.STREAM)`,
 *   whose other end is passed here. The channel is closed at the end.
 * - Not supported on Windows.
 *
 * @param listener a Listener, a Server, or the result of `serve()`
 * @param to the new process, or our end of the channel
 * @param options `timeout` and `signal` for the wait until it is ready, and `drain`, as in
 * `close()`
 * @returns a promise that resolves when only the new process accepts and, with `drain`, all
 * connections have ended
 * @throws HandOverError named `BrokenPipe`, `OperationNotSupported`, `SocketClosed` or `Unexpected`
 * @throws SendmsgError if the sockets cannot be sent
 * @throws DOMException named `TimeoutError`, or the `reason` of the signal
 * @throws TypeError or RangeError if an argument is malformed
 * @example
 * ```ts
 * import { spawn } from "node:child_process";
 * import { handOver, listen } from "berkeley";
 * const program = `
 *   const { listen, takeOver } = await import("berkeley");
 *   const taken = await takeOver();
 *   const server = await listen({ socket: taken }, {});
 *   taken.ready();
 *   await server.close();`;
 * const server = await listen({ host: "127.0.0.1" }, {});
 * const child = spawn(process.execPath, ["--input-type=module", "--eval", program], {
 *   cwd: import.meta.dirname ?? ".",
 *   stdio: ["inherit", "inherit", "inherit", "pipe"],
 * });
 * await handOver(server, child, { drain: 10_000 });
 * ```
 * @see [unix](https://man7.org/linux/man-pages/man7/unix.7.html)
 */
export async function handOver(
  listener: TransferableListener,
  to: ChildProcess | Socket,
  options: HandOverOptions = {},
): Promise<void> {
  if (!(listener instanceof TransferableListener))
    throw argumentType(
      "listener must be a Listener, a Server or what serve() returned, " +
        `not ${foreignKind(listener, ["Listener", "Server"])}`,
    );
  checkObject("options", "{ timeout?, signal?, drain? }", options);
  const wait = checkWait(options);
  const { drain } = options;
  if (drain !== undefined) milliseconds("drain", drain);
  if (!host.capabilities.passesDescriptors) refuse("OperationNotSupported");
  const channel = channelTo(to);
  try {
    throwIfAborted(wait.signal);
    if (listener.closed) refuse("SocketClosed");
    sendmsg(channel.socket, {
      data: [messageOf(listener)],
      control: [{ type: "SCM_RIGHTS", descriptors: listener.sockets }],
    });
    const answer = await orAbort(host.clock, "handOver()", channel.answer(), wait);
    if (answer !== READY) refuse("BrokenPipe");
  } finally {
    channel.close();
  }
  await listener.retire(drain);
}

function messageOf({ ownsPath, pathFile }: TransferableListener): Uint8Array {
  if (!ownsPath || pathFile === undefined) return Uint8Array.of(SOCKETS);
  const message = Buffer.alloc(1 + PATH_FILE_LENGTH, SOCKETS_AND_PATH);
  message.writeBigUInt64LE(pathFile.dev, 1);
  message.writeBigUInt64LE(pathFile.ino, 9);
  return message;
}

interface Channel {
  readonly socket: SocketLike;
  /** The first byte that arrives; undefined if the other end closes first. */
  answer(): Promise<number | undefined>;
  close(): void;
}

function channelTo(to: ChildProcess | Socket): Channel {
  if (to instanceof Socket) return ownChannel(to);
  const pipe = typeof to === "object" && to !== null && "stdio" in to && to.stdio[HAND_OVER_DESCRIPTOR];
  if (!(pipe instanceof NetSocket)) {
    throw invalidValue(
      "descriptor 3 of the new process is not a pipe: start it with " +
        'stdio: ["inherit", "inherit", "inherit", "pipe"], or give one ' +
        "end of socketpair(AF.UNIX, SOCK.STREAM), and it the other",
    );
  }
  return pipeChannel(pipe);
}

function pipeChannel(pipe: NetSocket): Channel {
  const answer = () =>
    new Promise<number | undefined>((resolve) => {
      pipe.once("data", (bytes: Buffer) => resolve(bytes[0]));
      for (const end of ["end", "error", "close"]) pipe.once(end, () => resolve(undefined));
    });
  return { socket: pipe, answer, close: () => pipe.destroy() };
}

function ownChannel(socket: Socket): Channel {
  socket.system.setNonblocking(socket.fd, true);
  const connection = new Connection(engineOf(host), socket.detach(), null);
  const answer = async () => (await connection.read())?.[0];
  return { socket: connection.socket, answer, close: () => connection.reset() };
}

function refuse(name: HandOverErrorName): never {
  return unwrap(handOverErrors.fail(host, name), handOver);
}
