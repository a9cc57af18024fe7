import type { HostTerms } from "../host-tables.ts";

/** Linux: sysctl(8), ip(8), ss(8). */
export const terms: HostTerms = {
  ephemeralRange: "net.ipv4.ip_local_port_range",
  reservedPorts: "net.ipv4.ip_local_reserved_ports",
  privilege: { rule: "net.ipv4.ip_unprivileged_port_start", lacks: "CAP_NET_BIND_SERVICE" },
  advice: {
    privileged: (port) => [
      {
        message: "Or let every user bind it.",
        command: `sudo sysctl net.ipv4.ip_unprivileged_port_start=${port}`,
      },
    ],
    addresses: "ip address",
    portsUsedUp: [
      { message: "List the connections.", command: "ss -tanp" },
      {
        message: "Or widen the range.",
        command: 'sudo sysctl net.ipv4.ip_local_port_range="10240 65535"',
      },
    ],
    remove: "rm",
    makeDirectory: "mkdir -p",
    asRoot: (command) => ({ message: "Ask as root, which sees every process.", command: `sudo ${command}` }),
    excluded: [],
    unavailable: undefined,
  },
  service: () => undefined,
};
