// Code that must, and code that must not, compile; it is never run.
import { same } from "../../test/same-type.ts";
import type { ErrorOrigins } from "../system/value-constants.ts";
import {
  AF,
  AI,
  ETH_P,
  IFF,
  type IN6ADDR,
  INADDR,
  IP_PMTUDISC,
  IPPROTO,
  IPV6_PMTUDISC,
  NETLINK_FAMILY,
  NI,
  PACKET_TYPE,
  SO_EE_ORIGIN,
  SOF_TIMESTAMPING,
  SOL,
  TCP_STATE,
  VMADDR,
} from "./constants.ts";
import { ALG_OP, BTPROTO, CAN, TIPC_SCOPE } from "./family-constants.ts";
import { SCTP_EVENT } from "./sctp-constants.ts";

export function namesAreNumbers(): void {
  const { DO } = IP_PMTUDISC;
  same<typeof DO, number>(true);
  const { ROUTE } = NETLINK_FAMILY;
  same<typeof ROUTE, number>(true);
  const { TX_SOFTWARE } = SOF_TIMESTAMPING;
  same<typeof TX_SOFTWARE, number>(true);
  const { ESTABLISHED } = TCP_STATE;
  same<typeof ESTABLISHED, number>(true);
  const { HOST } = PACKET_TYPE;
  same<typeof HOST, number>(true);
  const flags: number = IFF.UP | AI.PASSIVE | NI.DGRAM | ETH_P.IP | SO_EE_ORIGIN.ICMP | VMADDR.CID_ANY;
  const others: number = AF.TIPC | AF.QIPCRTR | IPPROTO.GRE | IPPROTO.ESP | SOL.NETLINK;
  const families: number = ALG_OP.ENCRYPT | BTPROTO.L2CAP | CAN.EFF_FLAG | SCTP_EVENT.ASSOC_CHANGE;
  same<typeof families, number>(true);
  const scope: number = TIPC_SCOPE.NODE | IPV6_PMTUDISC.DO;
  same<typeof scope, number>(true);
  same<typeof SO_EE_ORIGIN, ErrorOrigins>(true);
  same<typeof flags, typeof others>(true);
}

export function addressesAreText(): void {
  same<typeof INADDR.LOOPBACK, "127.0.0.1">(true);
  same<typeof IN6ADDR.ANY, "::">(true);
}

export function onlyWhatIsThere(): void {
  // @ts-expect-error it is spelled DONT
  void IP_PMTUDISC.DO_NOT;
  // @ts-expect-error the prefix is the group's
  void TCP_STATE.TCP_ESTABLISHED;
  // @ts-expect-error a family is not a protocol
  void IPPROTO.UNIX;
  // @ts-expect-error an option is not a value
  void CAN.RAW_FILTER;
  // @ts-expect-error a flag of interfaces is not one of getaddrinfo()
  void AI.UP;
  // @ts-expect-error constants cannot be reassigned
  IFF.UP = 2;
  // @ts-expect-error nor can addresses
  INADDR.ANY = "127.0.0.1";
}
