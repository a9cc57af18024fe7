import type { HostTerms } from "../host-tables.ts";

/** The ports of the AirPlay Receiver in macOS 12 and later, and the processes that own them. */
const AIRPLAY_PORTS = [5000, 7000];
const AIRPLAY = /^(ControlCe|AirPlayXPC)/;

/** macOS: sysctl(8), lsof(8). */
export const terms: HostTerms = {
  ephemeralRange: "net.inet.ip.portrange.first and .last",
  reservedPorts: "none",
  privilege: { rule: "except on the wildcard", lacks: "root privileges" },
  advice: {
    privileged: () => [{ message: "Or bind to every address: the wildcard needs no privileges." }],
    addresses: "ifconfig",
    portsUsedUp: [
      { message: "List the connections.", command: "netstat -anv -p tcp" },
      { message: "Or widen the range.", command: "sudo sysctl net.inet.ip.portrange.first=16384" },
    ],
    remove: "rm",
    makeDirectory: "mkdir -p",
    asRoot: (command) => ({ message: "Ask as root, which sees every process.", command: `sudo ${command}` }),
    excluded: [],
    unavailable: undefined,
  },
  service({ name }, port) {
    if (!AIRPLAY_PORTS.includes(port) || !AIRPLAY.test(name)) return undefined;
    return {
      name: "AirPlay Receiver",
      advice: {
        message:
          "Choose another port, or switch AirPlay Receiver off: System Settings > General > AirDrop & " +
          "Handoff.",
      },
    };
  },
};
