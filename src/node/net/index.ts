/** node:net over berkeley's engine: the same names, with our Socket and Server. */
import net from "node:net";
import { EngineServer } from "./server.ts";
import { EngineSocket } from "./socket.ts";

export {
  BlockList,
  getDefaultAutoSelectFamily,
  getDefaultAutoSelectFamilyAttemptTimeout,
  isIP,
  isIPv4,
  isIPv6,
  setDefaultAutoSelectFamily,
  setDefaultAutoSelectFamilyAttemptTimeout,
  SocketAddress,
} from "node:net";
