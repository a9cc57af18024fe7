import { join } from "node:path";
import type { DatagramOptions } from "../../stream/datagram-options.ts";
import type { Fixture } from "../fixture.ts";

/** What datagrams go over. */
export const carriers = ["ipv4", "ipv6", "unix"] as const;

let uniqueNumber = 0;

/** A place of its own for each call. */
export function datagramPlace(fixture: Fixture, carrier: (typeof carriers)[number]): DatagramOptions {
  switch (carrier) {
    case "ipv4":
      return { host: "127.0.0.1" };
    case "ipv6":
      return { host: "::1" };
    case "unix":
      return { path: join(fixture.folder(), `socket-${uniqueNumber++}`) };
  }
}
