/**
 * node:net over berkeley's engine: the same exports, with our Socket and Server instead of Node's.
 */
import "../../engine/choice.ts";
import net from "node:net";
import { connect, createServer, Server, Socket } from "./constructors.ts";

export {
  BlockList,
  getDefaultAutoSelectFamily,
  getDefaultAutoSelectFamilyAttemptTimeout,
  isIP,
  isIPv4,
  isIPv6,
  SocketAddress,
  setDefaultAutoSelectFamily,
  setDefaultAutoSelectFamilyAttemptTimeout,
} from "node:net";
export { connect, connect as createConnection, createServer, Server, Socket, Socket as Stream };

// Undefined in versions of Node that lack them.
/** Node's own, since Node 26. */
export const BoundSocket: unknown = Reflect.get(net, "BoundSocket");
/** Node's own. @internal */
export const _createServerHandle: unknown = Reflect.get(net, "_createServerHandle");
/** Node's own. @internal */
export const _normalizeArgs: unknown = Reflect.get(net, "_normalizeArgs");

const ours: typeof net = Object.defineProperties(Object.create(null), {
  ...Object.getOwnPropertyDescriptors(net),
  ...Object.getOwnPropertyDescriptors({
    connect,
    createConnection: connect,
    createServer,
    Server,
    Socket,
    Stream: Socket,
  }),
});

export default ours;
