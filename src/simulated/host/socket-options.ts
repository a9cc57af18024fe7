import { errnos } from "../../system/linux/errno.ts";
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

const option = (name: Name, accept: SimpleOption["accept"], initial = 0): SimpleOption => ({
  ...options[name],
  initial,
  minimum: 4,
  accept,
});

const MAX = 0x7fffffff;

// include/uapi/linux/net_tstamp.h
const OPT_ID = 1 << 7;
const OPT_ID_TCP = 1 << 16;
const TIMESTAMPING_MASK = (1 << 18) - 1;

/** sock_set_timestamping(): kept, but no packet is stamped. */
function timestamping(value: number): number | Refused {
  const orphaned = (value & OPT_ID_TCP) !== 0 && (value & OPT_ID) === 0;
  return (value & ~TIMESTAMPING_MASK) !== 0 || orphaned ? new Refused(-errnos.EINVAL) : value;
}

/** Options of SOL_SOCKET that are one int and kept as such (sk_setsockopt in net/core/sock.c). */
export const SOCKET_OPTION = {
  BINDTOIFINDEX: option("SO_BINDTOIFINDEX", between(0, MAX)),
  BROADCAST: option("SO_BROADCAST", asFlag),
  BUF_LOCK: option("SO_BUF_LOCK", between(0, 3)),
  BUSY_POLL: option("SO_BUSY_POLL", between(0, MAX)),
  DEBUG: option("SO_DEBUG", asFlag),
  DONTROUTE: option("SO_DONTROUTE", asFlag),
  INCOMING_CPU: option("SO_INCOMING_CPU", anyInt, -1),
  KEEPALIVE: option("SO_KEEPALIVE", asFlag),
  LOCK_FILTER: option("SO_LOCK_FILTER", asFlag),
  MARK: option("SO_MARK", anyInt),
  NOFCS: option("SO_NOFCS", asFlag),
  NO_CHECK: option("SO_NO_CHECK", asFlag),
  OOBINLINE: option("SO_OOBINLINE", asFlag),
  PASSCRED: option("SO_PASSCRED", asFlag),
  PASSPIDFD: option("SO_PASSPIDFD", asFlag),
  PASSRIGHTS: option("SO_PASSRIGHTS", asFlag, 1),
  PASSSEC: option("SO_PASSSEC", asFlag),
  PEEK_OFF: option("SO_PEEK_OFF", anyInt, -1),
  PREFER_BUSY_POLL: option("SO_PREFER_BUSY_POLL", asFlag),
  PRIORITY: option("SO_PRIORITY", anyInt),
  RCVMARK: option("SO_RCVMARK", asFlag),
  RCVPRIORITY: option("SO_RCVPRIORITY", asFlag),
  REUSEADDR: option("SO_REUSEADDR", asFlag),
  REUSEPORT: option("SO_REUSEPORT", asFlag),
  RXQ_OVFL: option("SO_RXQ_OVFL", asFlag),
  SELECT_ERR_QUEUE: option("SO_SELECT_ERR_QUEUE", asFlag),
  TIMESTAMP: option("SO_TIMESTAMP", asFlag),
  TIMESTAMPING: option("SO_TIMESTAMPING", timestamping),
  TIMESTAMPNS: option("SO_TIMESTAMPNS", asFlag),
  TXREHASH: option("SO_TXREHASH", betweenOr(0, 1, 1), 1),
  WIFI_STATUS: option("SO_WIFI_STATUS", asFlag),
  ZEROCOPY: option("SO_ZEROCOPY", between(0, 1)),
} satisfies Readonly<Record<string, SimpleOption>>;

export const socketOptions = optionTable(SOCKET_OPTION);
