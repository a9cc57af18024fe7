import type { Constants } from "../constants.ts";

// Sorted by C name. From sys/socket.h, netinet/in.h and sys/poll.h; the numbers are the same on x64
// and arm64, and headers.test.ts checks each. AF_VSOCK is left out: its sockaddr_vm differs from
// Linux's. MSG_NOSIGNAL is newer than macOS 10.15, whose kernel ignores it; every socket also gets
// SO_NOSIGPIPE.
export const constants = {
  AF: {
    INET: 2,
    INET6: 30,
    LOCAL: 1,
    UNIX: 1,
    UNSPEC: 0,
  },
  SOCK: {
    DGRAM: 2,
    RAW: 3,
    RDM: 4,
    SEQPACKET: 5,
    STREAM: 1,
  },
  IPPROTO: {
    ICMP: 1,
    ICMPV6: 58,
    IGMP: 2,
    IP: 0,
    IPV6: 41,
    RAW: 255,
    SCTP: 132,
    TCP: 6,
    UDP: 17,
  },
  SHUT: {
    RD: 0,
    RDWR: 2,
    WR: 1,
  },
  MSG: {
    CTRUNC: 0x20,
    DONTROUTE: 0x4,
    DONTWAIT: 0x80,
    EOR: 0x8,
    NOSIGNAL: 0x80000,
    OOB: 0x1,
    PEEK: 0x2,
    TRUNC: 0x10,
    WAITALL: 0x40,
  },
  POLL: {
    ERR: 0x8,
    HUP: 0x10,
    IN: 0x1,
    NVAL: 0x20,
    OUT: 0x4,
    PRI: 0x2,
    RDBAND: 0x80,
    RDNORM: 0x40,
    WRBAND: 0x100,
    WRNORM: 0x4,
  },
  SOL: {
    LOCAL: 0,
    SOCKET: 65535,
  },
  SOMAXCONN: 128,
} satisfies Constants;
