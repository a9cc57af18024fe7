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
    asRoot: (command) => ({ message: "Run it in an administrator's terminal to see more.", command }),
    excluded: [
      {
        message: "See which ranges are excluded.",
        command: "netsh int ipv4 show excludedportrange protocol=tcp",
      },
      {
        message:
          "Those without a * often belong to Hyper-V or WSL, which choose new ones when the service " +
          "winnat restarts.",
      },
    ],
    unavailable: { message: "See which process has it.", command: "netstat -qano" },
  },
  service({ pid }) {
    if (pid !== SYSTEM) return undefined;
    return {
      name: "http.sys, in the kernel",
      advice: { message: "See which service it listens for.", command: "netsh http show servicestate" },
    };
  },
};
