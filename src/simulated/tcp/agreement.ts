import type { ProtocolHost, Route } from "../host/protocol-host.ts";
import type { Sysctls } from "../host/sysctls.ts";
import { type Packet, TCP_FLAG, type TcpSegment } from "../ip/packet.ts";
import { fullSpace, receiveBufferLocked } from "./buffers.ts";
import type { Ends } from "./connection-table.ts";
import { MAX_WSCALE, MSS_DEFAULT, TSTAMP_ALIGNED } from "./constants.ts";
import type { ControlBlock } from "./control-block.ts";
import { announcedMss, clampMss } from "./path.ts";
import type { Agreement } from "./pending-connection.ts";
import { type InitialWindow, initialWindow } from "./window.ts";

const { AE, CWR, ECE } = TCP_FLAG;
const MSS_DEFAULT_IPV6 = 1_220;

/** The options of a SYN that a listener grants: tcp_openreq_init(). */
export function agreeOn(
  sysctls: Sysctls,
  tcb: ControlBlock,
  packet: Packet,
  { options, flags }: TcpSegment,
  cookie: boolean,
): Agreement {
  const timestamps = options.timestamps !== undefined && sysctls.get("net.ipv4.tcp_timestamps") !== 0;
  // Without timestamps, a cookie cannot carry the other options.
  const carries = !cookie || timestamps;
  const mss = options.mss || (packet.version === 4 ? MSS_DEFAULT : MSS_DEFAULT_IPV6);
  const scaling =
    carries && options.windowScale !== undefined && sysctls.get("net.ipv4.tcp_window_scaling") !== 0;
  const asksEcn = (flags & (ECE | CWR | AE)) === (ECE | CWR);
  return {
    mss: clampMss(mss, tcb.settings.userMss),
    timestamps,
    sack: carries && options.sackPermitted && sysctls.get("net.ipv4.tcp_sack") !== 0,
    sndWscale: scaling ? Math.min(options.windowScale ?? 0, MAX_WSCALE) : undefined,
    rcvWscale: 0,
    ecn: carries && asksEcn && sysctls.get("net.ipv4.tcp_ecn") !== 0,
  };
}

/** The window of the SYN-ACK: tcp_openreq_init_rwin(). */
export function offeredWindow(
  host: ProtocolHost,
  tcb: ControlBlock,
  ends: Ends,
  route: Route,
  agreement: Agreement,
): InitialWindow {
  const space = fullSpace(tcb);
  const mss = clampMss(announcedMss(route.mtu, ends.remoteAddress), tcb.settings.userMss);
  let clamp = tcb.settings.windowClamp;
  if (receiveBufferLocked(tcb) && (clamp > space || clamp === 0)) clamp = space;
  return initialWindow(host, {
    space,
    mss: mss - (agreement.timestamps ? TSTAMP_ALIGNED : 0),
    clamp,
    scaling: agreement.sndWscale !== undefined,
  });
}
