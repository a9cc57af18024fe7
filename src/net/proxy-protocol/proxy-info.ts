import type { Address } from "../../address/address.ts";
import type { ProxyHeader } from "./proxy-header.ts";

/** The proxy in front of a connection, and the contents of its header: `proxyInfo()` returns it. */
export interface ProxyInfo extends ProxyHeader {
  /** The address of the proxy that connected. */
  readonly proxyAddress: Address;
}

/**
 * The property of a connection or socket that has it. Only those with a header have it. The Socket
 * of an HTTP/2 request is a Proxy object of Node's, which forwards the property.
 */
const info = Symbol("berkeley.proxyInfo");

/** Attaches it to a connection or a socket of Node's. */
export function setProxyInfo(connection: object, value: ProxyInfo): void {
  Object.defineProperty(connection, info, { value, configurable: true });
}

/**
 * Returns the contents of the PROXY header of a connection that a listener with `proxyProtocol`
 * accepted: the client, the address it connected to, the additional fields of version 2, and the
 * address of the proxy itself. Returns undefined if the connection had no header.
 *
 * @param connection a Connection or HandledConnection, or a socket of a server under `serve()`,
 * such as `request.socket`
 * @example
 * ```ts
 * import { connect, listen, proxyInfo } from "berkeley";
 * const listener = await listen({ host: "127.0.0.1", proxyProtocol: true });
 * const proxy = await connect({ address: listener.address });
 * await proxy.write("PROXY TCP4 192.0.2.7 198.51.100.1 5000 443\r\nhello");
 * const connection = await listener.accept();
 * console.log(connection.remoteAddress); // { family: "ipv4", address: "192.0.2.7", port: 5000 }
 * console.log(proxyInfo(connection)?.destination); // { family: "ipv4", address: "198.51.100.1", port: 443 }
 * console.log(proxyInfo(connection)?.proxyAddress.family); // ipv4
 * console.log(`${Buffer.from((await connection.read()) ?? [])}`); // hello
 * await proxy.close();
 * await listener.close({ drain: 0 });
 * ```
 */
export function proxyInfo(connection: object): ProxyInfo | undefined {
  // A TLSSocket wraps the accepted socket, its parent.
  return infoOf(connection) ?? infoOf(Reflect.get(connection, "_parent"));
}

function infoOf(holder: unknown): ProxyInfo | undefined {
  if (typeof holder !== "object" || holder === null) return undefined;
  const value: unknown = Reflect.get(holder, info);
  return isProxyInfo(value) ? value : undefined;
}

const isProxyInfo = (value: unknown): value is ProxyInfo =>
  typeof value === "object" && value !== null && "proxyAddress" in value;
