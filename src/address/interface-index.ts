import { argumentType, int, integer, kind, outOfRange } from "../errors/argument.ts";
import type { System } from "../system/system.ts";

/** The index of a network interface, or its name. */
export type InterfaceReference = number | string;

/** The index of an interface given by index or by name; 0 is none. */
export function interfaceIndex(field: string, value: InterfaceReference, system: System): number {
  return typeof value === "string"
    ? indexOfName(field, value, system)
    : integer(field, interfaceReference(field, value), 0, 0x7fffffff);
}

/** Throws a TypeError if it is neither. */
export function interfaceReference(field: string, value: number): number {
  if (typeof value === "number") return value;
  throw argumentType(`${field} must be the index or the name of an interface, not ${kind(value)}`);
}

/** Throws a RangeError if this machine has no interface of that name. */
export function indexOfName(field: string, name: string, system: System): number {
  // In C, a NUL would end the name.
  const index = name.includes("\0") ? -1 : system.if_nametoindex(name);
  if (index > 0) return index;
  throw outOfRange(`${field} must name a network interface of this machine, not ${JSON.stringify(name)}`);
}

/** The interface index in an address: any int, since the kernel may return one. */
export function ifindexOf(ifindex: InterfaceReference, system: System): number {
  const what = "the ifindex of an address";
  return typeof ifindex === "string"
    ? indexOfName(what, ifindex, system)
    : int(what, interfaceReference(what, ifindex));
}
