import type { Route } from "../host/protocol-host.ts";

/** Lets the connections to one peer share a route: the kernel's dst_entry. */
export class SharedRoutes {
  readonly #routes = new Map<string, Route>();

  /** A route that is equal to this one, or else this one. */
  of(route: Route): Route {
    const known = this.#routes.get(route.destination);
    if (known !== undefined && isSame(known, route)) return known;
    this.#routes.set(route.destination, route);
    return route;
  }
}

const isSame = (one: Route, other: Route): boolean =>
  one.source === other.source &&
  one.mtu === other.mtu &&
  one.interface === other.interface &&
  one.nextHop === other.nextHop &&
  one.kind === other.kind;
