import { readOnly } from "./option.ts";
import { mptcpInfo } from "./structures/mptcp-info.ts";

/** Options of SOL_MPTCP, under their C names; options of TCP apply to MPTCP, too. */
export const MPTCP = {
  /** The state of the connection; Linux 5.16. OptionNotSupported if it is plain TCP. */
  INFO: readOnly("MPTCP_INFO", mptcpInfo),
};
