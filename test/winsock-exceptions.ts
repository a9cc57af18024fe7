import type { Exceptions } from "./platform.ts";

// Features that Windows or other systems lack, or Wine implements differently, for use in many
// tests.

export const resetsHidden: Exceptions = {
  wine: "Wine reads the end of data; Windows reports WSAECONNRESET (recv, WSAECONNRESET)",
};

export const answersHidden: Exceptions = {
  wine:
    "Wine does not report a host's response to a datagram; Windows reports " +
    "WSAECONNRESET (recvfrom, WSAECONNRESET)",
};

export const noUnixStreams: Exceptions = {
  wine: "Wine has no AF_UNIX",
};

export const noUnixDatagrams: Exceptions = {
  windows: "Windows has no datagrams over unix sockets",
};

export const noAbstractNames: Exceptions = {
  windows: "only Linux has abstract names",
};

export const noReusePort: Exceptions = {
  windows: "Windows has no SO_REUSEPORT",
};

export const noDescriptorLimit: Exceptions = {
  windows: "Windows has no limit on a process's handles that could be lowered",
  deno: "Deno itself may panic if it has no descriptor left (2.9)",
};
