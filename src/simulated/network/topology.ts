import type { Packet } from "../ip/packet.ts";
import {
  Direction,
  type ExactConditions,
  exactConditions,
  type LinkConditions,
  type LinkNetwork,
  type Node,
} from "./link.ts";

/** A way from a node to another. */
export interface Hop {
  readonly nextHop: string;
  readonly mtu: number;
  send(packet: Packet): void;
}

/**
 * Which nodes are linked, and by which route packets travel: over the fewest links; among equals,
 * over the link that was created first. Hosts without a path of links have a direct one with
 * default conditions.
 */
export class Topology {
  readonly #network: LinkNetwork;
  readonly #defaults: ExactConditions;
  readonly #meshed: boolean;
  readonly #links = new Map<string, Map<string, DirectionHop>>();
  /** Links of default conditions, made when they are first used. */
  readonly #implicit = new Map<string, DirectionHop>();
  /** The first hop from a node to every other that it reaches over links. */
  readonly #firstHops = new Map<string, ReadonlyMap<string, DirectionHop>>();

  constructor(network: LinkNetwork, defaults: LinkConditions, meshed: boolean) {
    this.#network = network;
    this.#defaults = exactConditions(defaults);
    this.#meshed = meshed;
  }

  /** Makes a link, or changes its conditions. */
  link(one: Node, other: Node, there: LinkConditions, back: LinkConditions): void {
    this.#set(one, other, exactConditions(there));
    this.#set(other, one, exactConditions(back));
    this.#firstHops.clear();
  }

  /** The direction from one node to its neighbor; undefined if they have no link. */
  direction(from: Node, to: Node): Direction | undefined {
    return (this.#links.get(from.name)?.get(to.name) ?? this.#implicit.get(keyOf(from, to)))?.direction;
  }

  /** The first hop on the way from one node to another; undefined if there is no way. */
  hop(from: Node, to: Node): Hop | undefined {
    return this.#firstHopsOf(from).get(to.name) ?? (this.#meshed ? this.#direct(from, to) : undefined);
  }

  /** The links of a node, and in a mesh those to nodes that it has no path to. */
  *neighbors(of: Node, nodes: Iterable<Node>): IterableIterator<Hop> {
    const links = this.#links.get(of.name);
    if (links !== undefined) yield* links.values();
    if (!this.#meshed) return;
    const reached = this.#firstHopsOf(of);
    for (const node of nodes) if (node !== of && !reached.has(node.name)) yield this.#direct(of, node);
  }

  *directions(): IterableIterator<Direction> {
    for (const links of this.#links.values()) for (const { direction } of links.values()) yield direction;
    for (const { direction } of this.#implicit.values()) yield direction;
  }

  /** A node began or ceased to forward. */
  changed(): void {
    this.#firstHops.clear();
  }

  #set(from: Node, to: Node, conditions: ExactConditions): void {
    let links = this.#links.get(from.name);
    if (links === undefined) {
      links = new Map();
      this.#links.set(from.name, links);
    }
    const known = links.get(to.name) ?? this.#implicit.get(keyOf(from, to));
    if (known === undefined) {
      links.set(to.name, new DirectionHop(new Direction(this.#network, from, to, conditions)));
    } else {
      known.direction.conditions = conditions;
      links.set(to.name, known);
      this.#implicit.delete(keyOf(from, to));
    }
  }

  #direct(from: Node, to: Node): DirectionHop {
    const key = keyOf(from, to);
    let hop = this.#implicit.get(key);
    if (hop === undefined) {
      hop = new DirectionHop(new Direction(this.#network, from, to, this.#defaults));
      this.#implicit.set(key, hop);
    }
    return hop;
  }

  /** Breadth first, over nodes that forward. */
  #firstHopsOf(from: Node): ReadonlyMap<string, DirectionHop> {
    const known = this.#firstHops.get(from.name);
    if (known !== undefined) return known;
    const first = new Map<string, DirectionHop>();
    const queue: { readonly node: Node; readonly via: DirectionHop | undefined }[] = [
      { node: from, via: undefined },
    ];
    for (const { node, via } of queue) {
      if (node !== from && !node.forwards) continue;
      for (const [name, hop] of this.#links.get(node.name) ?? []) {
        if (name === from.name || first.has(name)) continue;
        first.set(name, via ?? hop);
        queue.push({ node: hop.direction.to, via: via ?? hop });
      }
    }
    this.#firstHops.set(from.name, first);
    return first;
  }
}

const keyOf = (from: Node, to: Node): string => `${from.name}\0${to.name}`;

class DirectionHop implements Hop {
  readonly direction: Direction;

  constructor(direction: Direction) {
    this.direction = direction;
  }

  get nextHop(): string {
    return this.direction.to.name;
  }

  get mtu(): number {
    return this.direction.mtu;
  }

  send(packet: Packet): void {
    this.direction.send(packet);
  }
}
