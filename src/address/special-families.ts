import {
  argumentType,
  integer,
  invalidString,
  invalidValue,
  kind,
  outOfRange,
  quoted,
} from "../errors/argument.ts";
import type { System } from "../system/system.ts";
import type {
  AlgAddress,
  AlgAddressInput,
  BluetoothAddress,
  CanAddress,
  CanAddressInput,
  QipcrtrAddress,
  TipcAddress,
  XdpAddress,
  XdpAddressInput,
} from "./address.ts";
import { ifindexOf } from "./interface-index.ts";

// sockaddr_can, include/uapi/linux/can.h; sockaddr_alg, linux/if_alg.h; sockaddr_tipc,
// linux/tipc.h; sockaddr_qrtr, linux/qrtr.h; sockaddr_xdp, linux/if_xdp.h; sockaddr_l2,
// sockaddr_rc, sockaddr_sco and sockaddr_hci of include/net/bluetooth.
const CAN = { ifindex: 4, rxId: 8, txId: 12, pgn: 16, addr: 20, size: 24 };
const ALG = { type: 2, typeSize: 14, feat: 16, mask: 20, name: 24, nameSize: 64, size: 88 };
const TIPC = { addrtype: 2, scope: 3, first: 4, second: 8, third: 12, size: 16 };
const QRTR = { node: 4, port: 8, size: 12 };
const XDP = { flags: 2, ifindex: 4, queueId: 8, sharedUmemFd: 12, size: 16 };
const L2 = { psm: 2, bdaddr: 4, cid: 10, type: 12, size: 14 };
const RC = { bdaddr: 2, channel: 8, size: 10 };
const SCO = { bdaddr: 2, size: 8 };
const HCI = { dev: 2, channel: 4, size: 6 };

/** The size of the family field at the start of each. */
const FAMILY = 2;

const uint = (what: string, value: number, max: number) =>
  integer(`the ${what} of an address`, value, 0, max);
const uint32 = (what: string, value: number) => uint(what, value, 0xffffffff);
const uint16 = (what: string, value: number) => uint(what, value, 0xffff);

/** A sockaddr of its size, to be written at the offsets of C. Returned without its family. */
function made(size: number, write: (view: DataView, bytes: Uint8Array) => void): Uint8Array {
  const bytes = new Uint8Array(size);
  write(new DataView(bytes.buffer), bytes);
  return bytes.subarray(FAMILY);
}

export function encodeCan(input: CanAddressInput, system: System): Uint8Array {
  const { rxId = 0, txId = 0, pgn = 0, addr = 0 } = input;
  const ifindex = ifindexOf(input.ifindex, system);
  return made(CAN.size, (view) => {
    view.setInt32(CAN.ifindex, ifindex, true);
    view.setUint32(CAN.rxId, uint32("rxId", rxId), true);
    view.setUint32(CAN.txId, uint32("txId", txId), true);
    view.setUint32(CAN.pgn, uint32("pgn", pgn), true);
    view.setUint8(CAN.addr, uint("addr", addr, 0xff));
  });
}

/** A raw socket's name ends after the interface, and older kernels' after the identifiers. */
export function decodeCan(view: DataView, length: number): CanAddress | undefined {
  if (length < CAN.rxId || length > CAN.size) return undefined;
  const at = (offset: number) => (offset + 4 <= length ? view.getUint32(offset, true) : 0);
  return {
    family: "can",
    ifindex: view.getInt32(CAN.ifindex, true),
    rxId: at(CAN.rxId),
    txId: at(CAN.txId),
    pgn: at(CAN.pgn),
    addr: CAN.addr < length ? view.getUint8(CAN.addr) : 0,
  };
}

export function encodeAlg({ type, name, feat = 0, mask = 0 }: AlgAddressInput): Uint8Array {
  const typeBytes = text("type", type, ALG.typeSize);
  const nameBytes = text("name", name, ALG.nameSize);
  return made(ALG.size, (view, bytes) => {
    bytes.set(typeBytes, ALG.type);
    view.setUint32(ALG.feat, uint32("feat", feat), true);
    view.setUint32(ALG.mask, uint32("mask", mask), true);
    bytes.set(nameBytes, ALG.name);
  });
}

