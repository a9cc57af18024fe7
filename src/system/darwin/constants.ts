import { valueConstants } from "../bsd/value-constants.ts";
import type { Constants } from "../constants.ts";
import { somaxconn } from "../somaxconn.ts";

// Sorted by C name. From sys/socket.h, netinet/in.h and sys/poll.h; the numbers are the same on x64
// and arm64, and headers.test.ts checks each. AF_VSOCK is left out: its sockaddr_vm differs from
// Linux's. MSG_NOSIGNAL is newer than macOS 10.15, whose kernel ignores it; every socket also gets
// SO_NOSIGPIPE.
export const constants = {
  ...valueConstants,
  // netdb.h
  AI: {
    ADDRCONFIG: 0x400,
    ALL: 0x100,
    CANONNAME: 0x2,
    NUMERICHOST: 0x4,
    NUMERICSERV: 0x1000,
    PASSIVE: 0x1,
    V4MAPPED: 0x800,
    V4MAPPED_CFG: 0x200,
  },
  NI: { DGRAM: 0x10, NAMEREQD: 0x4, NOFQDN: 0x1, NUMERICHOST: 0x2, NUMERICSCOPE: 0x100, NUMERICSERV: 0x8 },

  AF: {
    APPLETALK: 16,
    INET: 2,
    INET6: 30,
    IPX: 23,
    ISDN: 28,
    LINK: 18,
    LOCAL: 1,
    ROUTE: 17,
    SYSTEM: 32,
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
    AH: 51,
    DSTOPTS: 60,
    EGP: 8,
    ENCAP: 98,
    ESP: 50,
    FRAGMENT: 44,
    GRE: 47,
    HOPOPTS: 0,
    ICMP: 1,
    ICMPV6: 58,
    IDP: 22,
    IGMP: 2,
    IP: 0,
    IPIP: 4,
    IPV6: 41,
    NONE: 59,
    PIM: 103,
    PUP: 12,
    RAW: 255,
    ROUTING: 43,
    RSVP: 46,
    SCTP: 132,
    TCP: 6,
    TP: 29,
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
  SOMAXCONN: somaxconn.darwin,
} satisfies Constants;
