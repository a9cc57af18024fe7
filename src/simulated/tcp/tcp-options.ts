import { errnos } from "../../system/linux/errno.ts";
import { options } from "../../system/linux/options.ts";
import type { ValueResult } from "../../system/system.ts";
import { MICROSECOND, MILLISECOND, SECOND } from "../clock/virtual-clock.ts";
import { giveBytes, giveInt, takenInt } from "../host/option-value.ts";
import { SOCKET_OPTION } from "../host/socket-options.ts";
import { ACK } from "./ack-state.ts";
import { MIN_MSS, NAGLE, TICK, TIMEOUT_INIT } from "./constants.ts";
import type { ControlBlock } from "./control-block.ts";
import { isCongestionName } from "./create-congestion-control.ts";
import { acknowledgeRead } from "./delayed-ack.ts";
import { idleTime, keepaliveInterval, keepaliveProbes, keepaliveTime } from "./keepalive.ts";
import { pushPending } from "./output.ts";
import { currentMss } from "./path.ts";
import { isOneOf, STATE, states } from "./state.ts";

// The options of IPPROTO_TCP: do_tcp_setsockopt() and do_tcp_getsockopt().

const { EINVAL, ENOENT, ENOPROTOOPT, EPERM, EOPNOTSUPP } = errnos;
const number = (name: keyof typeof options & `TCP_${string}`): number => options[name].number;

const TCP = {
  NODELAY: number("TCP_NODELAY"),
  MAXSEG: number("TCP_MAXSEG"),
  CORK: number("TCP_CORK"),
  KEEPIDLE: number("TCP_KEEPIDLE"),
  KEEPINTVL: number("TCP_KEEPINTVL"),
  KEEPCNT: number("TCP_KEEPCNT"),
  SYNCNT: number("TCP_SYNCNT"),
  LINGER2: number("TCP_LINGER2"),
  DEFER_ACCEPT: number("TCP_DEFER_ACCEPT"),
  WINDOW_CLAMP: number("TCP_WINDOW_CLAMP"),
  INFO: number("TCP_INFO"),
  QUICKACK: number("TCP_QUICKACK"),
  CONGESTION: number("TCP_CONGESTION"),
  THIN_LINEAR_TIMEOUTS: number("TCP_THIN_LINEAR_TIMEOUTS"),
  THIN_DUPACK: number("TCP_THIN_DUPACK"),
  USER_TIMEOUT: number("TCP_USER_TIMEOUT"),
  REPAIR: number("TCP_REPAIR"),
  REPAIR_QUEUE: number("TCP_REPAIR_QUEUE"),
  QUEUE_SEQ: number("TCP_QUEUE_SEQ"),
  FASTOPEN: number("TCP_FASTOPEN"),
  TIMESTAMP: number("TCP_TIMESTAMP"),
  NOTSENT_LOWAT: number("TCP_NOTSENT_LOWAT"),
  CC_INFO: number("TCP_CC_INFO"),
  SAVE_SYN: number("TCP_SAVE_SYN"),
  SAVED_SYN: number("TCP_SAVED_SYN"),
  FASTOPEN_CONNECT: number("TCP_FASTOPEN_CONNECT"),
  FASTOPEN_NO_COOKIE: number("TCP_FASTOPEN_NO_COOKIE"),
  ULP: number("TCP_ULP"),
  INQ: number("TCP_INQ"),
  TX_DELAY: number("TCP_TX_DELAY"),
  IS_MPTCP: number("TCP_IS_MPTCP"),
  RTO_MAX_MS: number("TCP_RTO_MAX_MS"),
  RTO_MIN_US: number("TCP_RTO_MIN_US"),
  DELACK_MAX_US: number("TCP_DELACK_MAX_US"),
} as const;

const MAX_KEEPIDLE = 32_767;
const MAX_COUNT = 127;
const MAX_MSS = 32_767;
const FIN_TIMEOUT_MAX = 120 * SECOND;
const IDLE_STATES = states(STATE.CLOSE, STATE.LISTEN);
const OPEN_STATES = states(STATE.ESTABLISHED, STATE.CLOSE_WAIT);

/** TCP_SAVE_SYN and others that are kept and read back, without an effect here. */
export interface KeptOptions {
  saveSyn: number;
  inq: number;
  fastOpenConnect: number;
  fastOpenNoCookie: number;
  fastOpenQueue: number;
}

