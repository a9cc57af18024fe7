import type { HostTables } from "./host-tables.ts";
import { noListenerCounters } from "./no-listener-counters.ts";

/** A system whose tables berkeley cannot read: it returns nothing, and says so. */
export function unavailableHostTables(name: string): HostTables {
  const reason = `berkeley cannot list sockets on ${name} yet`;
  return {
    sockets: {
      internetSockets: () => undefined,
      isListenedOn: () => undefined,
      unixSockets: () => undefined,
      filesTellSockets: true,
      unavailable: { internet: reason, unix: reason, bound: `berkeley cannot see on ${name}` },
      leavesBindOpen: false,
      lacksBoundSockets: () => true,
      listsUnixSockets: true,
    },
    processes: {
      holdersOf: () => ({ of: () => [], hidden: 0 }),
      readProcess: () => undefined,
      userNames: () => (uid) => `${uid}`,
      ownPid: () => process.pid,
      openProcess: () => "not supported",
    },
    ports: {
      ephemeralRange: () => undefined,
      reservedPorts: () => () => false,
      privilegedBelow: () => undefined,
    },
    listenerCounters: noListenerCounters,
    terms: {
      ephemeralRange: "the range from which the system chooses ports",
      reservedPorts: "the reserved ports",
      privilege: { rule: "those below 1024", lacks: "it" },
      advice: {
        privileged: () => [],
        addresses: "ifconfig",
        portsUsedUp: [{ message: "See which processes have them.", command: "netstat -an" }],
        remove: "rm",
        makeDirectory: "mkdir -p",
        asRoot: (command) => ({ message: "Run it as root to see more.", command: `sudo ${command}` }),
        excluded: [],
        unavailable: { message: "See what is open.", command: "sockstat -l" },
      },
      service: () => undefined,
    },
  };
}
