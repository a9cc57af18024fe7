// The file format of Wireshark and tcpdump (draft-ietf-opsawg-pcapng): blocks, each with its length
// before and after it, padded to four bytes.

const SECTION_HEADER = 0x0a0d0d0a;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const INTERFACE_DESCRIPTION = 1;
const ENHANCED_PACKET = 6;
/** Packets begin with their IP header (LINKTYPE_RAW). */
const LINKTYPE_RAW = 101;
/** Timestamps count units of 10^-9 s. */
const NANOSECONDS = 9;

const OPTION = { end: 0, comment: 1, userApplication: 4, interfaceName: 2, timestampResolution: 9 };

const text = new TextEncoder();

/** Writes packets of several interfaces into one file. */
export class PcapngWriter {
  readonly #blocks: Uint8Array[] = [];
  #interfaces = 0;

  constructor() {
    const body = new Uint8Array(16);
    const view = new DataView(body.buffer);
    view.setUint32(0, BYTE_ORDER_MAGIC, true);
    view.setUint16(4, 1, true);
    // The section's length is unknown: -1.
    view.setBigInt64(8, -1n, true);
    this.#block(SECTION_HEADER, [body, option(OPTION.userApplication, text.encode("berkeley")), END]);
  }

  /** Adds an interface, and returns its number. */
  interface(name: string): number {
    const body = new Uint8Array(8);
    new DataView(body.buffer).setUint16(0, LINKTYPE_RAW, true);
    const resolution = option(OPTION.timestampResolution, Uint8Array.of(NANOSECONDS));
    this.#block(INTERFACE_DESCRIPTION, [
      body,
      option(OPTION.interfaceName, text.encode(name)),
      resolution,
      END,
    ]);
    this.#interfaces += 1;
    return this.#interfaces - 1;
  }

  /** Adds a packet, with its time in nanoseconds since 1970. An empty comment is none. */
  packet(onInterface: number, at: bigint, bytes: Uint8Array, comment: string): void {
    const header = new Uint8Array(20);
    const view = new DataView(header.buffer);
    view.setUint32(0, onInterface, true);
    view.setUint32(4, Number(at >> 32n), true);
    view.setUint32(8, Number(at & 0xffff_ffffn), true);
    view.setUint32(12, bytes.length, true);
    view.setUint32(16, bytes.length, true);
    const options = comment === "" ? [] : [option(OPTION.comment, text.encode(comment)), END];
    this.#block(ENHANCED_PACKET, [header, padded(bytes), ...options]);
  }

  /** The file so far. */
  bytes(): Uint8Array<ArrayBuffer> {
    const file = new Uint8Array(this.#blocks.reduce((length, block) => length + block.length, 0));
    let at = 0;
    for (const block of this.#blocks) {
      file.set(block, at);
      at += block.length;
    }
    return file;
  }

  #block(type: number, parts: readonly Uint8Array[]): void {
    const length = 12 + parts.reduce((sum, part) => sum + part.length, 0);
    const block = new Uint8Array(length);
    const view = new DataView(block.buffer);
    view.setUint32(0, type, true);
    view.setUint32(4, length, true);
    view.setUint32(length - 4, length, true);
    let at = 8;
    for (const part of parts) {
      block.set(part, at);
      at += part.length;
    }
    this.#blocks.push(block);
  }
}

/** An option: its code, the length of its value, and the value. */
function option(code: number, value: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + padded(value).length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, code, true);
  view.setUint16(2, value.length, true);
  bytes.set(value, 4);
  return bytes;
}

const END = option(OPTION.end, new Uint8Array());

function padded(bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  whole.set(bytes);
  return whole;
}