/** The defaults of a new socket. */
export const NOTHING_KEPT: KeptOptions = {
  saveSyn: 0,
  inq: 0,
  fastOpenConnect: 0,
  fastOpenNoCookie: 0,
  fastOpenQueue: 0,
};

export function setTcpOption(tcb: ControlBlock, kept: KeptOptions, name: number, value: Uint8Array): number {
  if (name === TCP.CONGESTION) return setCongestion(tcb, value);
  if (name === TCP.ULP) return value.length < 1 ? -EINVAL : -ENOENT;
  const int = takenInt(value);
  if (int === undefined) return -EINVAL;
  switch (name) {
    case TCP.NODELAY:
      if (int === 0) {
        tcb.nonagle &= ~NAGLE.OFF;
      } else {
        tcb.nonagle |= NAGLE.OFF | NAGLE.PUSH;
        pushPending(tcb, currentMss(tcb));
      }
      return 0;
    case TCP.CORK:
      if (int !== 0) {
        tcb.nonagle |= NAGLE.CORK;
      } else {
        tcb.nonagle &= ~NAGLE.CORK;
        if ((tcb.nonagle & NAGLE.OFF) !== 0) tcb.nonagle |= NAGLE.PUSH;
        pushPending(tcb, currentMss(tcb));
      }
      return 0;
    case TCP.MAXSEG:
      if (int !== 0 && (int < MIN_MSS || int > MAX_MSS)) return -EINVAL;
      tcb.configure({ userMss: int });
      return 0;
    case TCP.KEEPIDLE:
      return setKeepIdle(tcb, int);
    case TCP.KEEPINTVL:
      if (int < 1 || int > MAX_KEEPIDLE) return -EINVAL;
      tcb.configure({ keepaliveInterval: int * SECOND });
      return 0;
    case TCP.KEEPCNT:
      if (int < 1 || int > MAX_COUNT) return -EINVAL;
      tcb.configure({ keepaliveProbes: int });
      return 0;
    case TCP.SYNCNT:
      if (int < 1 || int > MAX_COUNT) return -EINVAL;
      tcb.configure({ synRetries: int });
      return 0;
    case TCP.LINGER2:
      tcb.configure({
        linger2: int < 0 ? -1 : int * SECOND > FIN_TIMEOUT_MAX ? FIN_TIMEOUT_MAX : int * SECOND,
      });
      return 0;
    case TCP.DEFER_ACCEPT:
      tcb.configure({ deferAccept: secondsToRetries(int, tcb.greatestRto) });
      return 0;
    case TCP.WINDOW_CLAMP:
      return setWindowClamp(tcb, int);
    case TCP.QUICKACK:
      setQuickAck(tcb, int);
      return 0;
    case TCP.USER_TIMEOUT:
      if (int < 0) return -EINVAL;
      tcb.configure({ userTimeout: int * MILLISECOND });
      return 0;
    case TCP.NOTSENT_LOWAT:
      tcb.configure({ notsentLowat: int >>> 0 });
      return 0;
    case TCP.THIN_LINEAR_TIMEOUTS:
      if (int < 0 || int > 1) return -EINVAL;
      tcb.configure({ thinLinearTimeouts: int !== 0 });
      return 0;
    case TCP.THIN_DUPACK:
      return int < 0 || int > 1 ? -EINVAL : 0;
    case TCP.RTO_MAX_MS:
      if (int < 1_000 || int > 120_000) return -EINVAL;
      tcb.configure({ rtoMax: int * MILLISECOND });
      return 0;
    case TCP.RTO_MIN_US: {
      const rto = Math.ceil((int * MICROSECOND) / TICK) * TICK;
      if (int <= 0 || rto > 200 * MILLISECOND) return -EINVAL;
      tcb.configure({ rtoMin: rto });
      return 0;
    }
    case TCP.DELACK_MAX_US: {
      const delay = Math.ceil((int * MICROSECOND) / TICK) * TICK;
      if (int <= 0 || delay > 200 * MILLISECOND) return -EINVAL;
      tcb.configure({ delackMax: delay });
      return 0;
    }
    case TCP.REPAIR:
    case TCP.REPAIR_QUEUE:
    case TCP.QUEUE_SEQ:
    case TCP.TIMESTAMP:
      // TCP_REPAIR is not simulated: see docs/simulated.md.
      return -EPERM;
    case TCP.TX_DELAY:
      return int < 0 ? -EINVAL : -EOPNOTSUPP;
    default:
      return setKept(tcb, kept, name, int);
  }
}

