import type { HostTerms } from "../host-tables.ts";

/** The ports of the AirPlay Receiver in macOS 12 and later, and the processes that own them. */
const AIRPLAY_PORTS = [5000, 7000];
const AIRPLAY = /^(ControlCe|AirPlayXPC)/;

/** macOS: sysctl(8), lsof(8). */
export const words: HostTerms = {
  ephemeralRange: "net.inet.ip.portrange.first and .last",
  reservedPorts: "none",
  privilege: { rule: "at a specific address; not at the wildcard", lacks: "root's rights" },
  advice: {
    privileged: () => [{ message: "Or bind to all addresses: the wildcard is not privileged." }],
    addresses: "ifconfig",
    portsUsedUp: [
      { message: "See which processes have them.", command: "netstat -anv -p tcp" },
      { message: "Or widen the range.", command: "sudo sysctl net.inet.ip.portrange.first=16384" },
    ],
    remove: "rm",
    makeDirectory: "mkdir -p",
    asRoot: (command) => ({ message: "Run it as root to see more.", command: `sudo ${command}` }),
    excluded: [],
    unavailable: undefined,
  },
  service({ name }, port) {
    if (!AIRPLAY_PORTS.includes(port) || !AIRPLAY.test(name)) return undefined;
    return {
      name: "AirPlay Receiver",
      advice: {
        message:
          "Choose another port, or switch AirPlay Receiver off: System Settings > General > AirDrop & Handoff.",
      },
    };
  },
};
