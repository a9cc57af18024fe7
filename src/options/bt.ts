import { checkObject, integer } from "../errors/argument.ts";
import { type Codec, flag, uint } from "./codecs.ts";
import { option, readOnly } from "./option.ts";

/** The security of a Bluetooth connection: struct bt_security. */
export interface BluetoothSecurity {
  /** `BT_SECURITY.LOW` and so on. */
  readonly level: number;
  /** The key size of a Low Energy connection in bytes; 0 by default. */
  readonly keySize?: number;
}

/** { __u8 level, key_size } (include/net/bluetooth/bluetooth.h). */
const security: Codec<BluetoothSecurity> = {
  size: 2,
  decode: ({ view }) => ({ level: view.getUint8(0), keySize: view.getUint8(1) }),
  encode(value, into) {
    checkObject("the option", "{ level, keySize? }", value);
    const level = integer("level", value.level, 0, 0xff);
    const keySize = integer("keySize", value.keySize ?? 0, 0, 0xff);
    into.view.setUint8(0, level);
    into.view.setUint8(1, keySize);
    into.length = 2;
  },
};

/** struct bt_power is { __u8 force_active }. */
const power: Codec<boolean> = {
  size: 1,
  decode: ({ bytes }) => bytes[0] !== 0,
  encode(value, into, system) {
    flag.encode(value, into, system);
    into.length = 1;
  },
};

/** A __u8. */
const byte: Codec<number> = {
  size: 1,
  decode: ({ view }) => view.getUint8(0),
  encode(value, into) {
    into.view.setUint8(0, integer("the option", value, 0, 0xff));
    into.length = 1;
  },
};

/** A __u16. */
const short: Codec<number> = {
  size: 2,
  decode: ({ view }) => view.getUint16(0, true),
  encode(value, into) {
    into.view.setUint16(0, integer("the option", value, 0, 0xffff), true);
    into.length = 2;
  },
};

/** Options of SOL_BLUETOOTH (bluetooth.h of BlueZ), under their C names. */
export const BT = {
  /** A listener accepts connections before they are authorised. */
  DEFER_SETUP: option("BT_DEFER_SETUP", flag),
  /** Packets may be dropped if they are late. */
  FLUSHABLE: option("BT_FLUSHABLE", flag),
  /**
   * How packets are sent on a channel: `BT_MODE.BASIC` and so on; set between `bind()` and
   * `connect()`. OptionNotSupported unless the module parameter enable_ecred is set; Linux 5.7.
   */
  MODE: option("BT_MODE", byte),
  /** The physical layers of a connection: bits of `BT_PHY`; Linux 5.7. */
  PHY: readOnly("BT_PHY", uint),
  /**
   * SCO only: received messages carry whether their packet is intact (BT_SCM_PKT_STATUS), as bytes.
   * Linux 6.1 takes `false`, and leaves it set.
   */
  PKT_STATUS: option("BT_PKT_STATUS", flag),
  /** The radio may leave sniff mode to send; true by default. */
  POWER: option("BT_POWER", power),
  /** The largest packet that this side receives; Low Energy only. */
  RCVMTU: option("BT_RCVMTU", short),
  /** How a connection is paired and encrypted. */
  SECURITY: option("BT_SECURITY", security),
  /** The largest packet that the peer receives; Low Energy only. */
  SNDMTU: option("BT_SNDMTU", short),
  /**
   * SCO only: how voice is encoded, `BT_VOICE.CVSD_16BIT` by default; set before `connect()`.
   */
  VOICE: option("BT_VOICE", short),
};
