import type { OptionNumber } from "../system.ts";
import { constants } from "./constants.ts";

const { IPPROTO, SOL } = constants;

/**
 * Options whose value contains an address in the process's memory, ordered by level. A number
 * counts for both reading and setting, though most have a pointer in only one of them.
 */
export const pointerOptions: readonly OptionNumber[] = [
  { level: IPPROTO.IP, number: 64 }, // IPT_SO_SET_REPLACE: struct ipt_replace
  { level: IPPROTO.IP, number: 96 }, // ARPT_SO_SET_REPLACE: struct arpt_replace
  { level: IPPROTO.IP, number: 128 }, // EBT_SO_SET_ENTRIES, EBT_SO_GET_INFO: struct ebt_replace
  { level: IPPROTO.IP, number: 129 }, // EBT_SO_SET_COUNTERS, EBT_SO_GET_ENTRIES
  { level: IPPROTO.IP, number: 130 }, // EBT_SO_GET_INIT_INFO
  { level: IPPROTO.IP, number: 131 }, // EBT_SO_GET_INIT_ENTRIES
  { level: SOL.SOCKET, number: 26 }, // SO_ATTACH_FILTER, SO_GET_FILTER: struct sock_fprog
  { level: SOL.SOCKET, number: 51 }, // SO_ATTACH_REUSEPORT_CBPF: struct sock_fprog
  { level: IPPROTO.TCP, number: 35 }, // TCP_ZEROCOPY_RECEIVE: struct tcp_zerocopy_receive
  { level: IPPROTO.IPV6, number: 64 }, // IP6T_SO_SET_REPLACE: struct ip6t_replace
  { level: SOL.SCTP, number: 111 }, // SCTP_SOCKOPT_CONNECTX3: struct sctp_getaddrs_old
  { level: SOL.PACKET, number: 22 }, // PACKET_FANOUT_DATA: struct sock_fprog
  { level: SOL.RDS, number: 2 }, // RDS_GET_MR: struct rds_get_mr_args
  { level: SOL.RDS, number: 7 }, // RDS_GET_MR_FOR_DEST: struct rds_get_mr_for_dest_args
  { level: SOL.XDP, number: 4 }, // XDP_UMEM_REG: struct xdp_umem_reg
  { level: SOL.MPTCP, number: 4 }, // MPTCP_FULL_INFO: struct mptcp_full_info
];
