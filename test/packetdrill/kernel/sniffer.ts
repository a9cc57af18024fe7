import { defined } from "../../../src/invariant.ts";
import { linux } from "../../../src/system/linux/linux.ts";
import type { MessageHeader } from "../../../src/system/system.ts";

const { AF, SOCK, MSG, POLL } = linux.constants;
// include/uapi/linux/if_ether.h, include/uapi/linux/if_packet.h
const ETH_P_ALL = 3;
const PACKET_OUTGOING = 4;
const SO_TIMESTAMPNS = { level: 1, number: 35 };
const SO_RCVBUFFORCE = { level: 1, number: 33 };
const swap16 = (value: number): number => ((value & 0xff) << 8) | (value >> 8);

/**
 * Sees the packets that leave through a device, with the time at which the kernel sent each,
 * however late this process comes to read it.
 */
export class Sniffer {
  readonly #fd: number;
  readonly #buffer = new Uint8Array(0x10000 + 256);

  constructor(device: string) {
    const domain = defined(AF.PACKET, "Linux has packet sockets");
    this.#fd = linux.socket(domain, SOCK.DGRAM, swap16(ETH_P_ALL), 0);
    if (this.#fd < 0) throw new Error(`cannot open a packet socket: errno ${-this.#fd}`);
    // struct sockaddr_ll
    const { address } = linux;
    address.bytes.fill(0, 0, 20);
    address.view.setUint16(0, domain, true);
    address.view.setUint16(2, ETH_P_ALL);
    address.view.setInt32(4, linux.interfaceIndex(device), true);
    address.length = 20;
    this.#check(linux.bind(this.#fd, address), "bind");
    this.#set(SO_TIMESTAMPNS, 1);
    this.#set(SO_RCVBUFFORCE, 16 * 1024 * 1024);
  }

  #set(option: { level: number; number: number }, value: number): void {
    linux.option.view.setInt32(0, value, true);
    linux.option.length = 4;
    this.#check(linux.setsockopt(this.#fd, option.level, option.number, linux.option), "setsockopt");
  }

  #check(returned: number, what: string): void {
    if (returned < 0) throw new Error(`${what} of the packet socket failed: errno ${-returned}`);
  }

  /** The next packet, and its CLOCK_REALTIME in nanoseconds; undefined if there is none. */
  next(): { readonly bytes: Uint8Array; readonly at: bigint } | undefined {
    for (;;) {
      const { address, control } = linux.messageMemory(0);
      address.length = address.capacity;
      control.length = control.capacity;
      const message: MessageHeader = {
        address,
        data: [this.#buffer],
        locations: null,
        control,
        flags: 0,
        bytes: 0,
      };
      const size = linux.recvmsg(this.#fd, message, MSG.DONTWAIT ?? 0x40);
      if (size < 0) return undefined;
      if (address.view.getUint8(10) !== PACKET_OUTGOING) continue;
      // One control message: a cmsghdr of 16 bytes, and a timespec.
      const at = control.view.getBigInt64(16, true) * 1_000_000_000n + control.view.getBigInt64(24, true);
      return { bytes: this.#buffer.slice(0, size), at };
    }
  }

  /** Waits until there may be a packet, for so many milliseconds at most. */
  wait(milliseconds: number): void {
    linux.poll([{ fd: this.#fd, events: POLL.IN, revents: 0 }], milliseconds);
  }

  close(): void {
    linux.close(this.#fd);
  }
}
