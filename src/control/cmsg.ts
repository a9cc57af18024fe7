import type { System } from "../system/system.ts";

/** One struct cmsghdr and its data. */
export interface Cmsg {
  readonly level: number;
  readonly number: number;
  readonly data: Uint8Array;
}

/**
 * CMSG_SPACE(3): the bytes that a control message with this much data occupies in a control buffer.
 */
export function cmsgSpace(dataLength: number, { cmsg }: System): number {
  return align(cmsg.headerSize, cmsg.alignment) + align(dataLength, cmsg.alignment);
}

/**
 * Writes control messages in order and returns the total size. `into` must be large enough.
 */
export function writeCmsgs(cmsgs: readonly Cmsg[], into: Uint8Array, system: System): number {
  const view = new DataView(into.buffer, into.byteOffset, into.byteLength);
  const header = align(system.cmsg.headerSize, system.cmsg.alignment);
  let offset = 0;
  for (const { level, number, data } of cmsgs) {
    const space = cmsgSpace(data.byteLength, system);
    into.fill(0, offset, offset + space);
    writeLength(view, offset, header + data.byteLength, system);
    view.setInt32(offset + system.cmsg.lengthSize, level, true);
    view.setInt32(offset + system.cmsg.lengthSize + 4, number, true);
    into.set(data, offset + header);
    offset += space;
  }
  return offset;
}

/**
 * Reads the control messages in an untrusted buffer. `torn` means that one claims to be longer than
 * the buffer or shorter than its header; reading stops there. The data are views of the buffer:
 * copy them to keep them.
 */
export function readCmsgs(from: Uint8Array, system: System): { cmsgs: Cmsg[]; torn: boolean } {
  const view = new DataView(from.buffer, from.byteOffset, from.byteLength);
  const { headerSize, alignment, lengthSize } = system.cmsg;
  const header = align(headerSize, alignment);
  const cmsgs: Cmsg[] = [];
  let offset = 0;
  while (from.byteLength - offset >= headerSize) {
    const length = readLength(view, offset, system);
    if (length < header || length > from.byteLength - offset) return { cmsgs, torn: true };
    const level = view.getInt32(offset + lengthSize, true);
    const number = view.getInt32(offset + lengthSize + 4, true);
    cmsgs.push({ level, number, data: from.subarray(offset + header, offset + length) });
    offset += align(length, alignment);
  }
  return { cmsgs, torn: offset < from.byteLength };
}

const align = (length: number, alignment: number) => Math.ceil(length / alignment) * alignment;

/** cmsg_len is a size_t on Linux and a socklen_t on the BSDs. */
function writeLength(view: DataView, offset: number, length: number, { cmsg }: System): void {
  view.setUint32(offset, length, true);
  if (cmsg.lengthSize === 8) view.setUint32(offset + 4, 0, true);
}

function readLength(view: DataView, offset: number, { cmsg }: System): number {
  const low = view.getUint32(offset, true);
  return cmsg.lengthSize === 8 ? view.getUint32(offset + 4, true) * 2 ** 32 + low : low;
}
