import { unavailable } from "../errors/argument.ts";
import type { Constants } from "../system/constants.ts";
import { currentSystem, onLinux } from "../system/current.ts";
import { constants as linux } from "../system/linux/constants.ts";
import { ofCurrentSystem } from "./of-current-system.ts";

type Group = Exclude<keyof Constants, "SOMAXCONN">;

/**
 * The constants of the System that the code runs on. On Linux they are the same everywhere, since
 * simulated hosts have Linux's, and reading one costs nothing.
 */
export function constantsOf<Names extends object>(prefix: Group): Names {
  const lacking = lackingNames(prefix);
  // Reading a property either returns a number or throws.
  return onLinux
    ? Object.assign(Object.create(lacking), linux[prefix])
    : ofCurrentSystem(() => currentSystem().constants[prefix], lacking);
}

/** The prototype of the constants, which handles names that the system lacks. */
function lackingNames(prefix: string): object {
  return new Proxy(Object.prototype, {
    get(target, name, receiver) {
      if (typeof name === "symbol" || !/^[A-Z0-9]/.test(name)) return Reflect.get(target, name, receiver);
      const system = currentSystem().name;
      throw unavailable(`${system} has no ${prefix}_${name}; test for it with \`"${name}" in ${prefix}\``);
    },
  });
}
