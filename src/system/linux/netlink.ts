// include/uapi/linux/netlink.h: messages of netlink(7), their attributes, and the end of a dump.

export const NETLINK_SOCK_DIAG = 4;

export const NLM_F = { DUMP: 0x300, REQUEST: 0x1 } as const;

export const NLMSG = { DONE: 3, ERROR: 2 } as const;

/** sizeof(struct nlmsghdr). */
export const NLMSGHDR = 16;

/** sizeof(struct nlattr). */
const NLATTR = 4;

/** The bits of nla_type that hold flags (NLA_TYPE_MASK). */
const NLA_TYPE_MASK = 0x3fff;

/** One message of netlink. */
export interface NetlinkMessage {
  readonly type: number;
  readonly flags: number;
  readonly payload: Uint8Array;
}

/** Encodes a message for the kernel: its length, type and flags, and the payload. */
export function encodeNetlinkMessage({ type, flags, payload }: NetlinkMessage): Uint8Array {
  const bytes = new Uint8Array(NLMSGHDR + payload.byteLength);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.byteLength, true);
  view.setUint16(4, type, true);
  view.setUint16(6, flags, true);
  bytes.set(payload, NLMSGHDR);
  return bytes;
}

/** The messages of one datagram, up to the first incomplete one. */
export function decodeNetlinkMessages(bytes: Uint8Array): NetlinkMessage[] {
  const view = viewOf(bytes);
  const messages: NetlinkMessage[] = [];
  let offset = 0;
  while (offset + NLMSGHDR <= bytes.byteLength) {
    const length = view.getUint32(offset, true);
    if (length < NLMSGHDR || offset + length > bytes.byteLength) break;
    messages.push({
      type: view.getUint16(offset + 4, true),
      flags: view.getUint16(offset + 6, true),
      payload: bytes.subarray(offset + NLMSGHDR, offset + length),
    });
    offset += aligned(length);
  }
  return messages;
}

/** The status in an NLMSG_ERROR or NLMSG_DONE: 0 or a negative errno. */
export function netlinkErrno({ payload }: NetlinkMessage): number {
  return payload.byteLength < 4 ? 0 : viewOf(payload).getInt32(0, true);
}

/** The attributes after a structure, by number; the last one if a number repeats. */
export function decodeAttributes(bytes: Uint8Array): Map<number, Uint8Array> {
  const view = viewOf(bytes);
  const attributes = new Map<number, Uint8Array>();
  let offset = 0;
  while (offset + NLATTR <= bytes.byteLength) {
    const length = view.getUint16(offset, true);
    if (length < NLATTR || offset + length > bytes.byteLength) break;
    const type = view.getUint16(offset + 2, true) & NLA_TYPE_MASK;
    attributes.set(type, bytes.subarray(offset + NLATTR, offset + length));
    offset += aligned(length);
  }
  return attributes;
}

/** Encodes attributes for the kernel, each aligned to four bytes. */
export function encodeAttributes(attributes: ReadonlyMap<number, Uint8Array>): Uint8Array {
  const size = [...attributes.values()].reduce((sum, value) => sum + aligned(NLATTR + value.byteLength), 0);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  let offset = 0;
  for (const [type, value] of attributes) {
    view.setUint16(offset, NLATTR + value.byteLength, true);
    view.setUint16(offset + 2, type, true);
    bytes.set(value, offset + NLATTR);
    offset += aligned(NLATTR + value.byteLength);
  }
  return bytes;
}

export const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** NLMSG_ALIGN and NLA_ALIGN: four bytes. */
const aligned = (length: number) => (length + 3) & ~3;