function setKept(tcb: ControlBlock, kept: KeptOptions, name: number, int: number): number {
  switch (name) {
    case TCP.SAVE_SYN:
      if (int < 0 || int > 2) return -EINVAL;
      kept.saveSyn = int;
      return 0;
    case TCP.INQ:
      if (int < 0 || int > 1) return -EINVAL;
      kept.inq = int;
      return 0;
    case TCP.FASTOPEN:
      if (int < 0 || !isOneOf(tcb.state, IDLE_STATES)) return -EINVAL;
      kept.fastOpenQueue = int;
      return 0;
    case TCP.FASTOPEN_CONNECT:
      if (int < 0 || int > 1 || tcb.state !== STATE.CLOSE) return -EINVAL;
      kept.fastOpenConnect = int;
      return 0;
    case TCP.FASTOPEN_NO_COOKIE:
      if (int < 0 || int > 1 || !isOneOf(tcb.state, IDLE_STATES)) return -EINVAL;
      kept.fastOpenNoCookie = int;
      return 0;
    default:
      return -ENOPROTOOPT;
  }
}

/** tcp_sock_set_keepidle_locked(). */
function setKeepIdle(tcb: ControlBlock, seconds: number): number {
  if (seconds < 1 || seconds > MAX_KEEPIDLE) return -EINVAL;
  tcb.configure({ keepaliveTime: seconds * SECOND });
  if (tcb.socket.isSet(SOCKET_OPTION.KEEPALIVE) && !isOneOf(tcb.state, IDLE_STATES))
    tcb.keepaliveTimer.startIn(Math.max(0, tcb.settings.keepaliveTime - idleTime(tcb)));
  return 0;
}

/** tcp_set_window_clamp(). */
function setWindowClamp(tcb: ControlBlock, bytes: number): number {
  const { window } = tcb;
  if (bytes === 0) {
    if (tcb.state !== STATE.CLOSE) return -EINVAL;
    tcb.configure({ windowClamp: 0 });
    window.clamp = 0;
    return 0;
  }
  // SOCK_MIN_RCVBUF / 2.
  const clamp = Math.max(bytes, 1_152);
  tcb.configure({ windowClamp: clamp });
  window.clampTo(clamp);
  return 0;
}

/** __tcp_sock_set_quickack(). */
function setQuickAck(tcb: ControlBlock, value: number): void {
  const { ack } = tcb;
  if (value === 0) {
    ack.beInteractive();
    return;
  }
  ack.pingpong = 0;
  if (!isOneOf(tcb.state, OPEN_STATES) || !ack.scheduled) return;
  ack.pending |= ACK.PUSHED;
  acknowledgeRead(tcb, 1);
  if ((value & 1) === 0) ack.beInteractive();
}

function setCongestion(tcb: ControlBlock, value: Uint8Array): number {
  if (value.length < 1) return -EINVAL;
  const name = textOf(value.subarray(0, 15));
  if (!isCongestionName(name)) return -ENOENT;
  if (tcb.congestionName !== name) {
    tcb.congestionName = name;
    tcb.congestion.count = 0;
  }
  return 0;
}

const textOf = (bytes: Uint8Array): string => {
  const end = bytes.indexOf(0);
  return String.fromCharCode(...(end === -1 ? bytes : bytes.subarray(0, end)));
};

const bytesOf = (text: string, size: number): Uint8Array => {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < text.length; at += 1) bytes[at] = text.charCodeAt(at);
  return bytes;
};

/** How many SYN-ACK timeouts cover so many seconds: secs_to_retrans(). */
function secondsToRetries(seconds: number, most: number): number {
  if (seconds <= 0) return 0;
  let retries = 1;
  let timeout = TIMEOUT_INIT / SECOND;
  for (let period = timeout; seconds > period && retries < 255; period += timeout) {
    retries += 1;
    timeout = Math.min(timeout * 2, most / SECOND);
  }
  return retries;
}

