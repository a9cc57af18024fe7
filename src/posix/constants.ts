import { unavailable } from "../errors/argument.ts";
import type {
  AddressFamilies,
  MessageFlags,
  OptionLevels,
  PollEvents,
  Protocols,
  Shutdowns,
  SocketTypes,
} from "../system/constants.ts";
import { host } from "../system/host.ts";

export type { AddressFamilies, MessageFlags, OptionLevels, PollEvents, Protocols, Shutdowns, SocketTypes };

// The constants of this machine's system, under their C names. Every name of every system is a
// number to the compiler; one that this system lacks throws when it is read, and `"NETLINK" in AF`
// tells beforehand.

/** Address families: the first argument of `socket()`. */
export const AF: AddressFamilies = all("AF", host.constants.AF);

/** Protocols: the third argument of `socket()`; 0 is the usual one of the type. */
export const IPPROTO: Protocols = all("IPPROTO", host.constants.IPPROTO);

/** Flags of `send()` and `recv()`, combined with `|`. */
export const MSG: MessageFlags = all("MSG", host.constants.MSG);

/** Events of `poll()`, combined with `|`. */
export const POLL: PollEvents = all("POLL", host.constants.POLL);

/** What `shutdown()` ends. */
export const SHUT: Shutdowns = all("SHUT", host.constants.SHUT);

/** Socket types: the second argument of `socket()`. */
export const SOCK: SocketTypes = all("SOCK", host.constants.SOCK);

/** Levels of options, beside the protocols of `IPPROTO`: the first argument of `rawOption()`. */
export const SOL: OptionLevels = all("SOL", host.constants.SOL);

/**
 * The largest backlog that `<sys/socket.h>` names. The kernel's own limit may differ: on Linux,
 * `net.core.somaxconn`.
 */
export const SOMAXCONN = host.constants.SOMAXCONN;

/**
 * The constants that the system has. What is not among them is looked up in their prototype, which
 * throws.
 */
function all<Names extends object>(prefix: string, numbers: Partial<Names>): Names {
  const lacking = new Proxy(Object.prototype, {
    get(target, name, receiver) {
      if (typeof name === "symbol" || !/^[A-Z]/.test(name)) return Reflect.get(target, name, receiver);
      throw unavailable(`${host.name} has no ${prefix}_${name}; test for it with \`"${name}" in ${prefix}\``);
    },
  });
  // A name that is read is a number, or has thrown.
  return Object.assign(Object.create(lacking), numbers);
}
