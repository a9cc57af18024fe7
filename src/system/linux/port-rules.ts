import type { PortRules } from "../host-tables.ts";
import { ephemeralRange, mayBindPrivilegedPorts, numericSetting, reservedPorts } from "./kernel-settings.ts";

/** Linux: the settings of ip(7). */
export const portRules: PortRules = {
  ephemeralRange,
  reservedPorts,
  privilegedBelow() {
    if (mayBindPrivilegedPorts()) return undefined;
    return numericSetting("net.ipv4.ip_unprivileged_port_start") ?? 1024;
  },
};
