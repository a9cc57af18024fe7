import { noFamilyConstants } from "../family-constants.ts";
import type { ValueConstants } from "../value-constants.ts";
import { TCPS } from "./tcp-state.ts";

/**
 * macOS and FreeBSD name only the states of TCP (netinet/tcp_fsm.h), and have their own numbers for
 * AI and NI.
 */
export const valueConstants = {
  ...noFamilyConstants,
  AI: {},
  ETH_P: {},
  IFF: {},
  IPV6_PMTUDISC: {},
  IPV6_PREFER_SRC: {},
  IP_PMTUDISC: {},
  NETLINK_FAMILY: {},
  NI: {},
  PACKET_TYPE: {},
  SOF_TIMESTAMPING: {},
  SOF_TXTIME: {},
  SO_EE_CODE: {},
  SO_EE_ORIGIN: {},
  TCP_STATE: {
    CLOSE: TCPS.CLOSED,
    CLOSE_WAIT: TCPS.CLOSE_WAIT,
    CLOSING: TCPS.CLOSING,
    ESTABLISHED: TCPS.ESTABLISHED,
    FIN_WAIT1: TCPS.FIN_WAIT_1,
    FIN_WAIT2: TCPS.FIN_WAIT_2,
    LAST_ACK: TCPS.LAST_ACK,
    LISTEN: TCPS.LISTEN,
    SYN_RECV: TCPS.SYN_RECEIVED,
    SYN_SENT: TCPS.SYN_SENT,
    TIME_WAIT: TCPS.TIME_WAIT,
  },
  UDP_ENCAP: {},
  VMADDR: {},
} satisfies ValueConstants;
