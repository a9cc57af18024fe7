import type { Cmsg } from "../../control/cmsg.ts";
import { constants } from "../../system/linux/constants.ts";
import { errnos } from "../../system/linux/errno.ts";
import { options } from "../../system/linux/options.ts";
import type { ReceiveRequest } from "../host/kernel-socket.ts";

// SO_TIMESTAMPING of sent data: when the last byte of each send() was handed to the device, and
// when it was acknowledged (Documentation/networking/timestamping.rst). Reports wait for
// MSG_ERRQUEUE.

const { MSG } = constants;
const { ENOMSG } = errnos;

/** SOF_TIMESTAMPING_ of include/uapi/linux/net_tstamp.h. */
export const STAMP = {
  TX_SOFTWARE: 2,
  SOFTWARE: 16,
  OPT_ID: 128,
  TX_SCHED: 256,
  TX_ACK: 512,
  OPT_ID_TCP: 1 << 16,
} as const;
export const TX_STAMPS = STAMP.TX_SOFTWARE | STAMP.TX_SCHED | STAMP.TX_ACK;

/** SCM_TSTAMP_ of include/uapi/linux/errqueue.h: what happened. */
export const HAPPENED = { SENT: 0, SCHEDULED: 1, ACKNOWLEDGED: 2 } as const;

/** SO_EE_ORIGIN_TIMESTAMPING. */
const ORIGIN = 4;
const TIMESTAMPING = 37;
const SOL_SOCKET = 1;

/** By the host's calendar, since 1970. */
interface Time {
  readonly seconds: number;
  readonly nanoseconds: number;
}

interface Report {
  readonly happened: number;
  /** How far the byte is from the start: ee_data. */
  readonly offset: number;
  readonly at: Time;
}

/** The reports of one connection. */
export class TransmitReports {
  /** SO_TIMESTAMPING. */
  flags: number;
  /** The sequence number that offsets count from. */
  readonly base: number;
  readonly #waiting: Report[] = [];

  constructor(flags: number, base: number) {
    this.flags = flags;
    this.base = base;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** @param last the sequence number of the last byte */
  add(happened: number, last: number, at: Time): void {
    const offset = (this.flags & STAMP.OPT_ID) === 0 ? 0 : (last - this.base) >>> 0;
    this.#waiting.push({ happened, offset, at });
  }

  /** Gives the first report; undefined if there is none: ip_recv_error(). */
  receive(request: ReceiveRequest, ipv6: boolean): number | undefined {
    const report = this.#waiting.shift();
    if (report === undefined) return undefined;
    // The data comes with its headers, which nobody here has: it counts as cut off.
    request.outFlags |= (MSG.ERRQUEUE ?? 0) | MSG.TRUNC;
    if ((this.flags & STAMP.SOFTWARE) !== 0) request.controls.push(timestampControl(report));
    request.controls.push(errorControl(report, ipv6));
    return 0;
  }
}

/** struct scm_timestamping: three timespecs, of which the first is software's. */
function timestampControl({ at }: Report): Cmsg {
  const data = new Uint8Array(48);
  const view = new DataView(data.buffer);
  view.setUint32(0, at.seconds, true);
  view.setUint32(8, at.nanoseconds, true);
  return { level: SOL_SOCKET, number: TIMESTAMPING, data };
}

/** struct sock_extended_err, and an empty sockaddr. */
function errorControl({ happened, offset }: Report, ipv6: boolean): Cmsg {
  const { level, number } = ipv6 ? options.IPV6_RECVERR : options.IP_RECVERR;
  const data = new Uint8Array(16 + (ipv6 ? 28 : 16));
  const view = new DataView(data.buffer);
  view.setUint32(0, ENOMSG, true);
  view.setUint8(4, ORIGIN);
  view.setUint32(8, happened, true);
  view.setUint32(12, offset, true);
  return { level, number, data };
}
