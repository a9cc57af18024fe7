import type { SackBlock, TcpOption } from "./script.ts";

// RFC 9293, 3.2; RFC 7323; RFC 2018.
const KIND = { eol: 0, nop: 1, mss: 2, wscale: 3, sackOK: 4, sack: 5, TS: 8 };

/** The options of a segment, padded to whole words. */
export function encodeTcpOptions(options: readonly TcpOption[]): Uint8Array {
  const bytes = options.flatMap(encodeOption);
  while (bytes.length % 4 !== 0) bytes.push(KIND.eol);
  return Uint8Array.from(bytes);
}

function encodeOption(option: TcpOption): number[] {
  switch (option.kind) {
    case "eol":
    case "nop":
      return [KIND[option.kind]];
    case "sackOK":
      return [KIND.sackOK, 2];
    case "mss":
      return [KIND.mss, 4, option.size >> 8, option.size & 0xff];
    case "wscale":
      return [KIND.wscale, 3, option.shift];
    case "sack": {
      const ends = option.blocks.flatMap(({ left, right }) => [...uint32(left), ...uint32(right)]);
      return [KIND.sack, 2 + ends.length, ...ends];
    }
    case "TS":
      return [KIND.TS, 10, ...uint32(option.value), ...uint32(option.echo)];
    case "other":
      return [option.number, 2 + option.bytes.length, ...option.bytes];
  }
}

const uint32 = (value: number): number[] => [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff);

export function decodeTcpOptions(bytes: Uint8Array): TcpOption[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const options: TcpOption[] = [];
  for (let at = 0; at < bytes.length; ) {
    const kind = view.getUint8(at);
    if (kind === KIND.eol || kind === KIND.nop) {
      options.push({ kind: kind === KIND.eol ? "eol" : "nop" });
      at += 1;
      continue;
    }
    const length = view.getUint8(at + 1);
    options.push(decodeOption(kind, view, at + 2, length - 2));
    at += Math.max(length, 2);
  }
  return options;
}

function decodeOption(kind: number, view: DataView, at: number, length: number): TcpOption {
  if (kind === KIND.mss && length === 2) return { kind: "mss", size: view.getUint16(at) };
  if (kind === KIND.wscale && length === 1) return { kind: "wscale", shift: view.getUint8(at) };
  if (kind === KIND.sackOK && length === 0) return { kind: "sackOK" };
  if (kind === KIND.TS && length === 8) {
    return { kind: "TS", value: view.getUint32(at), echo: view.getUint32(at + 4) };
  }
  if (kind === KIND.sack && length % 8 === 0) {
    const blocks: SackBlock[] = [];
    for (let block = at; block < at + length; block += 8) {
      blocks.push({ left: view.getUint32(block), right: view.getUint32(block + 4) });
    }
    return { kind: "sack", blocks };
  }
  const bytes = Array.from({ length }, (_, index) => view.getUint8(at + index));
  return { kind: "other", number: kind, bytes };
}
