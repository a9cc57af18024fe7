import net, { isIP } from "node:net";
import { nextTick } from "../../clock/next-tick.ts";
import { engineOf } from "../../engine/engines.ts";
import { currentSystem } from "../../system/current.ts";
import {
  type ConnectOptions,
  checkAttemptTimeout,
  checkBoolean,
  checkLocalAddress,
  checkLocalPort,
  checkPort,
  checkString,
} from "./arguments.ts";
import { Connecting, type ConnectingSocket } from "./connecting.ts";
import { codedType } from "./errors.ts";
import { type LookingSocket, lookUp } from "./look-up.ts";

/** A Socket to connect. */
interface Connectable extends ConnectingSocket, LookingSocket {
  _attempts: Connecting | null;
  _host: string | null;
  _unrefTimer(): void;
}

/** Starts to connect. Returns undefined, with the Socket destroyed, if no engine is available. */
export function attempts(
  socket: Connectable,
  localAddress: string | undefined,
  localPort: number,
): Connecting | undefined {
  try {
    const begun = new Connecting(socket, { engine: engineOf(currentSystem()), localAddress, localPort });
    socket._attempts = begun;
    return begun;
  } catch (error) {
    nextTick(() => socket._fail(error));
    return undefined;
  }
}

export function connectToPort(socket: Connectable, options: ConnectOptions): void {
  const name = checkString("options.host", options.host || "localhost");
  if (name.includes("\0"))
    throw codedType(
      "ERR_INVALID_ARG_VALUE",
      `The property 'options.host' must be a string without null bytes. Received ${JSON.stringify(name)}`,
    );
  const localAddress = checkLocalAddress(options.localAddress);
  const localPort = checkLocalPort(options.localPort);
  const port = checkPort(options.port);
  const every =
    options.autoSelectFamily == null
      ? net.getDefaultAutoSelectFamily()
      : checkBoolean("options.autoSelectFamily", options.autoSelectFamily);
  const delay =
    options.autoSelectFamilyAttemptTimeout == null
      ? net.getDefaultAutoSelectFamilyAttemptTimeout()
      : checkAttemptTimeout(options.autoSelectFamilyAttemptTimeout);
  const family = isIP(name);
  const begun = attempts(socket, localAddress, localPort);
  if (begun === undefined) return;
  if (family === 4 || family === 6) {
    nextTick(() => {
      if (socket._attempts === begun) begun.toAddress({ address: name, family }, port);
    });
    return;
  }
  socket._host = name;
  const isCurrent = () => socket.connecting && socket._attempts === begun;
  lookUp(socket, name, options, every && localAddress === undefined, isCurrent, (targets) => {
    socket._unrefTimer();
    const [first] = targets;
    if (first !== undefined && targets.length === 1) begun.toAddress(first, port);
    else begun.toFirst(name, targets, port, delay);
  });
}
