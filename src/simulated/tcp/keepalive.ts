import { SECOND } from "../clock/virtual-clock.ts";
import type { ControlBlock } from "./control-block.ts";

// TCP_KEEPIDLE, TCP_KEEPINTVL and TCP_KEEPCNT, or the host's settings.

export const keepaliveTime = ({ settings: { keepaliveTime: own }, host }: ControlBlock): number =>
  own || host.sysctls.get("net.ipv4.tcp_keepalive_time") * SECOND;

export const keepaliveInterval = ({ settings: { keepaliveInterval: own }, host }: ControlBlock): number =>
  own || host.sysctls.get("net.ipv4.tcp_keepalive_intvl") * SECOND;

export const keepaliveProbes = ({ settings: { keepaliveProbes: own }, host }: ControlBlock): number =>
  own || host.sysctls.get("net.ipv4.tcp_keepalive_probes");

/** How long nothing has come from the peer: keepalive_time_elapsed(). */
export const idleTime = ({ ack, rcvTstamp, now }: ControlBlock): number =>
  Math.min(now - ack.lastReceived, now - rcvTstamp);
