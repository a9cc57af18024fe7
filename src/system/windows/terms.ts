import type { HostTerms } from "../host-tables.ts";

/** The process of the kernel itself, whose http.sys listens for IIS, WinRM and others. */
const SYSTEM = 4;

/** Windows: netsh(1), netstat(1), for a command prompt or PowerShell. */
export const terms: HostTerms = {
  ephemeralRange: "netsh int ipv4 show dynamicport tcp",
  reservedPorts: "netsh int ipv4 show excludedportrange tcp",
  privilege: { rule: "none", lacks: "none" },
  advice: {
    privileged: () => [],
    addresses: "ipconfig",
    portsUsedUp: [{ message: "List the connections.", command: "netstat -ano" }],
    remove: "del",
    makeDirectory: "mkdir",
    asRoot: (command) => ({ message: "Ask again in a terminal of an administrator.", command }),
    excluded: [
      {
        message: "See which ranges are excluded.",
        command: "netsh int ipv4 show excludedportrange protocol=tcp",
      },
      {
        message:
          "Those without a * are often Hyper-V's or WSL's, which choose anew when the service winnat starts again.",
      },
    ],
    unavailable: { message: "See whose it is.", command: "netstat -qano" },
  },
  service({ pid }) {
    if (pid !== SYSTEM) return undefined;
    return {
      name: "http.sys, in the kernel",
      advice: { message: "See for which service it listens.", command: "netsh http show servicestate" },
    };
  },
};