export function decodeAlg(bytes: Uint8Array, view: DataView, length: number): AlgAddress | undefined {
  if (length !== ALG.size) return undefined;
  return {
    family: "alg",
    type: textIn(bytes.subarray(ALG.type, ALG.type + ALG.typeSize - 1)),
    name: textIn(bytes.subarray(ALG.name, ALG.name + ALG.nameSize - 1)),
    feat: view.getUint32(ALG.feat, true),
    mask: view.getUint32(ALG.mask, true),
  };
}

/** A C string that fits with its NUL. The kernel's names are ASCII. */
function text(what: string, value: string, size: number): Uint8Array {
  if (typeof value !== "string")
    throw argumentType(`the ${what} of an address must be a string, not ${kind(value)}`);
  if ([...value].some((character) => character === "\0" || character > "\x7f")) {
    throw invalidValue(`the ${what} of an address must be ASCII, not ${JSON.stringify(value)}`);
  }
  const bytes = Buffer.from(value, "latin1");
  if (bytes.byteLength < size) return bytes;
  throw outOfRange(`the ${what} of an address is ${bytes.byteLength} bytes long; at most ${size - 1} fit`);
}

function textIn(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return Buffer.from(bytes.subarray(0, end < 0 ? bytes.byteLength : end)).toString("latin1");
}

export function encodeBluetooth(input: BluetoothAddress): Uint8Array {
  switch (input.protocol) {
    case "l2cap": {
      const bdaddr = bdaddrOf(input.address);
      return made(L2.size, (view, bytes) => {
        view.setUint16(L2.psm, uint16("psm", input.psm), true);
        bytes.set(bdaddr, L2.bdaddr);
        view.setUint16(L2.cid, uint16("cid", input.cid), true);
        view.setUint8(L2.type, uint("addressType", input.addressType, 0xff));
      });
    }
    case "rfcomm": {
      const bdaddr = bdaddrOf(input.address);
      return made(RC.size, (view, bytes) => {
        bytes.set(bdaddr, RC.bdaddr);
        view.setUint8(RC.channel, uint("channel", input.channel, 0xff));
      });
    }
    case "sco": {
      const bdaddr = bdaddrOf(input.address);
      return made(SCO.size, (_view, bytes) => bytes.set(bdaddr, SCO.bdaddr));
    }
    case "hci":
      return made(HCI.size, (view) => {
        view.setUint16(HCI.dev, uint16("dev", input.dev), true);
        view.setUint16(HCI.channel, uint16("channel", input.channel), true);
      });
    default: {
      const { protocol }: { readonly protocol: unknown } = input;
      throw invalidString(
        protocol,
        `the protocol of an address must be "l2cap", "rfcomm", "sco" or "hci", not ${quoted(protocol)}`,
      );
    }
  }
}

/** The length of the address depends on the protocol. */
export function decodeBluetooth(
  bytes: Uint8Array,
  view: DataView,
  length: number,
): BluetoothAddress | undefined {
  const family = "bluetooth";
  switch (length) {
    case L2.size:
      return {
        family,
        protocol: "l2cap",
        address: bdaddrIn(bytes, L2.bdaddr),
        psm: view.getUint16(L2.psm, true),
        cid: view.getUint16(L2.cid, true),
        addressType: view.getUint8(L2.type),
      };
    case RC.size:
      return {
        family,
        protocol: "rfcomm",
        address: bdaddrIn(bytes, RC.bdaddr),
        channel: view.getUint8(RC.channel),
      };
    case SCO.size:
      return { family, protocol: "sco", address: bdaddrIn(bytes, SCO.bdaddr) };
    case HCI.size: {
      const [dev, channel] = [view.getUint16(HCI.dev, true), view.getUint16(HCI.channel, true)];
      return { family, protocol: "hci", dev, channel };
    }
    default:
      return undefined;
  }
}

/** bdaddr_t has the last byte of the text first. */
function bdaddrOf(address: string): Uint8Array {
  if (typeof address === "string" && /^[\da-f]{2}(:[\da-f]{2}){5}$/i.test(address)) {
    return Uint8Array.from(address.split(":"), (byte) => Number.parseInt(byte, 16)).reverse();
  }
  throw invalidString(
    address,
    `address must be a Bluetooth address such as "00:1a:7d:da:71:13", not ${quoted(address)}`,
  );
}

