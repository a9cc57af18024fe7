import type {
  BluetoothAddressTypes,
  BluetoothModes,
  BluetoothPhys,
  BluetoothProtocols,
  BluetoothSecurityLevels,
  BluetoothVoices,
  HciChannels,
} from "./bluetooth-constants.ts";
import { noSctpConstants, type SctpConstants } from "./sctp-constants.ts";

/**
 * The values of addresses, options and messages of special families and protocols, under their C
 * names. Linux only.
 */
export interface FamilyConstants extends SctpConstants {
  readonly ALG_OP: Partial<AlgOperations>;
  readonly BDADDR: Partial<BluetoothAddressTypes>;
  readonly BTPROTO: Partial<BluetoothProtocols>;
  readonly BT_MODE: Partial<BluetoothModes>;
  readonly BT_PHY: Partial<BluetoothPhys>;
  readonly BT_SECURITY: Partial<BluetoothSecurityLevels>;
  readonly BT_VOICE: Partial<BluetoothVoices>;
  readonly CAN: Partial<CanValues>;
  readonly CAN_BCM: Partial<CanBroadcastManager>;
  readonly CAN_ISOTP_FLAG: Partial<CanIsotpFlags>;
  readonly HCI_CHANNEL: Partial<HciChannels>;
  readonly J1939: Partial<J1939Values>;
  readonly RDS_TRANS: Partial<RdsTransports>;
  readonly TIPC_EVENT: Partial<TipcEvents>;
  readonly TIPC_IMPORTANCE: Partial<TipcImportances>;
  readonly TIPC_SCOPE: Partial<TipcScopes>;
  readonly TIPC_SERVICE: Partial<TipcServices>;
  readonly TIPC_SUBSCRIPTION: Partial<TipcSubscriptions>;
  readonly XDP: Partial<XdpFlags>;
}

/** Values of the control message `ALG_SET_OP`. */
export interface AlgOperations {
  /** Decrypts. */
  readonly DECRYPT: number;
  /** Encrypts. */
  readonly ENCRYPT: number;
}

/**
 * Protocols of AF.CAN, the flags and masks of an identifier, and the flag of a filter: CAN_RAW is
 * `CAN.RAW`.
 */
export interface CanValues {
  /** Protocol: messages that the kernel repeats and filters (broadcast manager). */
  readonly BCM: number;
  /** Flag: an identifier of 29 bits. */
  readonly EFF_FLAG: number;
  /** The bits of such an identifier. */
  readonly EFF_MASK: number;
  /** Flag: a frame that reports an error. */
  readonly ERR_FLAG: number;
  /** The bits of its error class. */
  readonly ERR_MASK: number;
  /** Flag of a filter: passes the frames that do not match. */
  readonly INV_FILTER: number;
  /** Protocol: ISO 15765-2. */
  readonly ISOTP: number;
  /** Protocol: SAE J1939. */
  readonly J1939: number;
  /** Protocol: Bosch MCNet; not in Linux. */
  readonly MCNET: number;
  /** Protocol: frames. */
  readonly RAW: number;
  /** Flag: a request for a frame. */
  readonly RTR_FLAG: number;
  /** The bits of an identifier of 11 bits. */
  readonly SFF_MASK: number;
  /** Protocol: VAG Transport Protocol 1.6; not in Linux. */
  readonly TP16: number;
  /** Protocol: VAG Transport Protocol 2.0; not in Linux. */
  readonly TP20: number;
}

/**
 * Operations and flags of a struct bcm_msg_head, with which messages of CAN.BCM begin. In C, all
 * but CAN_FD_FRAME are without a prefix: TX_SETUP is `CAN_BCM.TX_SETUP`.
 */
