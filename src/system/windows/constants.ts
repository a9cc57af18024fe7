import type { Constants } from "../constants.ts";
import { somaxconn } from "../somaxconn.ts";
import { valueConstants } from "./value-constants.ts";

// Sorted by C name. From winsock2.h, ws2def.h and ws2tcpip.h of the Windows SDK; the numbers are
// the same on x64 and arm64. AF_UNIX is from afunix.h.
export const constants: Constants = {
  ...valueConstants,
  AF: {
    APPLETALK: 16,
    BLUETOOTH: 32, // AF_BTH
    HYPERV: 34,
    INET: 2,
    INET6: 23,
    IPX: 6,
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
    AH: 51,
    DSTOPTS: 60,
    EGP: 8,
    ESP: 50,
    FRAGMENT: 44,
    HOPOPTS: 0,
    ICMP: 1,
    ICMPV6: 58,
    IDP: 22,
    IGMP: 2,
    IP: 0,
    IPV6: 41,
    L2TP: 115,
    NONE: 59,
    PIM: 103,
    PUP: 12,
    RAW: 255,
    ROUTING: 43,
    SCTP: 132,
    TCP: 6,
    UDP: 17,
  },
  // SD_RECEIVE, SD_BOTH and SD_SEND.
  SHUT: { RD: 0, RDWR: 2, WR: 1 },
  MSG: {
    CTRUNC: 0x200,
    DONTROUTE: 0x4,
    OOB: 0x1,
    PEEK: 0x2,
    TRUNC: 0x100,
    WAITALL: 0x8,
  },
  POLL: {
    ERR: 0x1,
    HUP: 0x2,
    IN: 0x300,
    NVAL: 0x4,
    OUT: 0x10,
    PRI: 0x400,
    RDBAND: 0x200,
    RDNORM: 0x100,
    WRBAND: 0x20,
    WRNORM: 0x10,
  },
  SOL: { SOCKET: 0xffff },
  SOMAXCONN: somaxconn.win32,
};