function bdaddrIn(bytes: Uint8Array, at: number): string {
  const six = [...bytes.subarray(at, at + 6)].reverse();
  return six.map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}

// TIPC_SERVICE_RANGE, TIPC_SERVICE_ADDR, TIPC_SOCKET_ADDR
const RANGE = 1;
const SERVICE = 2;
const SOCKET = 3;

export function encodeTipc(input: TipcAddress): Uint8Array {
  const [addrtype, ...numbers] = tipcNumbers(input);
  const scope = integer("the scope of an address", input.scope, -0x80, 0x7f);
  return made(TIPC.size, (view) => {
    view.setUint8(TIPC.addrtype, addrtype);
    view.setInt8(TIPC.scope, scope);
    for (const [index, number] of numbers.entries()) view.setUint32(TIPC.first + index * 4, number, true);
  });
}

function tipcNumbers(input: TipcAddress): readonly [addrtype: number, ...numbers: number[]] {
  switch (input.type) {
    case "range":
      return [
        RANGE,
        uint32("service", input.service),
        uint32("lower", input.lower),
        uint32("upper", input.upper),
      ];
    case "service":
      return [
        SERVICE,
        uint32("service", input.service),
        uint32("instance", input.instance),
        uint32("domain", input.domain),
      ];
    case "socket":
      return [SOCKET, uint32("ref", input.ref), uint32("node", input.node)];
    default: {
      const { type }: { readonly type: unknown } = input;
      throw invalidString(
        type,
        `the type of an address must be "range", "service" or "socket", not ${quoted(type)}`,
      );
    }
  }
}

export function decodeTipc(view: DataView, length: number): TipcAddress | undefined {
  if (length !== TIPC.size) return undefined;
  const family = "tipc";
  const scope = view.getInt8(TIPC.scope);
  const [first, second, third] = [TIPC.first, TIPC.second, TIPC.third].map((at) => view.getUint32(at, true));
  if (first === undefined || second === undefined || third === undefined) return undefined;
  switch (view.getUint8(TIPC.addrtype)) {
    case RANGE:
      return { family, type: "range", service: first, lower: second, upper: third, scope };
    case SERVICE:
      return { family, type: "service", service: first, instance: second, domain: third, scope };
    case SOCKET:
      return { family, type: "socket", ref: first, node: second, scope };
    default:
      return undefined;
  }
}

export function encodeQipcrtr({ node, port }: QipcrtrAddress): Uint8Array {
  return made(QRTR.size, (view) => {
    view.setUint32(QRTR.node, uint32("node", node), true);
    view.setUint32(QRTR.port, uint32("port", port), true);
  });
}

export function decodeQipcrtr(view: DataView, length: number): QipcrtrAddress | undefined {
  if (length !== QRTR.size) return undefined;
  const [node, port] = [view.getUint32(QRTR.node, true), view.getUint32(QRTR.port, true)];
  return { family: "qipcrtr", node, port };
}

export function encodeXdp(input: XdpAddressInput, system: System): Uint8Array {
  const { flags = 0, queueId, sharedUmemFd = 0 } = input;
  const ifindex = ifindexOf(input.ifindex, system);
  return made(XDP.size, (view) => {
    view.setUint16(XDP.flags, uint16("flags", flags), true);
    view.setInt32(XDP.ifindex, ifindex, true);
    view.setUint32(XDP.queueId, uint32("queueId", queueId), true);
    view.setUint32(XDP.sharedUmemFd, uint32("sharedUmemFd", sharedUmemFd), true);
  });
}

export function decodeXdp(view: DataView, length: number): XdpAddress | undefined {
  if (length !== XDP.size) return undefined;
  return {
    family: "xdp",
    flags: view.getUint16(XDP.flags, true),
    ifindex: view.getInt32(XDP.ifindex, true),
    queueId: view.getUint32(XDP.queueId, true),
    sharedUmemFd: view.getUint32(XDP.sharedUmemFd, true),
  };
}
