import { checkObject, elements, integer } from "../../errors/argument.ts";
import type { Codec } from "../codecs.ts";
import type { WriteCodec } from "../option.ts";

/** An option negotiated by a connection being restored: struct tcp_repair_opt. */
export interface TcpRepairOption {
  /**
   * 2 the peer's segment size, 3 the window scales, 4 SACK, 8 timestamps (TCPOPT_ in
   * include/net/tcp.h).
   */
  readonly code: number;
  /**
   * The segment size; our window scale in the high 16 bits and the peer's in the low ones; 0 for
   * the others.
   */
  readonly value: number;
}

/** More than the number of codes. */
const MAX_OPTIONS = 16;

/**
 * An array of struct tcp_repair_opt, { __u32 opt_code; __u32 opt_val } (include/uapi/linux/tcp.h).
 */
export const tcpRepairOptions: WriteCodec<readonly TcpRepairOption[]> = {
  encode(value, into) {
    const options = elements("the option", "an array of { code, value }", value);
    integer("the number of options", options.length, 0, MAX_OPTIONS);
    for (const [index, option] of options.entries()) {
      checkObject("an option", "{ code, value }", option);
      into.view.setUint32(index * 8, integer("code", option.code, 0, 0xffffffff), true);
      into.view.setUint32(index * 8 + 4, integer("value", option.value, 0, 0xffffffff), true);
    }
    into.length = options.length * 8;
  },
};

/**
 * The windows of a connection being saved or restored, in bytes and sequence numbers: struct
 * tcp_repair_window.
 */
export interface TcpRepairWindow {
  /** The sequence number of the segment that last changed the peer's window. */
  readonly snd_wl1: number;
  /** The peer's window. */
  readonly snd_wnd: number;
  /** The largest window the peer has offered. */
  readonly max_window: number;
  /** Our window. */
  readonly rcv_wnd: number;
  /** The last acknowledged sequence number when our window was last sent. */
  readonly rcv_wup: number;
}

/** Five times __u32 (include/uapi/linux/tcp.h). */
export const tcpRepairWindow: Codec<TcpRepairWindow> = {
  size: 20,
  decode: ({ view }) => ({
    snd_wl1: view.getUint32(0, true),
    snd_wnd: view.getUint32(4, true),
    max_window: view.getUint32(8, true),
    rcv_wnd: view.getUint32(12, true),
    rcv_wup: view.getUint32(16, true),
  }),
  encode(value, into) {
    checkObject("the option", "{ snd_wl1, snd_wnd, max_window, rcv_wnd, rcv_wup }", value);
    const { snd_wl1, snd_wnd, max_window, rcv_wnd, rcv_wup } = value;
    for (const [index, [name, field]] of Object.entries({
      snd_wl1,
      snd_wnd,
      max_window,
      rcv_wnd,
      rcv_wup,
    }).entries()) {
      into.view.setUint32(index * 4, integer(name, field, 0, 0xffffffff), true);
    }
    into.length = 20;
  },
};
