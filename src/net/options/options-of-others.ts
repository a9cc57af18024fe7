import { invalidValue } from "../../errors/argument.ts";

/** Options that a call does not have, and what to use instead. */
type Advice = Readonly<Record<string, string>>;

const limit = "use signal, an AbortSignal with a timeout";
const ofListen = "it is an option of listen()";

/** `fd` is Node's name. */
export const NOT_OF_LISTEN: Advice = {
  fd: "pass the descriptor as socket",
  family: "pass an address of that family as host",
  localAddress: "pass it as host",
  localPort: "pass it as port",
  remote: "use connect() or udp()",
  timeout: limit,
};

export const NOT_OF_CONNECT: Advice = {
  fd: "pass the descriptor as socket",
  remote: "pass its host and port, its path or its address",
  backlog: ofListen,
  reusePort: ofListen,
  ipv6Only: ofListen,
  exclusive: ofListen,
  proxyProtocol: ofListen,
};

export const NOT_OF_UDP: Advice = {
  fd: "pass the descriptor as socket",
  address: "pass it as host and port, or as path",
  family: "pass an address of that family as host",
  localAddress: "pass it as host",
  localPort: "pass it as port",
  backlog: ofListen,
  exclusive: ofListen,
  timeout: limit,
};

const later = "pass it to listen(), which takes the reserved port";

export const NOT_OF_RESERVE_PORT: Advice = {
  ...NOT_OF_LISTEN,
  path: "only a port can be reserved",
  address: "only a port can be reserved",
  socket: "a listening socket is itself a reservation",
  reusePort: "other processes could take the port",
  exclusive: "a reserved port is always exclusive",
  engine: later,
  busyPoll: later,
  onRetry: later,
  proxyProtocol: later,
};

/** For one target of a proxy. */
export const NOT_OF_TARGET: Advice = {
  ...NOT_OF_CONNECT,
  timeout: "use connectTimeout of the proxy",
  signal: "close() of the proxy ends its connections",
  engine: "set it in listen: a proxy has one engine",
  busyPoll: "set it in listen: a proxy has one engine",
};

const inListen = "set it in listen";

export const NOT_OF_PROXY: Advice = {
  host: inListen,
  port: inListen,
  path: inListen,
  socket: inListen,
  backlog: inListen,
  engine: inListen,
  busyPoll: inListen,
  signal: inListen,
  options: inListen,
  timeout: "use connectTimeout or idleTimeout",
};

/** For the calls that wait, except read(). */
export const INTO_OF_READ: Advice = { into: "it is an option of read()" };

export const NOT_OF_CLOSE: Advice = { drain: "it is an option of a listener's close(); use timeout" };

export const NOT_OF_LISTENER_CLOSE: Advice = {
  timeout: "use drain",
  signal: "use drain",
};

/** The names of fs.createReadStream(). */
export const NOT_OF_SEND_FILE: Advice = { start: "use offset", end: "use offset and length" };

/**
 * Throws a TypeError for an option of another call: ignoring it would do something other than what
 * was asked, such as listening on another port.
 */
export function refuseOptionsOfOthers(call: string, options: object, others: Advice): void {
  for (const [name, advice] of Object.entries(others)) {
    if (Reflect.get(options, name) !== undefined)
      throw invalidValue(`${call} has no option ${name}: ${advice}`);
  }
}
