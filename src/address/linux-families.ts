import { copyOfBytes, integer, outOfRange } from "../errors/argument.ts";
import type { System } from "../system/system.ts";
import type {
  NetlinkAddress,
  PacketAddress,
  PacketAddressInput,
  VsockAddress,
  VsockAddressInput,
} from "./address.ts";
import { ifindexOf } from "./interface-index.ts";

// sockaddr_nl, include/uapi/linux/netlink.h; sockaddr_ll, linux/if_packet.h; sockaddr_vm,
// linux/vm_sockets.h.
const NL = { pid: 4, groups: 8, size: 12 };
const LL = { protocol: 2, ifindex: 4, hatype: 8, pkttype: 10, halen: 11, addr: 12, addrSize: 8, size: 20 };
const VM = { port: 4, cid: 8, flags: 12, size: 16 };

/** The size of the family field at the start of each. */
const FAMILY = 2;

const uint32 = (what: string, value: number) => integer(`the ${what} of an address`, value, 0, 0xffffffff);

/** A sockaddr_nl, without its family. */
export function encodeNetlink({ pid, groups }: NetlinkAddress): Uint8Array {
  const data = new Uint8Array(NL.size - FAMILY);
  const view = new DataView(data.buffer);
  view.setUint32(NL.pid - FAMILY, uint32("pid", pid), true);
  view.setUint32(NL.groups - FAMILY, uint32("groups", groups), true);
  return data;
}

export function decodeNetlink(view: DataView, length: number): NetlinkAddress | undefined {
  if (length !== NL.size) return undefined;
  return { family: "netlink", pid: view.getUint32(NL.pid, true), groups: view.getUint32(NL.groups, true) };
}

/** A sockaddr_ll, without its family. */
export function encodePacket(input: PacketAddressInput, system: System): Uint8Array {
  const { protocol, ifindex, hatype = 0, pkttype = 0, address: given = new Uint8Array(0) } = input;
  const address = copyOfBytes("the address of a packet address", given);
  if (address.byteLength > LL.addrSize) {
    throw outOfRange(`the address of a packet address is ${address.byteLength} bytes long; at most 8 fit`);
  }
  const data = new Uint8Array(LL.size - FAMILY);
  const view = new DataView(data.buffer);
  view.setUint16(LL.protocol - FAMILY, integer("the protocol of an address", protocol, 0, 0xffff));
  view.setInt32(LL.ifindex - FAMILY, ifindexOf(ifindex, system), true);
  view.setUint16(LL.hatype - FAMILY, integer("the hatype of an address", hatype, 0, 0xffff), true);
  view.setUint8(LL.pkttype - FAMILY, integer("the pkttype of an address", pkttype, 0, 0xff));
  view.setUint8(LL.halen - FAMILY, address.byteLength);
  data.set(address, LL.addr - FAMILY);
  return data;
}

/**
 * A name shorter than the structure has a shorter link-layer address: packet_getname in
 * net/packet/af_packet.c.
 */
export function decodePacket(bytes: Uint8Array, view: DataView, length: number): PacketAddress | undefined {
  if (length < LL.addr || length > LL.size) return undefined;
  const halen = view.getUint8(LL.halen);
  if (LL.addr + halen > length) return undefined;
  return {
    family: "packet",
    protocol: view.getUint16(LL.protocol),
    ifindex: view.getInt32(LL.ifindex, true),
    hatype: view.getUint16(LL.hatype, true),
    pkttype: view.getUint8(LL.pkttype),
    address: new Uint8Array(bytes.subarray(LL.addr, LL.addr + halen)),
  };
}

/** A sockaddr_vm, without its family. */
export function encodeVsock({ cid, port, flags = 0 }: VsockAddressInput): Uint8Array {
  const data = new Uint8Array(VM.size - FAMILY);
  const view = new DataView(data.buffer);
  view.setUint32(VM.port - FAMILY, uint32("port", port), true);
  view.setUint32(VM.cid - FAMILY, uint32("cid", cid), true);
  view.setUint8(VM.flags - FAMILY, integer("the flags of an address", flags, 0, 0xff));
  return data;
}

export function decodeVsock(view: DataView, length: number): VsockAddress | undefined {
  if (length !== VM.size) return undefined;
  const [cid, port] = [view.getUint32(VM.cid, true), view.getUint32(VM.port, true)];
  return { family: "vsock", cid, port, flags: view.getUint8(VM.flags) };
}
