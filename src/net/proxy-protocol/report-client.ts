import { nodeAddress } from "../node-address.ts";
import { type ProxyInfo, setProxyInfo } from "./proxy-info.ts";

/** Makes a Node socket report the client that a PROXY header named. */
export function reportClient(socket: object, info: ProxyInfo): void {
  setProxyInfo(socket, info);
  const { source } = info;
  if (source === undefined) return;
  const client = nodeAddress(source);
  Reflect.set(socket, "_peername", client);
  // A TLSSocket, or the session of HTTP/2, asks the handle.
  const handle: unknown = Reflect.get(socket, "_handle");
  if (typeof handle !== "object" || handle === null) return;
  const getpeername = (into: object) => Object.assign(into, client) && 0;
  Object.defineProperty(handle, "getpeername", { value: getpeername, configurable: true });
}