export interface CanBroadcastManager {
  /** Flag: the frames are of CAN FD. */
  readonly CAN_FD_FRAME: number;
  /** Flag: reports when frames resume after a timeout. */
  readonly RX_ANNOUNCE_RESUME: number;
  /** A frame with new content arrived (received). */
  readonly RX_CHANGED: number;
  /** Flag: a new length is a change, too. */
  readonly RX_CHECK_DLC: number;
  /** Ends a subscription. */
  readonly RX_DELETE: number;
  /** Flag: filters by identifier alone. */
  readonly RX_FILTER_ID: number;
  /** Flag: does not start the timer of the timeout by itself. */
  readonly RX_NO_AUTOTIMER: number;
  /** Reads a subscription. */
  readonly RX_READ: number;
  /** Flag: answers requests for a frame. */
  readonly RX_RTR_FRAME: number;
  /** Subscribes to frames. */
  readonly RX_SETUP: number;
  /** The answer to RX_READ (received). */
  readonly RX_STATUS: number;
  /** No frame arrived in time (received). */
  readonly RX_TIMEOUT: number;
  /** Flag: sets the intervals. */
  readonly SETTIMER: number;
  /** Flag: starts the timer. */
  readonly STARTTIMER: number;
  /** Flag: sends a changed frame at once. */
  readonly TX_ANNOUNCE: number;
  /** Flag: reports when the count has run out. */
  readonly TX_COUNTEVT: number;
  /** Flag: copies the identifier into each frame. */
  readonly TX_CP_CAN_ID: number;
  /** Ends a repeated transmission. */
  readonly TX_DELETE: number;
  /** The count has run out (received). */
  readonly TX_EXPIRED: number;
  /** Reads a repeated transmission. */
  readonly TX_READ: number;
  /** Flag: begins again at the first frame. */
  readonly TX_RESET_MULTI_IDX: number;
  /** Sends one frame. */
  readonly TX_SEND: number;
  /** Sends frames repeatedly. */
  readonly TX_SETUP: number;
  /** The answer to TX_READ (received). */
  readonly TX_STATUS: number;
}

/** Values of `flags` in `CAN_ISOTP.OPTS`: CAN_ISOTP_TX_PADDING and so on. */
export interface CanIsotpFlags {
  /** Sends to several receivers, without flow control. */
  readonly CF_BROADCAST: number;
  /** Checks what fills received frames. */
  readonly CHK_PAD_DATA: number;
  /** Checks the length of received frames. */
  readonly CHK_PAD_LEN: number;
  /** Sends an extended address, and receives with it. */
  readonly EXTEND_ADDR: number;
  /** Ignores received frames that come faster than RX_STMIN. */
  readonly FORCE_RXSTMIN: number;
  /** Sends frames at TX_STMIN, whatever the receiver asks for. */
  readonly FORCE_TXSTMIN: number;
  /** Does not send and receive at the same time. */
  readonly HALF_DUPLEX: number;
  /** Listens only: does not send flow control. */
  readonly LISTEN_MODE: number;
  /** Receives with an extended address of its own. */
  readonly RX_EXT_ADDR: number;
  /** Expects received frames to be filled up. */
  readonly RX_PADDING: number;
  /** Sends single frames to several receivers. */
  readonly SF_BROADCAST: number;
  /** Fills sent frames up. */
  readonly TX_PADDING: number;
  /** A send waits until the whole message has been sent. */
  readonly WAIT_TX_DONE: number;
}

/** Addresses and parameter groups of SAE J1939. */
export interface J1939Values {
  /** info of the error queue: nothing more. */
  readonly EE_INFO_NONE: number;
  /** info of the error queue: the reception was aborted. */
  readonly EE_INFO_RX_ABORT: number;
  /** info of the error queue: a data packet offset arrived. */
  readonly EE_INFO_RX_DPO: number;
  /** info of the error queue: the reception of a message began. */
  readonly EE_INFO_RX_RTS: number;
  /** info of the error queue: the transmission was aborted. */
  readonly EE_INFO_TX_ABORT: number;
  /** The most filters of `CAN_J1939.FILTER`. */
  readonly FILTER_MAX: number;
  /** addr: no address can be claimed. */
  readonly IDLE_ADDR: number;
  /** addr: the largest of one device. */
  readonly MAX_UNICAST_ADDR: number;
  /** Attribute of SCM_TIMESTAMPING_OPT_STATS: the acknowledged bytes. */
  readonly NLA_BYTES_ACKED: number;
  /** Attribute: the address of the receiver. */
  readonly NLA_DEST_ADDR: number;
  /** Attribute: the name of the receiver. */
  readonly NLA_DEST_NAME: number;
  /** Attribute: padding. */
  readonly NLA_PAD: number;
  /** Attribute: the parameter group. */
  readonly NLA_PGN: number;
  /** Attribute: the address of the sender. */
  readonly NLA_SRC_ADDR: number;
  /** Attribute: the name of the sender. */
  readonly NLA_SRC_NAME: number;
  /** Attribute: the bytes of the message. */
  readonly NLA_TOTAL_SIZE: number;
  /** addr: none, or all. */
  readonly NO_ADDR: number;
  /** name: none. */
  readonly NO_NAME: number;
  /** pgn: none. */
  readonly NO_PGN: number;
  /** pgn: claims an address. */
  readonly PGN_ADDRESS_CLAIMED: number;
  /** pgn: gives a device an address. */
  readonly PGN_ADDRESS_COMMANDED: number;
  /** pgn: the largest. */
  readonly PGN_MAX: number;
  /** pgn: the largest of those that are sent to an address. */
  readonly PGN_PDU1_MAX: number;
  /** pgn: requests another. */
  readonly PGN_REQUEST: number;
}

