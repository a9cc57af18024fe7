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

// The constants of this machine's system, under their C names. The compiler types every system's
// names as numbers; reading one that this system lacks throws. Test with `"NETLINK" in AF` first.

/** Address families: the first argument of `socket()`. */
export const AF: AddressFamilies = all("AF", host.constants.AF);

/** Protocols: the third argument of `socket()`; 0 is the type's default. */
export const IPPROTO: Protocols = all("IPPROTO", host.constants.IPPROTO);

/** Flags of `send()` and `recv()`, combined with `|`. */
export const MSG: MessageFlags = all("MSG", host.constants.MSG);

/** Events of `poll()`, combined with `|`. */
export const POLL: PollEvents = all("POLL", host.constants.POLL);

/** The directions that `shutdown()` closes: its second argument. */
export const SHUT: Shutdowns = all("SHUT", host.constants.SHUT);

/** Socket types: the second argument of `socket()`. */
export const SOCK: SocketTypes = all("SOCK", host.constants.SOCK);

/** Option levels, besides the protocols of `IPPROTO`: the first argument of `rawOption()`. */
export const SOL: OptionLevels = all("SOL", host.constants.SOL);

/**
 * The largest backlog according to `<sys/socket.h>`. The kernel's own limit may differ: on Linux,
 * `net.core.somaxconn`.
 */
export const SOMAXCONN = host.constants.SOMAXCONN;

/**
 * The system's constants. Any other name falls through to their prototype, which throws.
 */
function all<Names extends object>(prefix: string, numbers: Partial<Names>): Names {
  const lacking = new Proxy(Object.prototype, {
    get(target, name, receiver) {
      if (typeof name === "symbol" || !/^[A-Z]/.test(name)) return Reflect.get(target, name, receiver);
      throw unavailable(`${host.name} has no ${prefix}_${name}; test for it with \`"${name}" in ${prefix}\``);
    },
  });
  // Every read either returns a number or throws.
  return Object.assign(Object.create(lacking), numbers);
}
