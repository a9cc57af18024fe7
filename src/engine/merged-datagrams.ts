import type { System } from "../system/system.ts";

/**
 * Room for control messages. UDP_GRO's takes 24 bytes, and comes after those that a program may
 * have asked for with options: time stamps, counters, addresses.
 */
export const CONTROL_SIZE = 256;

/** Words of struct cmsghdr: cmsg_len, a size_t, cmsg_level and cmsg_type. */
const HEADER_WORDS = 4;
const LEVEL = 2;
const TYPE = 3;

/**
 * Linux can deliver datagrams of one sender as one message, with their size in a control message
 * (UDP_GRO, udp(7)): those that a network card or a sender on this host passed on together. All
 * are of that size, but for the last one, which may be shorter.
 */
export class MergedDatagrams {
  readonly #level: number;
  readonly #type: number;

  private constructor(level: number, type: number) {
    this.#level = level;
    this.#type = type;
  }

  /**
   * Undefined if a socket cannot merge datagrams. Such a socket must not be given room for control
   * messages: the descriptors that a unix socket brings in them would stay open.
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
   * The size of the datagrams in a message; its own length if it is one.
   *
   * @param words the control messages, from word `at` on
   * @param controlLength their length in bytes
   * @param length that of the message in bytes
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
