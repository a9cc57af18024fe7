// The values of Bluetooth under their C names. Linux only.

/** Values of `addressType` in an L2CAP address. */
export interface BluetoothAddressTypes {
  /** BR/EDR, the classic Bluetooth. */
  readonly BREDR: number;
  /** A public address of Low Energy. */
  readonly LE_PUBLIC: number;
  /** A random address of Low Energy. */
  readonly LE_RANDOM: number;
}

/** Protocols of AF.BLUETOOTH: the third argument of `socket()`. */
export interface BluetoothProtocols {
  /** Audio and video. */
  readonly AVDTP: number;
  /** Ethernet over Bluetooth. */
  readonly BNEP: number;
  /** ISDN. */
  readonly CMTP: number;
  /** The adapter itself. */
  readonly HCI: number;
  /** Keyboards and mice. */
  readonly HIDP: number;
  /** Isochronous channels; Linux 6.0. */
  readonly ISO: number;
  /** Logical links. */
  readonly L2CAP: number;
  /** Serial ports. */
  readonly RFCOMM: number;
  /** Voice. */
  readonly SCO: number;
}

/** Values of `level` in `BT.SECURITY`. */
export interface BluetoothSecurityLevels {
  /** Authenticated pairing with keys of 128 bits. */
  readonly FIPS: number;
  /** Authenticated pairing. */
  readonly HIGH: number;
  /** None required. */
  readonly LOW: number;
  /** Encryption. */
  readonly MEDIUM: number;
  /** Service discovery only. */
  readonly SDP: number;
}

/** Values of `channel` in an HCI address. */
export interface HciChannels {
  /** The management of adapters. */
  readonly CONTROL: number;
  /** Writes to the monitor's log. */
  readonly LOGGING: number;
  /** A monitor of the traffic between adapters and programs. */
  readonly MONITOR: number;
  /** An adapter, shared with the kernel. */
  readonly RAW: number;
  /** An adapter, without the kernel. */
  readonly USER: number;
}

/** Values of `BT.MODE`: BT_MODE_BASIC is `BT_MODE.BASIC`. */
export interface BluetoothModes {
  /** The basic mode of BR/EDR. */
  readonly BASIC: number;
  /** Enhanced retransmission. */
  readonly ERTM: number;
  /** Credits for several channels at once. */
  readonly EXT_FLOWCTL: number;
  /** Credits of Low Energy. */
  readonly LE_FLOWCTL: number;
  /** Streaming, without retransmission. */
  readonly STREAMING: number;
}

/** Bits of `BT.PHY`: the physical layers of a connection; BT_PHY_LE_2M_TX and so on. */
export interface BluetoothPhys {
  /** BR at 1 Mbit/s, packets of one slot. */
  readonly BR_1M_1SLOT: number;
  /** BR at 1 Mbit/s, packets of three slots. */
  readonly BR_1M_3SLOT: number;
  /** BR at 1 Mbit/s, packets of five slots. */
  readonly BR_1M_5SLOT: number;
  /** EDR at 2 Mbit/s, packets of one slot. */
  readonly EDR_2M_1SLOT: number;
  /** EDR at 2 Mbit/s, packets of three slots. */
  readonly EDR_2M_3SLOT: number;
  /** EDR at 2 Mbit/s, packets of five slots. */
  readonly EDR_2M_5SLOT: number;
  /** EDR at 3 Mbit/s, packets of one slot. */
  readonly EDR_3M_1SLOT: number;
  /** EDR at 3 Mbit/s, packets of three slots. */
  readonly EDR_3M_3SLOT: number;
  /** EDR at 3 Mbit/s, packets of five slots. */
  readonly EDR_3M_5SLOT: number;
  /** Low Energy at 1 Mbit/s, received. */
  readonly LE_1M_RX: number;
  /** Low Energy at 1 Mbit/s, sent. */
  readonly LE_1M_TX: number;
  /** Low Energy at 2 Mbit/s, received. */
  readonly LE_2M_RX: number;
  /** Low Energy at 2 Mbit/s, sent. */
  readonly LE_2M_TX: number;
  /** Low Energy, coded for a long range, received. */
  readonly LE_CODED_RX: number;
  /** Low Energy, coded for a long range, sent. */
  readonly LE_CODED_TX: number;
}

/** Values of `BT.VOICE`: BT_VOICE_CVSD_16BIT is `BT_VOICE.CVSD_16BIT`. */
export interface BluetoothVoices {
  /** CVSD, of samples of 16 bits. */
  readonly CVSD_16BIT: number;
  /** The program encodes. */
  readonly TRANSPARENT: number;
  /** The program encodes, and the adapter has words of 16 bits; Linux 6.14. */
  readonly TRANSPARENT_16BIT: number;
}
