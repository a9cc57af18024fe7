import { closeSync, constants, existsSync, openSync } from "node:fs";
import { lastErrno, openLibraryOn } from "../../../src/native/library.ts";
import { linux } from "../../../src/system/linux/linux.ts";

const libc = openLibraryOn(["linux"], null);
const ioctl = libc.func<(fd: number, request: number, argument: Uint8Array) => number>("ioctl", "int", [
  "int",
  "size_t",
  "void*",
]);
const ioctlNumber = libc.func<(fd: number, request: number, argument: number) => number>("ioctl", "int", [
  "int",
  "size_t",
  "size_t",
]);
const read = libc.func<(fd: number, buffer: Uint8Array, size: number) => number>("read", "ssize_t", [
  "int",
  "void*",
  "size_t",
]);
const write = libc.func<(fd: number, buffer: Uint8Array, size: number) => number>("write", "ssize_t", [
  "int",
  "void*",
  "size_t",
]);

// include/uapi/linux/if_tun.h
const TUNSETIFF = 0x400454ca;
const TUNSETOFFLOAD = 0x400454d0;
const IFF_TUN = 0x1;
const IFF_NO_PI = 0x1000;
const IFF_VNET_HDR = 0x4000;
const TUN_F_CSUM_TSO = 0x1 | 0x2 | 0x4 | 0x8;

/** struct virtio_net_hdr: the bytes before each packet (include/uapi/linux/virtio_net.h). */
const VNET_HEADER = 10;
/** IFNAMSIZ, and struct ifreq (include/uapi/linux/if.h). */
const NAME_SIZE = 16;
const IFREQ = 40;
const DEVICE = "/dev/net/tun";

/** Why there can be no TUN device here; undefined if there can. */
export function tunUnavailable(): string | undefined {
  if (process.platform !== "linux") return "only Linux has TUN devices that packetdrill can use";
  if (process.getuid?.() !== 0) return "only root may create a TUN device";
  return existsSync(DEVICE) ? undefined : `${DEVICE} does not exist (modprobe tun)`;
}

/** A TUN device of this network namespace, which ends with the process. */
export class TunDevice {
  readonly name: string;
  readonly fd: number;
  readonly #header: number;
  readonly #buffer: Uint8Array<ArrayBuffer>;

  /**
   * `segments` has the kernel hand over segments larger than the MTU, with checksums left to the
   * device, as to a network card.
   */
  constructor(name: string, options: { segments: boolean }) {
    this.name = name;
    this.fd = openSync(DEVICE, constants.O_RDWR | constants.O_NONBLOCK);
    this.#header = options.segments ? VNET_HEADER : 0;
    this.#buffer = new Uint8Array(this.#header + 0x10000);
    const request = new Uint8Array(IFREQ);
    request.set(new TextEncoder().encode(name));
    const flags = IFF_TUN | IFF_NO_PI | (options.segments ? IFF_VNET_HDR : 0);
    new DataView(request.buffer).setUint16(NAME_SIZE, flags, true);
    // Safety: struct ifreq is 40 bytes, and the kernel copies it during the call.
    check(ioctl(this.fd, TUNSETIFF, request), `TUNSETIFF ${name}`);
    if (options.segments) check(ioctlNumber(this.fd, TUNSETOFFLOAD, TUN_F_CSUM_TSO), "TUNSETOFFLOAD");
  }

  /** Hands the kernel a packet from the network. */
  write(packet: Uint8Array): void {
    const bytes = new Uint8Array(this.#header + packet.length);
    bytes.set(packet, this.#header);
    check(write(this.fd, bytes, bytes.length), "write to the TUN device");
  }

  /** A packet that the kernel has sent; undefined if there is none. */
  read(): Uint8Array<ArrayBuffer> | undefined {
    const size = read(this.fd, this.#buffer, this.#buffer.length);
    if (size === -1 && lastErrno() === linux.errnos.EAGAIN) return undefined;
    check(size, "read from the TUN device");
    return this.#buffer.slice(this.#header, size);
  }

  /** Waits until there may be a packet, for so many milliseconds at most. */
  wait(milliseconds: number): void {
    linux.poll([{ fd: this.fd, events: linux.constants.POLL.IN, revents: 0 }], Math.ceil(milliseconds));
  }

  close(): void {
    closeSync(this.fd);
  }
}

function check(returned: number, what: string): void {
  if (returned !== -1) return;
  const errno = lastErrno();
  throw new Error(`${what} failed: ${linux.errnoName(errno) ?? errno}`);
}
