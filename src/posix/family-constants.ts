import type {
  BluetoothAddressTypes,
  BluetoothModes,
  BluetoothPhys,
  BluetoothProtocols,
  BluetoothSecurityLevels,
  BluetoothVoices,
  HciChannels,
} from "../system/bluetooth-constants.ts";
import type {
  AlgOperations,
  CanBroadcastManager,
  CanIsotpFlags,
  CanValues,
  J1939Values,
  RdsTransports,
  TipcEvents,
  TipcImportances,
  TipcScopes,
  TipcServices,
  TipcSubscriptions,
  XdpFlags,
} from "../system/family-constants.ts";
import { constantsOf } from "./constants-of.ts";

export type {
  AlgOperations,
  BluetoothAddressTypes,
  BluetoothModes,
  BluetoothPhys,
  BluetoothProtocols,
  BluetoothSecurityLevels,
  BluetoothVoices,
  CanBroadcastManager,
  CanIsotpFlags,
  CanValues,
  HciChannels,
  J1939Values,
  RdsTransports,
  TipcEvents,
  TipcImportances,
  TipcScopes,
  TipcServices,
  TipcSubscriptions,
  XdpFlags,
};

// The constants of particular address families; constants.ts says what all of them have in common.

/** Values of the control message `ALG_SET_OP`: ALG_OP_ENCRYPT is `ALG_OP.ENCRYPT`. */
export const ALG_OP: AlgOperations = constantsOf("ALG_OP");

/** Values of `addressType` in an L2CAP address. */
export const BDADDR: BluetoothAddressTypes = constantsOf("BDADDR");

/** Protocols of AF.BLUETOOTH: the third argument of `socket()`. */
export const BTPROTO: BluetoothProtocols = constantsOf("BTPROTO");

/** Values of `BT.MODE`. */
export const BT_MODE: BluetoothModes = constantsOf("BT_MODE");

/** Bits of `BT.PHY`. */
export const BT_PHY: BluetoothPhys = constantsOf("BT_PHY");

/** Values of `level` in `BT.SECURITY`. */
export const BT_SECURITY: BluetoothSecurityLevels = constantsOf("BT_SECURITY");

/** Values of `BT.VOICE`. */
export const BT_VOICE: BluetoothVoices = constantsOf("BT_VOICE");

/** Protocols of AF.CAN, the flags and masks of an identifier, and the flag of a filter. */
export const CAN: CanValues = constantsOf("CAN");

/** Operations and flags of messages of CAN.BCM: TX_SETUP is `CAN_BCM.TX_SETUP`. */
export const CAN_BCM: CanBroadcastManager = constantsOf("CAN_BCM");

/** Values of `flags` in `CAN_ISOTP.OPTS`, combined with `|`: CAN_ISOTP_TX_PADDING and so on. */
export const CAN_ISOTP_FLAG: CanIsotpFlags = constantsOf("CAN_ISOTP_FLAG");

/** Values of `channel` in an HCI address. */
export const HCI_CHANNEL: HciChannels = constantsOf("HCI_CHANNEL");

/** Addresses and parameter groups of SAE J1939. */
export const J1939: J1939Values = constantsOf("J1939");

/** Values of `RDS.TRANSPORT`: RDS_TRANS_TCP is `RDS_TRANS.TCP`. */
export const RDS_TRANS: RdsTransports = constantsOf("RDS_TRANS");

/** The events of TIPC's topology service: TIPC_PUBLISHED and so on. */
export const TIPC_EVENT: TipcEvents = constantsOf("TIPC_EVENT");

/** Values of `TIPC.IMPORTANCE`: TIPC_LOW_IMPORTANCE is `TIPC_IMPORTANCE.LOW`. */
export const TIPC_IMPORTANCE: TipcImportances = constantsOf("TIPC_IMPORTANCE");

/** Values of `scope` in a TIPC address: TIPC_CLUSTER_SCOPE is `TIPC_SCOPE.CLUSTER`. */
export const TIPC_SCOPE: TipcScopes = constantsOf("TIPC_SCOPE");

/** Values of `service` in a TIPC address: TIPC_TOP_SRV is `TIPC_SERVICE.TOP_SRV`. */
export const TIPC_SERVICE: TipcServices = constantsOf("TIPC_SERVICE");

/** Flags of a subscription at TIPC's topology service: TIPC_SUB_PORTS and so on. */
export const TIPC_SUBSCRIPTION: TipcSubscriptions = constantsOf("TIPC_SUBSCRIPTION");

/** Values of `flags` in an XDP address, combined with `|`. */
export const XDP: XdpFlags = constantsOf("XDP");
