import { options } from "../../system/linux/options.ts";
import {
  anyInt,
  asFlag,
  between,
  betweenOr,
  optionTable,
  Refused,
  type SimpleOption,
} from "./simple-option.ts";

type Name = keyof typeof options;

const of =
  (minimum: SimpleOption["minimum"]) =>
  (name: Name, accept: SimpleOption["accept"] = asFlag, initial = 0): SimpleOption => ({
    ...options[name],
    initial,
    minimum,
    accept,
  });

/** do_ip_setsockopt() reads an int, a byte, or takes nothing for 0; some options need a byte. */
const loose = of(0);
const byte = of(1);
const int = of(4);

const EINVAL = new Refused(-22);

/** lo and hi of IP_LOCAL_PORT_RANGE; 0 leaves that end as it is. */
function portRange(value: number): number | Refused {
  const [low, high] = [value & 0xffff, value >>> 16];
  return low !== 0 && high !== 0 && low > high ? EINVAL : value;
}

/** Options of IPPROTO_IP that are one int (net/ipv4/ip_sockglue.c). */
export const IP_OPTION = {
  BIND_ADDRESS_NO_PORT: loose("IP_BIND_ADDRESS_NO_PORT"),
  CHECKSUM: loose("IP_CHECKSUM"),
  FREEBIND: byte("IP_FREEBIND"),
  LOCAL_PORT_RANGE: int("IP_LOCAL_PORT_RANGE", portRange),
  MINTTL: byte("IP_MINTTL", between(0, 255)),
  /** IP_PMTUDISC_WANT. */
  MTU_DISCOVER: loose("IP_MTU_DISCOVER", between(0, 5), 1),
  MULTICAST_ALL: byte("IP_MULTICAST_ALL", between(0, 1), 1),
  MULTICAST_LOOP: byte("IP_MULTICAST_LOOP", asFlag, 1),
  MULTICAST_TTL: byte("IP_MULTICAST_TTL", betweenOr(0, 255, 1), 1),
  PASSSEC: loose("IP_PASSSEC"),
  PKTINFO: loose("IP_PKTINFO"),
  RECVERR: loose("IP_RECVERR"),
  RECVERR_RFC4884: loose("IP_RECVERR_RFC4884", between(0, 1)),
  RECVFRAGSIZE: loose("IP_RECVFRAGSIZE"),
  RECVOPTS: loose("IP_RECVOPTS"),
  RECVORIGDSTADDR: loose("IP_RECVORIGDSTADDR"),
  RECVTOS: loose("IP_RECVTOS"),
  RECVTTL: loose("IP_RECVTTL"),
  RETOPTS: loose("IP_RETOPTS"),
  TOS: loose("IP_TOS", (value) => value & 0xff),
  TRANSPARENT: byte("IP_TRANSPARENT"),
  /** -1 is the host's default: `hopLimit()` of a socket. */
  TTL: byte("IP_TTL", betweenOr(1, 255, -1), -1),
} satisfies Readonly<Record<string, SimpleOption>>;

/** Options of IPPROTO_IPV6 that are one int (net/ipv6/ipv6_sockglue.c). */
export const IPV6_OPTION = {
  "2292DSTOPTS": int("IPV6_2292DSTOPTS"),
  "2292HOPLIMIT": int("IPV6_2292HOPLIMIT"),
  "2292HOPOPTS": int("IPV6_2292HOPOPTS"),
  "2292PKTINFO": int("IPV6_2292PKTINFO"),
  "2292RTHDR": int("IPV6_2292RTHDR"),
  AUTOFLOWLABEL: loose("IPV6_AUTOFLOWLABEL", asFlag, 1),
  DONTFRAG: loose("IPV6_DONTFRAG"),
  FLOWINFO: int("IPV6_FLOWINFO"),
  FLOWINFO_SEND: int("IPV6_FLOWINFO_SEND"),
  FREEBIND: int("IPV6_FREEBIND"),
  MINHOPCOUNT: int("IPV6_MINHOPCOUNT", between(0, 255)),
  MTU_DISCOVER: int("IPV6_MTU_DISCOVER", between(0, 5), 1),
  MULTICAST_ALL: int("IPV6_MULTICAST_ALL", asFlag, 1),
  MULTICAST_HOPS: int("IPV6_MULTICAST_HOPS", betweenOr(0, 255, 1), 1),
  MULTICAST_LOOP: int("IPV6_MULTICAST_LOOP", between(0, 1), 1),
  RECVDSTOPTS: int("IPV6_RECVDSTOPTS"),
  RECVERR: int("IPV6_RECVERR"),
  RECVERR_RFC4884: int("IPV6_RECVERR_RFC4884", between(0, 1)),
  RECVFRAGSIZE: loose("IPV6_RECVFRAGSIZE"),
  RECVHOPLIMIT: int("IPV6_RECVHOPLIMIT"),
  RECVHOPOPTS: int("IPV6_RECVHOPOPTS"),
  RECVORIGDSTADDR: int("IPV6_RECVORIGDSTADDR"),
  RECVPATHMTU: int("IPV6_RECVPATHMTU"),
  RECVPKTINFO: int("IPV6_RECVPKTINFO"),
  RECVRTHDR: int("IPV6_RECVRTHDR"),
  RECVTCLASS: int("IPV6_RECVTCLASS"),
  ROUTER_ALERT_ISOLATE: int("IPV6_ROUTER_ALERT_ISOLATE"),
  TCLASS: int("IPV6_TCLASS", betweenOr(0, 255, 0)),
  TRANSPARENT: int("IPV6_TRANSPARENT"),
  UNICAST_HOPS: int("IPV6_UNICAST_HOPS", betweenOr(0, 255, -1), -1),
  V6ONLY: int("IPV6_V6ONLY"),
  /** The fragment size that IPV6_MTU set; 0 if none. Reading IPV6_MTU is something else. */
  MTU: int("IPV6_MTU", (value) => (value !== 0 && value < 1280 ? EINVAL : value)),
  /** Source address preferences, as they are read; set through a table of its own. */
  ADDR_PREFERENCES: int("IPV6_ADDR_PREFERENCES", anyInt, 0x500),
} satisfies Readonly<Record<string, SimpleOption>>;

export const ipOptions = optionTable(IP_OPTION);
export const ipv6Options = optionTable(IPV6_OPTION);
