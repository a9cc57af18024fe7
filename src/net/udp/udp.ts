import { engineOf } from "../../engine/engines.ts";
import { tryClose } from "../../posix/close.ts";
import { checkNetPermission } from "../../posix/net-permission.ts";
import { currentSystem } from "../../system/current.ts";
import { throwIfAborted } from "../abort.ts";
import { checkDatagramOptions, type DatagramOptions } from "../options/datagram-options.ts";
import { DatagramSocket } from "./datagram-socket.ts";
import {
  checkDatagramHandlers,
  type DatagramSocketHandlers,
  HandledDatagramSocket,
} from "./handled-datagram-socket.ts";
import { openDatagramSocket } from "./open-datagram-socket.ts";

/**
 * Opens a UDP socket, or a unix socket for datagrams. Receive datagrams from the returned
 * DatagramSocket with `receive()` or `for await`.
 *
 * On Linux, the system may merge datagrams on their way to a socket that this opens (UDP.GRO), and
 * the engine splits them again. Only a filter attached to the socket sees them merged; the option
 * `[UDP.GRO, false]` prevents that.
 *
 * @param options where and how to open the socket: see DatagramOptions
 * @throws SocketCallError, SetsockoptError, BindError or ConnectError of the call that failed; if a
 * unix path is in use, the message says what uses it
 * @throws Error of node:dns if a host cannot be found
 * @throws the `reason` of the signal
 * @throws TypeError or RangeError if an option is malformed, before any call
 * @throws Error if the requested engine is unavailable here
 * @example
 * ```ts
 * import { udp } from "berkeley";
 * await using receiver = await udp({ host: "127.0.0.1" });
 * await using sender = await udp({ remote: receiver.address });
 * await sender.send("hello");
 * const { data, address } = await receiver.receive({ timeout: 5000 });
 * console.log(`${Buffer.from(data)}`); // hello
 * await receiver.send("hello yourself", address);
 * for await (const answer of sender) {
 *   console.log(`${Buffer.from(answer.data)}`); // hello yourself
 *   break;
 * }
 * ```
 * @example
 * ```ts
 * import { udp } from "berkeley";
 * import { AF, SOCK, socket } from "berkeley/posix";
 * await using kernel = await udp({ socket: socket(AF.NETLINK, SOCK.RAW) });
 * // struct nlmsghdr { 17, RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, 1, 0 }, struct rtgenmsg { AF_UNSPEC }
 * const request = Uint8Array.of(17, 0, 0, 0, 18, 0, 1, 3, 1, 0, 0, 0, 0, 0, 0, 0, 0);
 * await kernel.send(request, { family: "netlink", pid: 0, groups: 0 });
 * const { data } = await kernel.receive({ timeout: 5000 });
 * console.log(data[4]); // 16: RTM_NEWLINK
 * ```
 * @see [recvfrom](https://pubs.opengroup.org/onlinepubs/9699919799/functions/recvfrom.html)
 * @see [sendto](https://pubs.opengroup.org/onlinepubs/9699919799/functions/sendto.html)
 */
export async function udp<const Values extends readonly unknown[]>(
  options: DatagramOptions<Values>,
): Promise<DatagramSocket>;
/**
 * Opens a socket for datagrams that calls handlers. No promise is allocated per datagram, and
 * echoed data is not copied.
 *
 * @param options where and how to open the socket: see DatagramOptions
 * @param handlers see DatagramSocketHandlers
 * @throws the errors of `udp(options)`
 * @example
 * ```ts
 * import { udp } from "berkeley";
 * await using server = await udp({ host: "127.0.0.1" }, {
 *   message: (socket, bytes, from) => socket.send(bytes, from),
 * });
 * await using client = await udp({ remote: server.address });
 * await client.send("echo");
 * console.log(`${Buffer.from((await client.receive()).data)}`); // echo
 * ```
 */
export async function udp<const Values extends readonly unknown[]>(
  options: DatagramOptions<Values>,
  handlers: DatagramSocketHandlers,
): Promise<HandledDatagramSocket>;
export async function udp(
  options: DatagramOptions,
  handlers?: DatagramSocketHandlers,
): Promise<DatagramSocket | HandledDatagramSocket> {
  if (handlers !== undefined) checkDatagramHandlers(handlers);
  const checked = checkDatagramOptions(options);
  checkNetPermission(options);
  const system = currentSystem();
  const chosen = engineOf(system, checked.engine, checked.busyPoll);
  const opened = await openDatagramSocket(system, checked);
  try {
    throwIfAborted(checked.signal);
    return handlers === undefined
      ? new DatagramSocket(chosen, opened, checked.signal)
      : new HandledDatagramSocket(chosen, opened, checked.signal, handlers);
  } catch (error) {
    tryClose(opened.socket);
    opened.path?.remove();
    throw error;
  }
}
