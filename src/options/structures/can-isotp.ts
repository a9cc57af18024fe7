import { checkObject, integer } from "../../errors/argument.ts";
import type { Codec } from "../codecs.ts";
import type { ReadCodec, WriteCodec } from "../option.ts";

/** How ISO-TP sends and receives on a CAN bus. */
export interface IsotpOptions {
  /** `CAN_ISOTP_FLAG.TX_PADDING` and so on, combined with `|`. */
  readonly flags: number;
  /**
   * The nanoseconds that a frame takes to send. Setting 0 keeps the time, and 0xffffffff sets it to
   * 0.
   */
  readonly frameTxtime: number;
  /** The address of extended addressing, with EXTEND_ADDR. */
  readonly extAddress: number;
  /** What fills sent frames, with TX_PADDING. */
  readonly txpadContent: number;
  /** What must fill received frames, with RX_PADDING and CHK_PAD_DATA. */
  readonly rxpadContent: number;
  /** The address of received frames, with RX_EXT_ADDR; otherwise it is extAddress. */
  readonly rxExtAddress: number;
}

/** What the receiver of a message asks of its sender: the fields of a flow control frame. */
export interface IsotpFlowControl {
  /** Frames per block; 0 is all. */
  readonly bs: number;
  /**
   * The minimum time between frames: 0 to 0x7f in milliseconds, 0xf1 to 0xf9 in units of 100
   * microseconds.
   */
  readonly stmin: number;
  /** How often the receiver may ask to wait; 0 is never. */
  readonly wftmax: number;
}

/** Which frames of the CAN bus ISO-TP uses. */
export interface IsotpLinkLayer {
  /** 16 for classic CAN, 72 for CAN FD: the size of struct can_frame, or canfd_frame. */
  readonly mtu: number;
  /** The most bytes in a sent frame: 8; of CAN FD also 12, 16, 20, 24, 32, 48 or 64. */
  readonly txDl: number;
  /** Flags of sent CAN FD frames, such as CANFD_BRS (1). */
  readonly txFlags: number;
}

/** CAN_ISOTP_DEFAULT_PAD_CONTENT. */
const PADDING = 0xcc;

const OPTIONS_SHAPE = "{ flags?, frameTxtime?, extAddress?, txpadContent?, rxpadContent?, rxExtAddress? }";

/**
 * struct can_isotp_options is { __u32 flags, frame_txtime; __u8 ext_address, txpad_content,
 * rxpad_content, rx_ext_address } (include/uapi/linux/can/isotp.h).
 */
export const isotpOptions: ReadCodec<IsotpOptions> & WriteCodec<Partial<IsotpOptions>> = {
  size: 12,
  decode: ({ view }) => ({
    flags: view.getUint32(0, true),
    frameTxtime: view.getUint32(4, true),
    extAddress: view.getUint8(8),
    txpadContent: view.getUint8(9),
    rxpadContent: view.getUint8(10),
    rxExtAddress: view.getUint8(11),
  }),
  encode(value, into) {
    checkObject("the option", OPTIONS_SHAPE, value);
    const flags = integer("flags", value.flags ?? 0, 0, 0xffffffff);
    const frameTxtime = integer("frameTxtime", value.frameTxtime ?? 0, 0, 0xffffffff);
    const bytes = [
      byte("extAddress", value.extAddress ?? 0),
      byte("txpadContent", value.txpadContent ?? PADDING),
      byte("rxpadContent", value.rxpadContent ?? PADDING),
      byte("rxExtAddress", value.rxExtAddress ?? 0),
    ];
    into.view.setUint32(0, flags, true);
    into.view.setUint32(4, frameTxtime, true);
    into.bytes.set(bytes, 8);
    into.length = 12;
  },
};

/** struct can_isotp_fc_options is { __u8 bs, stmin, wftmax }. */
export const isotpFlowControl: Codec<IsotpFlowControl> = {
  size: 3,
  decode: ({ view }) => ({ bs: view.getUint8(0), stmin: view.getUint8(1), wftmax: view.getUint8(2) }),
  encode(value, into) {
    checkObject("the option", "{ bs, stmin, wftmax }", value);
    into.bytes.set([byte("bs", value.bs), byte("stmin", value.stmin), byte("wftmax", value.wftmax)]);
    into.length = 3;
  },
};

/** struct can_isotp_ll_options is { __u8 mtu, tx_dl, tx_flags }. */
export const isotpLinkLayer: Codec<IsotpLinkLayer> = {
  size: 3,
  decode: ({ view }) => ({ mtu: view.getUint8(0), txDl: view.getUint8(1), txFlags: view.getUint8(2) }),
  encode(value, into) {
    checkObject("the option", "{ mtu, txDl, txFlags }", value);
    into.bytes.set([byte("mtu", value.mtu), byte("txDl", value.txDl), byte("txFlags", value.txFlags)]);
    into.length = 3;
  },
};

const byte = (field: string, value: number): number => integer(field, value, 0, 0xff);
