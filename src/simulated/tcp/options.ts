import type { SackBlock, TcpOptions, UnknownTcpOption } from "../ip/packet.ts";

// The bytes of a segment's options, as Linux lays them out (net/ipv4/tcp_output.c,
// tcp_options_write(), and tcp_input.c, tcp_parse_options()).

const KIND = { END: 0, NOP: 1, MSS: 2, WINDOW_SCALE: 3, SACK_PERMITTED: 4, SACK: 5, TIMESTAMPS: 8 } as const;

/**
 * Four bytes for each, with NOPs before shorter ones; SACK-permitted fills the timestamps' padding.
 */
export function encodeOptions(options: TcpOptions): Uint8Array {
  const bytes: number[] = [];
  const { mss, windowScale, sackPermitted, timestamps, sack, unknown } = options;
  if (mss !== undefined) bytes.push(KIND.MSS, 4, mss >> 8, mss & 0xff);
  if (timestamps !== undefined) {
    if (sackPermitted) bytes.push(KIND.SACK_PERMITTED, 2, KIND.TIMESTAMPS, 10);
    else bytes.push(KIND.NOP, KIND.NOP, KIND.TIMESTAMPS, 10);
    push32(bytes, timestamps.value);
    push32(bytes, timestamps.echo);
  } else if (sackPermitted) {
    bytes.push(KIND.NOP, KIND.NOP, KIND.SACK_PERMITTED, 2);
  }
  if (windowScale !== undefined) bytes.push(KIND.NOP, KIND.WINDOW_SCALE, 3, windowScale);
  if (sack.length > 0) {
    bytes.push(KIND.NOP, KIND.NOP, KIND.SACK, 2 + 8 * sack.length);
    for (const { left, right } of sack) {
      push32(bytes, left);
      push32(bytes, right);
    }
  }
  for (const { kind, data } of unknown) {
    bytes.push(kind);
    if (kind > KIND.NOP) bytes.push(2 + data.length, ...data);
  }
  while (bytes.length % 4 !== 0) bytes.push(KIND.NOP);
  return Uint8Array.from(bytes);
}

function push32(bytes: number[], value: number): void {
  bytes.push(value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
}

/**
 * Reads options. Those of a wrong length are skipped; a length that leaves the header, or is below
 * 2, ends the reading. `syn` says whether the segment has the SYN flag, without which MSS, window
 * scale and SACK-permitted do not count.
 */
export function decodeOptions(bytes: Uint8Array, syn: boolean): TcpOptions {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let mss: number | undefined;
  let windowScale: number | undefined;
  let sackPermitted = false;
  let timestamps: TcpOptions["timestamps"];
  let sack: SackBlock[] = [];
  const unknown: UnknownTcpOption[] = [];
  for (let at = 0; at < bytes.length; ) {
    const kind = bytes[at] ?? KIND.END;
    if (kind === KIND.END) break;
    if (kind === KIND.NOP) {
      at += 1;
      continue;
    }
    const length = bytes[at + 1] ?? 0;
    if (length < 2 || at + length > bytes.length) break;
    if (kind === KIND.MSS && length === 4 && syn) mss = view.getUint16(at + 2);
    else if (kind === KIND.WINDOW_SCALE && length === 3 && syn) windowScale = view.getUint8(at + 2);
    else if (kind === KIND.SACK_PERMITTED && length === 2 && syn) sackPermitted = true;
    else if (kind === KIND.TIMESTAMPS && length === 10)
      timestamps = { value: view.getUint32(at + 2), echo: view.getUint32(at + 6) };
    else if (kind === KIND.SACK && length >= 10 && (length - 2) % 8 === 0)
      sack = blocksOf(view, at + 2, (length - 2) / 8);
    else unknown.push({ kind, data: bytes.slice(at + 2, at + length) });
    at += length;
  }
  return { mss, windowScale, sackPermitted, timestamps, sack, unknown };
}

function blocksOf(view: DataView, at: number, count: number): SackBlock[] {
  const blocks: SackBlock[] = [];
  for (let index = 0; index < count; index += 1) {
    const offset = at + 8 * index;
    blocks.push({ left: view.getUint32(offset), right: view.getUint32(offset + 4) });
  }
  return blocks;
}