/** retrans_to_secs(). */
function retriesToSeconds(retries: number, most: number): number {
  let period = 0;
  let timeout = TIMEOUT_INIT / SECOND;
  for (let count = 0; count < retries; count += 1) {
    period += timeout;
    timeout = Math.min(timeout * 2, most / SECOND);
  }
  return period;
}

/** @param info TCP_INFO's bytes, made only when asked for */
export function getTcpOption(
  tcb: ControlBlock,
  kept: KeptOptions,
  name: number,
  value: ValueResult,
  info: () => Uint8Array,
): number {
  const { sysctls } = tcb.host;
  switch (name) {
    case TCP.MAXSEG:
      return giveInt(value, reportedMss(tcb));
    case TCP.NODELAY:
      return giveInt(value, (tcb.nonagle & NAGLE.OFF) === 0 ? 0 : 1);
    case TCP.CORK:
      return giveInt(value, (tcb.nonagle & NAGLE.CORK) === 0 ? 0 : 1);
    case TCP.KEEPIDLE:
      return giveInt(value, keepaliveTime(tcb) / SECOND);
    case TCP.KEEPINTVL:
      return giveInt(value, keepaliveInterval(tcb) / SECOND);
    case TCP.KEEPCNT:
      return giveInt(value, keepaliveProbes(tcb));
    case TCP.SYNCNT:
      return giveInt(value, tcb.settings.synRetries || sysctls.get("net.ipv4.tcp_syn_retries"));
    case TCP.LINGER2: {
      const { linger2 } = tcb.settings;
      return giveInt(
        value,
        linger2 < 0 ? -1 : linger2 === 0 ? sysctls.get("net.ipv4.tcp_fin_timeout") : linger2 / SECOND,
      );
    }
    case TCP.DEFER_ACCEPT:
      return giveInt(value, retriesToSeconds(tcb.settings.deferAccept, tcb.greatestRto));
    case TCP.WINDOW_CLAMP:
      return giveInt(value, tcb.window.clamp || tcb.settings.windowClamp);
    case TCP.INFO:
      return giveBytes(value, info());
    case TCP.CC_INFO:
      value.length = 0;
      return 0;
    case TCP.QUICKACK:
      return giveInt(value, tcb.ack.interactive ? 0 : 1);
    case TCP.CONGESTION:
      return giveBytes(value, bytesOf(tcb.congestionName, 16));
    case TCP.THIN_LINEAR_TIMEOUTS:
      return giveInt(value, tcb.settings.thinLinearTimeouts ? 1 : 0);
    case TCP.THIN_DUPACK:
    case TCP.IS_MPTCP:
    case TCP.TX_DELAY:
    case TCP.REPAIR:
      return giveInt(value, 0);
    case TCP.REPAIR_QUEUE:
    case TCP.QUEUE_SEQ:
      return -EINVAL;
    case TCP.USER_TIMEOUT:
      return giveInt(value, tcb.settings.userTimeout / MILLISECOND);
    case TCP.FASTOPEN:
      return giveInt(value, kept.fastOpenQueue);
    case TCP.TIMESTAMP:
      return giveInt(value, tcb.tsval | 0);
    case TCP.NOTSENT_LOWAT:
      return giveInt(value, tcb.settings.notsentLowat | 0);
    case TCP.SAVE_SYN:
      return giveInt(value, kept.saveSyn);
    case TCP.SAVED_SYN:
    case TCP.ULP:
      value.length = 0;
      return 0;
    case TCP.FASTOPEN_CONNECT:
      return giveInt(value, kept.fastOpenConnect);
    case TCP.FASTOPEN_NO_COOKIE:
      return giveInt(value, kept.fastOpenNoCookie);
    case TCP.INQ:
      return giveInt(value, kept.inq);
    case TCP.RTO_MAX_MS:
      return giveInt(value, tcb.greatestRto / MILLISECOND);
    case TCP.RTO_MIN_US:
      return giveInt(value, tcb.leastRto / MICROSECOND);
    case TCP.DELACK_MAX_US:
      return giveInt(value, (tcb.settings.delackMax || 200 * MILLISECOND) / MICROSECOND);
    default:
      return -ENOPROTOOPT;
  }
}

/** The segment size, or the configured limit without a connection. */
function reportedMss(tcb: ControlBlock): number {
  return isOneOf(tcb.state, IDLE_STATES) && tcb.settings.userMss !== 0 ? tcb.settings.userMss : tcb.mssCache;
}
