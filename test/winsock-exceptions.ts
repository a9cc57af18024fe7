import type { Exceptions } from "./platform.ts";

// What Windows or another lacks, or Wine does otherwise, in the way of many tests.

export const resetsHidden: Exceptions = {
  wine: "Wine reads the end of data; Windows says WSAECONNRESET (recv, WSAECONNRESET)",
};

export const answersHidden: Exceptions = {
  wine: "Wine keeps to itself what a host answers to a datagram; Windows says WSAECONNRESET (recvfrom, WSAECONNRESET)",
};

export const noUnixStreams: Exceptions = {
  wine: "Wine has no AF_UNIX",
};

export const noUnixDatagrams: Exceptions = {
  windows: "Windows has no datagrams over unix sockets",
};

export const noAbstractNames: Exceptions = {
  windows: "abstract names are Linux's own",
};

export const noReusePort: Exceptions = {
  windows: "Windows has no SO_REUSEPORT",
};

export const noDescriptorLimit: Exceptions = {
  windows: "a process of Windows has no limit of handles that could be lowered",
  deno: "Deno itself may panic where it has no descriptor left (2.9)",
};
