import { unavailable } from "../errors/argument.ts";
import type {
  AddressFamilies,
  Constants,
  MessageFlags,
  OptionLevels,
  PollEvents,
  Protocols,
  Shutdowns,
  SocketTypes,
} from "../system/constants.ts";
import { currentSystem, machineSystem, onLinux } from "../system/current.ts";
import { constants as linux } from "../system/linux/constants.ts";
import { ofCurrentSystem } from "./of-current-system.ts";

export type { AddressFamilies, MessageFlags, OptionLevels, PollEvents, Protocols, Shutdowns, SocketTypes };

// The constants of this machine's system, or of the simulated host that the code runs on, under
// their C names. The compiler types every system's names as numbers; reading one that this system
// lacks throws. Test with `"NETLINK" in AF` first.

type Group = Exclude<keyof Constants, "SOMAXCONN">;

/** Address families: the first argument of `socket()`. */
export const AF: AddressFamilies = all("AF");

/** Protocols: the third argument of `socket()`; 0 is the type's default. */
export const IPPROTO: Protocols = all("IPPROTO");

/** Flags of `send()` and `recv()`, combined with `|`. */
export const MSG: MessageFlags = all("MSG");

/** Events of `poll()`, combined with `|`. */
export const POLL: PollEvents = all("POLL");

/** The directions that `shutdown()` closes: its second argument. */
export const SHUT: Shutdowns = all("SHUT");

/** Socket types: the second argument of `socket()`. */
export const SOCK: SocketTypes = all("SOCK");

/** Option levels, besides the protocols of `IPPROTO`: the first argument of `rawOption()`. */
export const SOL: OptionLevels = all("SOL");

/**
 * The largest backlog according to `<sys/socket.h>`. The kernel's own limit may differ: on Linux,
 * `net.core.somaxconn`. Always this machine's, also on a simulated host.
 */
export const SOMAXCONN: number =
  (onLinux ? undefined : machineSystem()?.constants.SOMAXCONN) ?? linux.SOMAXCONN;

/**
 * The constants of the System that the code runs on. On Linux they are the same everywhere, since
 * simulated hosts have Linux's, and reading one costs nothing.
 */
function all<Names extends object>(prefix: Group): Names {
  const lacking = lackingNames(prefix);
  // Every read either returns a number or throws.
  return onLinux
    ? Object.assign(Object.create(lacking), linux[prefix])
    : ofCurrentSystem(() => currentSystem().constants[prefix], lacking);
}

/** The prototype of the constants, where names end that the system lacks. */
function lackingNames(prefix: string): object {
  return new Proxy(Object.prototype, {
    get(target, name, receiver) {
      if (typeof name === "symbol" || !/^[A-Z]/.test(name)) return Reflect.get(target, name, receiver);
      const system = currentSystem().name;
      throw unavailable(`${system} has no ${prefix}_${name}; test for it with \`"${name}" in ${prefix}\``);
    },
  });
}
