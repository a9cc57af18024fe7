import type { PortRules } from "../host-tables.ts";

/** Windows: no port is privileged, and no call returns its ranges, which netsh(1) shows. */
export const portRules: PortRules = {
  ephemeralRange: () => undefined,
  reservedPorts: () => () => false,
  privilegedBelow: () => undefined,
};
