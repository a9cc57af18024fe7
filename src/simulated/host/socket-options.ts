import { options } from "../../system/linux/options.ts";
import { anyInt, asFlag, between, optionTable, type SimpleOption } from "./simple-option.ts";

type Name = keyof typeof options;

const option = (name: Name, accept: SimpleOption["accept"], initial = 0): SimpleOption => ({
  ...options[name],
  initial,
  minimum: 4,
  accept,
});

const MAX = 0x7fffffff;

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
  TIMESTAMPING: option("SO_TIMESTAMPING", between(0, (1 << 18) - 1)),
  TIMESTAMPNS: option("SO_TIMESTAMPNS", asFlag),
  WIFI_STATUS: option("SO_WIFI_STATUS", asFlag),
  ZEROCOPY: option("SO_ZEROCOPY", between(0, 1)),
} satisfies Readonly<Record<string, SimpleOption>>;

export const socketOptions = optionTable(SOCKET_OPTION);
