import type { System } from "../system/system.ts";

/**
 * Space for control messages. UDP_GRO's takes 24 bytes, and follows those that a program may have
 * enabled with options: timestamps, counters, addresses.
 */
export const CONTROL_SIZE = 256;

/** Words of struct cmsghdr: cmsg_len, a size_t, cmsg_level and cmsg_type. */
const HEADER_WORDS = 4;
const LEVEL = 2;
const TYPE = 3;

/**
 * Linux can deliver several datagrams of one sender as one message, if a network card or a sender
 * on this host passed them on together. A control message contains their size (UDP_GRO, udp(7));
 * only the last datagram may be shorter.
 */
export class MergedDatagrams {
  readonly #level: number;
  readonly #type: number;

  private constructor(level: number, type: number) {
    this.#level = level;
    this.#type = type;
  }

  /**
   * Returns undefined if the socket cannot merge datagrams. Do not give such a socket space for
   * control messages: descriptors that arrive in them on a unix socket would stay open.
   */
  static of(system: System, fd: number): MergedDatagrams | undefined {
    const option = system.options.UDP_GRO;
    const control = system.controls.UDP_GRO;
    if (option === undefined || control === undefined) return undefined;
    system.option.length = 4;
    const returned = system.getsockopt(fd, option.level, option.number, system.option);
    return returned === 0 ? new MergedDatagrams(control.level, control.number) : undefined;
  }

  /**
   * Returns the size of the datagrams in a message; the message's length if it is a single
   * datagram.
   *
   * @param words the control messages, from word `at` on
   * @param controlLength their length in bytes
   * @param length the length of the message in bytes
   */
  sizeIn(words: Int32Array | Uint32Array, at: number, controlLength: number, length: number): number {
    const end = at + (controlLength >> 2);
    while (at + HEADER_WORDS < end) {
      const messageLength = words[at] ?? 0;
      if (words[at + LEVEL] === this.#level && words[at + TYPE] === this.#type) {
        const size = words[at + HEADER_WORDS] ?? 0;
        return size > 0 && size < length ? size : length;
      }
      if (messageLength < HEADER_WORDS << 2) break;
      // CMSG_ALIGN.
      at += ((messageLength + 7) & ~7) >> 2;
    }
    return length;
  }
}
