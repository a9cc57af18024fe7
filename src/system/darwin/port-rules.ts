import type { PortRules } from "../host-tables.ts";
import type { DarwinLibc } from "./darwin.ts";
import { sysctlInt } from "./sysctl.ts";

/** IPPORT_RESERVED of netinet/in.h. */
const IPPORT_RESERVED = 1024;

/** macOS: sysctl(3). */
export function portRulesOver({ sysctlbyname }: Pick<DarwinLibc, "sysctlbyname">): PortRules {
  return {
    ephemeralRange() {
      const first = sysctlInt(sysctlbyname, "net.inet.ip.portrange.first");
      const last = sysctlInt(sysctlbyname, "net.inet.ip.portrange.last");
      return first === undefined || last === undefined ? undefined : { first, last };
    },
    reservedPorts: () => () => false,
    // Anyone may bind the wildcards (in_pcbbind in bsd/netinet/in_pcb.c, since macOS 10.14).
    privilegedBelow(address) {
      const isWildcard = address.every((byte) => byte === 0);
      return isWildcard || process.geteuid?.() === 0 ? undefined : IPPORT_RESERVED;
    },
  };
}
