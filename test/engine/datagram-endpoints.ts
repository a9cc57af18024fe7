import { join } from "node:path";
import type { DatagramOptions } from "../../src/net/options/datagram-options.ts";
import { host } from "../../src/system/host.ts";
import type { Fixture } from "../fixture.ts";
import type { Exceptions } from "../platform.ts";
import { noUnixDatagrams } from "../winsock-exceptions.ts";

/** The carriers of datagrams. */
export const carriers = ["ipv4", "ipv6", "unix"] as const;

/** Where this carrier does not exist. */
export const withoutCarrier: Readonly<Record<(typeof carriers)[number], Exceptions>> = {
  ipv4: {},
  ipv6: {},
  unix: noUnixDatagrams,
};

/** The name of the error if no socket received an earlier datagram. */
export const nobodyThere = host.name === "windows" ? "ConnectionResetByPeer" : "ConnectionRefused";

let uniqueNumber = 0;

/** A new address for each call. */
export function datagramEndpoint(fixture: Fixture, carrier: (typeof carriers)[number]): DatagramOptions {
  switch (carrier) {
    case "ipv4":
      return { host: "127.0.0.1" };
    case "ipv6":
      return { host: "::1" };
    case "unix":
      return { path: join(fixture.folder(), `socket-${uniqueNumber++}`) };
  }
}
