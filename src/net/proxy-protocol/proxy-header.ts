import type { Ipv4Address, Ipv6Address, UnixAddress } from "../../address/address.ts";

/**
 * The header of the PROXY protocol, which a proxy sends before the bytes of a connection:
 * proxy-protocol.txt in HAProxy's doc/.
 */
export interface ProxyHeader {
  /** 1 is a line of text, 2 is binary. */
  readonly version: 1 | 2;
  /**
   * "local": the proxy's own connection, such as a health check, with no other client behind it.
   */
  readonly command: "proxy" | "local";
  /** The client; undefined if the proxy does not say. */
  readonly source: ProxiedAddress | undefined;
  /** The address the client connected to; undefined if the proxy does not say. */
  readonly destination: ProxiedAddress | undefined;
  /** The additional fields of version 2, in order. */
  readonly tlvs: readonly Tlv[];
}

/** An address that the header can carry. */
export type ProxiedAddress = Ipv4Address | Ipv6Address | UnixAddress;

/** A type and a value of version 2 (section 2.2). */
export interface Tlv {
  /** For example, 1 is ALPN and 2 the host name that the client requested. */
  readonly type: number;
  readonly value: Uint8Array;
}

/** The result of parsing a connection's first bytes. */
export type ParsedHeader =
  /** A header of `length` bytes, which the connection's own bytes follow. */
  | { readonly kind: "header"; readonly header: ProxyHeader; readonly length: number }
  /** The beginning of one: more bytes are needed. */
  | { readonly kind: "incomplete" }
  /** Not a header, whatever bytes follow. */
  | { readonly kind: "invalid"; readonly reason: string };
