// The C names in scripts, with Linux's numbers.
import { linuxNumbers } from "../../src/system/linux/numbers.ts";

const { constants, options, controls, errnos } = linuxNumbers;

/** `SOCK_STREAM` from `SOCK.STREAM`. */
function prefixed(group: string, numbers: object): [string, number][] {
  return Object.entries(numbers).map(([name, number]) => [`${group}_${name}`, Number(number)]);
}

const numbered = (table: Readonly<Record<string, { readonly number: number }>>): [string, number][] =>
  Object.entries(table).map(([name, { number }]) => [name, number]);

const poll: Readonly<Record<string, number>> = constants.POLL;

const table = new Map<string, number>([
  ...prefixed("AF", constants.AF),
  ...prefixed("PF", constants.AF),
  ...prefixed("SOCK", constants.SOCK),
  ...prefixed("IPPROTO", constants.IPPROTO),
  ...prefixed("SHUT", constants.SHUT),
  ...prefixed("MSG", constants.MSG),
  ...prefixed("SOL", constants.SOL),
  ...Object.entries(poll).flatMap(([name, number]): [string, number][] => [
    [`POLL${name}`, number],
    [`EPOLL${name}`, number],
  ]),
  ...numbered(options),
  ...numbered(controls),
  ...Object.entries(errnos),
  ["SOMAXCONN", constants.SOMAXCONN],
  // include/linux/socket.h
  ["SOL_IP", 0],
  ["SOL_TCP", 6],
  ["SOL_UDP", 17],
  ["SOL_IPV6", 41],
  // include/uapi/linux/eventpoll.h
  ["EPOLLONESHOT", 2 ** 30],
  ["EPOLLET", 2 ** 31],
  ["EPOLLEXCLUSIVE", 2 ** 28],
  ["EPOLL_CTL_ADD", 1],
  ["EPOLL_CTL_DEL", 2],
  ["EPOLL_CTL_MOD", 3],
  // include/uapi/asm-generic/fcntl.h
  ["F_GETFL", 3],
  ["F_SETFL", 4],
  ["O_RDONLY", 0],
  ["O_WRONLY", 1],
  ["O_RDWR", 2],
  ["O_NONBLOCK", 0o4000],
  // include/uapi/asm-generic/ioctls.h, include/uapi/linux/sockios.h
  ["FIONREAD", 0x541b],
  ["SIOCINQ", 0x541b],
  ["SIOCOUTQ", 0x5411],
  ["SIOCOUTQNSD", 0x894b],
  // include/uapi/linux/in.h
  ["IP_PMTUDISC_DONT", 0],
  ["IP_PMTUDISC_WANT", 1],
  ["IP_PMTUDISC_DO", 2],
  ["IP_PMTUDISC_PROBE", 3],
  ["IP_PMTUDISC_INTERFACE", 4],
  ["IP_PMTUDISC_OMIT", 5],
  // include/uapi/asm-generic/socket.h
  ["SCM_TIMESTAMPING", 37],
  // include/uapi/linux/tcp.h
  ["TCP_CM_INQ", 36],
  // include/uapi/linux/errqueue.h
  ["SO_EE_ORIGIN_LOCAL", 1],
  ["SO_EE_ORIGIN_ICMP", 2],
  ["SO_EE_ORIGIN_ICMP6", 3],
  ["SO_EE_ORIGIN_TIMESTAMPING", 4],
  ["SO_EE_ORIGIN_ZEROCOPY", 5],
  ["SCM_TSTAMP_SND", 0],
  ["SCM_TSTAMP_SCHED", 1],
  ["SCM_TSTAMP_ACK", 2],
  // include/uapi/linux/net_tstamp.h
  ["SOF_TIMESTAMPING_TX_HARDWARE", 1],
  ["SOF_TIMESTAMPING_TX_SOFTWARE", 2],
  ["SOF_TIMESTAMPING_RX_HARDWARE", 4],
  ["SOF_TIMESTAMPING_RX_SOFTWARE", 8],
  ["SOF_TIMESTAMPING_SOFTWARE", 16],
  ["SOF_TIMESTAMPING_RAW_HARDWARE", 64],
  ["SOF_TIMESTAMPING_OPT_ID", 128],
  ["SOF_TIMESTAMPING_TX_SCHED", 256],
  ["SOF_TIMESTAMPING_TX_ACK", 512],
  ["SOF_TIMESTAMPING_OPT_CMSG", 1024],
  ["SOF_TIMESTAMPING_OPT_TSONLY", 2048],
]);

/** The number of a C name, or undefined. */
export const symbol = (name: string): number | undefined => table.get(name);

/** The name of an errno. */
export const errnoName = (errno: number): string => linuxNumbers.errnoName(errno) ?? `errno ${errno}`;

// include/net/tcp_states.h, include/uapi/linux/tcp.h
const STATES = ["ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "CLOSE"];
const MORE_STATES = ["CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING"];
const CONGESTION = ["Open", "Disorder", "CWR", "Recovery", "Loss"];
const OPTIONS = ["TIMESTAMPS", "SACK", "WSCALE", "ECN", "ECN_SEEN", "SYN_DATA", "USEC_TS", "TFO_CHILD"];

/** The C names in the Python statements of scripts. */
export const pythonSymbols: ReadonlyMap<string, number> = new Map([
  ...[...STATES, ...MORE_STATES].map((name, index): [string, number] => [`TCP_${name}`, index + 1]),
  ...CONGESTION.map((name, index): [string, number] => [`TCP_CA_${name}`, index]),
  ...OPTIONS.map((name, index): [string, number] => [`TCPI_OPT_${name}`, 1 << index]),
]);
