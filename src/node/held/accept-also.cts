// A second listening socket for a server of Node's, which has one handle: a server that asks for
// every address gets both sockets of `berkeley hold localhost:3000`.
const net: typeof import("node:net") = require("node:net");

type Server = import("node:net").Server;

/** `_listen2()` of Node's Server: the last step of its `listen()`. A path has port -1. */
type Listen = (
  address: string | null,
  port: number | null,
  addressType: number | null,
  backlog: number,
  fd?: number,
  flags?: number,
) => void;

/** The members of a server that Node uses for each accepted connection (lib/net.js). */
const SHARED = [
  "_connections",
  "allowHalfOpen",
  "blockList",
  "highWaterMark",
  "keepAlive",
  "keepAliveInitialDelay",
  "maxConnections",
  "noDelay",
  "pauseOnConnect",
] as const;

/** Has a listening server accept from another socket as well, until it is closed. */
function acceptAlso(server: Server, listen: Listen, backlog: number, fd: number): void {
  const other = net.createServer();
  for (const name of SHARED)
    Object.defineProperty(other, name, {
      get: (): unknown => Reflect.get(server, name),
      set: (value: unknown) => Reflect.set(server, name, value),
    });
  other.on("connection", (socket) => {
    // Node notifies the socket's server when the connection ends.
    Object.assign(socket, { server, _server: server });
    server.emit("connection", socket);
  });
  other.on("drop", (dropped) => server.emit("drop", dropped));
  other.on("error", (error) => server.emit("error", error));
  Reflect.apply(listen, other, [null, null, null, backlog, fd]);
  // Only the first socket keeps the process running.
  other.unref();
  const handle: unknown = Reflect.get(server, "_handle");
  if (!isHandle(handle)) {
    other.close();
    return;
  }
  // Every way to close a server ends here.
  const { close } = handle;
  handle.close = (...args) => {
    other.close();
    Reflect.apply(close, handle, args);
  };
}

interface Handle {
  close(...args: readonly unknown[]): void;
}

const isHandle = (value: unknown): value is Handle =>
  typeof value === "object" && value !== null && "close" in value && typeof value.close === "function";

export type { Listen };
export type AcceptAlso = typeof acceptAlso;
module.exports = acceptAlso;