/** Values of `RDS.TRANSPORT`: RDS_TRANS_TCP and so on. */
export interface RdsTransports {
  /** Reserved. */
  readonly GAP: number;
  /** InfiniBand. */
  readonly IB: number;
  /** None yet: `bind()` chooses. */
  readonly NONE: number;
  /** TCP. */
  readonly TCP: number;
}

/** The events of TIPC's topology service. */
export interface TipcEvents {
  /** A service has become available. */
  readonly PUBLISHED: number;
  /** A subscription has ended. */
  readonly SUBSCR_TIMEOUT: number;
  /** A service has been withdrawn. */
  readonly WITHDRAWN: number;
}

/** Values of `TIPC.IMPORTANCE`: TIPC_LOW_IMPORTANCE is `TIPC_IMPORTANCE.LOW`. */
export interface TipcImportances {
  readonly CRITICAL: number;
  readonly HIGH: number;
  readonly LOW: number;
  readonly MEDIUM: number;
}

/** Values of `scope` in a TIPC address: TIPC_CLUSTER_SCOPE is `TIPC_SCOPE.CLUSTER`. */
export interface TipcScopes {
  /** Every node. */
  readonly CLUSTER: number;
  /** This node. */
  readonly NODE: number;
  /** The same as CLUSTER; no longer used. */
  readonly ZONE: number;
}

/** Values of `service` in a TIPC address that the kernel answers: TIPC_TOP_SRV and so on. */
export interface TipcServices {
  /** The state of links. */
  readonly LINK_STATE: number;
  /** The state of nodes. */
  readonly NODE_STATE: number;
  /** The lowest service that programs may use. */
  readonly RESERVED_TYPES: number;
  /** The topology service. */
  readonly TOP_SRV: number;
}

/** Flags of a subscription at TIPC's topology service: TIPC_SUB_PORTS and so on. */
export interface TipcSubscriptions {
  /** Cancels a subscription. */
  readonly CANCEL: number;
  /** Reports each match. */
  readonly PORTS: number;
  /** Reports the first match, and when the last is gone. */
  readonly SERVICE: number;
}

/** Values of `flags` in an XDP address. */
export interface XdpFlags {
  /** Copies frames. */
  readonly COPY: number;
  /** Shares the memory of another socket. */
  readonly SHARED_UMEM: number;
  /** Frames may have several parts. */
  readonly USE_SG: number;
  /** The kernel is woken with a call. */
  readonly USE_NEED_WAKEUP: number;
  /** Does not copy frames, or fails. */
  readonly ZEROCOPY: number;
}

/** The empty groups of the other systems. */
export const noFamilyConstants: FamilyConstants = {
  ALG_OP: {},
  BDADDR: {},
  BTPROTO: {},
  BT_MODE: {},
  BT_PHY: {},
  BT_SECURITY: {},
  BT_VOICE: {},
  CAN: {},
  CAN_BCM: {},
  CAN_ISOTP_FLAG: {},
  HCI_CHANNEL: {},
  J1939: {},
  RDS_TRANS: {},
  ...noSctpConstants,
  TIPC_EVENT: {},
  TIPC_IMPORTANCE: {},
  TIPC_SCOPE: {},
  TIPC_SERVICE: {},
  TIPC_SUBSCRIPTION: {},
  XDP: {},
};
