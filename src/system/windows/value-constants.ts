import { noFamilyConstants } from "../family-constants.ts";
import type { ValueConstants } from "../value-constants.ts";

// IP_PMTUDISC_ is from ws2ipdef.h, and the states of TCP from mstcpip.h: TCPSTATE_CLOSED and so on.
export const valueConstants: ValueConstants = {
  ...noFamilyConstants,
  AI: {},
  ETH_P: {},
  IFF: {},
  IPV6_PMTUDISC: { DO: 1, DONT: 2, PROBE: 3 },
  IPV6_PREFER_SRC: {},
  IP_PMTUDISC: { DO: 1, DONT: 2, PROBE: 3 },
  NETLINK_FAMILY: {},
  NI: {},
  PACKET_TYPE: {},
  SOF_TIMESTAMPING: {},
  SOF_TXTIME: {},
  SO_EE_CODE: {},
  SO_EE_ORIGIN: {},
  TCP_STATE: {
    CLOSE: 0,
    CLOSE_WAIT: 7,
    CLOSING: 8,
    ESTABLISHED: 4,
    FIN_WAIT1: 5,
    FIN_WAIT2: 6,
    LAST_ACK: 9,
    LISTEN: 1,
    SYN_RECV: 3,
    SYN_SENT: 2,
    TIME_WAIT: 10,
  },
  UDP_ENCAP: {},
  VMADDR: {},
};
