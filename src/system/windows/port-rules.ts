import type { PortRules } from "../host-tables.ts";

/** Windows: no port needs a privilege, and no call tells of its ranges, which netsh(1) shows. */
export const portRules: PortRules = {
  ephemeralRange: () => undefined,
  reservedPorts: () => () => false,
  privilegedBelow: () => undefined,
};
