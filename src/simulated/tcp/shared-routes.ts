import { SECOND } from "../clock/virtual-clock.ts";
import type { Route } from "../host/protocol-host.ts";

/** How long a route is used before it is looked up again. */
const LIFETIME = SECOND;

/** A route that several connections use, until it may have changed: the kernel's dst_entry. */
export interface SharedRoute {
  readonly route: Route;
  expires: number;
}

/** Lets the connections between two addresses share a route. */
export class SharedRoutes {
  readonly #routes = new Map<string, SharedRoute>();

  /** A route that is equal to this one, or else this one. */
  of(route: Route, now: number): SharedRoute {
    const key = `${route.source} ${route.destination}`;
    let shared = this.#routes.get(key);
    if (shared === undefined || !isSame(shared.route, route)) {
      shared = { route, expires: 0 };
      this.#routes.set(key, shared);
    }
    shared.expires = now + LIFETIME;
    return shared;
  }
}

const isSame = (one: Route, other: Route): boolean =>
  one.mtu === other.mtu &&
  one.mtuLocked === other.mtuLocked &&
  one.interface === other.interface &&
  one.nextHop === other.nextHop &&
  one.kind === other.kind;
