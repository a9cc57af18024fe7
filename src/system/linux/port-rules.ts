import type { PortRules } from "../host-tables.ts";
import {
  ephemeralRange,
  mayBindPrivilegedPorts,
  numericSetting,
  reservedPorts,
  tellsBoundSockets,
} from "./kernel-settings.ts";

/** Linux: the settings of ip(7). */
export const portRules: PortRules = {
  ephemeralRange,
  reservedPorts,
  privilegedBelow() {
    if (mayBindPrivilegedPorts()) return undefined;
    return numericSetting("net.ipv4.ip_unprivileged_port_start") ?? 1024;
  },
  unavailable: (protocol) =>
    protocol === "udp" || tellsBoundSockets()
      ? undefined
      : "This kernel does not tell of sockets that are bound and do not listen; Linux 6.8 does.",
};
