import type { HostTables } from "./host-tables.ts";
import { noListenerCounters } from "./no-listener-counters.ts";

/**
 * A system whose tables berkeley cannot read: reports every table as unavailable, with a reason.
 */
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
      ephemeralRange: "the range of ports",
      reservedPorts: "the ports kept back",
      privilege: { rule: "on most systems", lacks: "root privileges" },
      advice: {
        privileged: () => [],
        addresses: "ifconfig",
        portsUsedUp: [{ message: "List the connections.", command: "netstat -an" }],
        remove: "rm",
        makeDirectory: "mkdir -p",
        asRoot: (command) => ({
          message: "Ask as root, which sees every process.",
          command: `sudo ${command}`,
        }),
        excluded: [],
        unavailable: { message: "List the open sockets.", command: "sockstat -l" },
      },
      service: () => undefined,
    },
  };
}
