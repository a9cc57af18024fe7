import { readOnly } from "./option.ts";
import { mptcpInfo } from "./structures/mptcp-info.ts";
import { mptcpSubflowAddrs, mptcpTcpinfo } from "./structures/mptcp-subflows.ts";

/**
 * Options of SOL_MPTCP, under their C names; options of TCP apply to MPTCP, too. MPTCP_FULL_INFO is
 * omitted: it is the same as these three.
 */
export const MPTCP = {
  /** The state of the connection; Linux 5.16. OptionNotSupported if it is plain TCP. */
  INFO: readOnly("MPTCP_INFO", mptcpInfo),
  /**
   * The addresses of each path; Linux 5.16. Before the socket is connected there is none, or, as on
   * Linux 6.1, one with the addresses 0.0.0.0 or ::.
   */
  SUBFLOW_ADDRS: readOnly("MPTCP_SUBFLOW_ADDRS", mptcpSubflowAddrs),
  /** `TCP.INFO` of each path, in the order of SUBFLOW_ADDRS; Linux 5.16. */
  TCPINFO: readOnly("MPTCP_TCPINFO", mptcpTcpinfo),
};
