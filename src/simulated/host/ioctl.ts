import { parseIpv4 } from "../../address/ip.ts";
import { defined } from "../../invariant.ts";
import { constants } from "../../system/linux/constants.ts";
import { errnos } from "../../system/linux/errno.ts";
import { ioctls } from "../../system/linux/ioctls.ts";
import type { ValueResult } from "../../system/value-result.ts";
import type { KernelSocket } from "./kernel-socket.ts";
import { HARDWARE, type NetworkInterface } from "./network-interface.ts";

const { AF, IFF, SOCK } = constants;
const { EADDRNOTAVAIL, EINVAL, ENODEV, ENOTTY, EPERM, ESRCH } = errnos;

/** struct ifreq: a name of 16 bytes, and the value. */
const VALUE = 16;
const NO_QUEUE = { queued: -ENOTTY, unsent: -ENOTTY };
/** In nanoseconds. */
const SECOND = 1_000_000_000n;
/** In a sockaddr_in. */
const ADDRESS = 4;
/** In a sockaddr. */
const HARDWARE_ADDRESS = 2;
/** DEFAULT_TX_QUEUE_LEN. */
const TRANSMIT_QUEUE = 1_000;

/** ioctl() of a socket: its queue to receive, and the interfaces of the host. */
export function socketIoctl(
  socket: KernelSocket,
  interfaces: readonly NetworkInterface[],
  request: number,
  argument: ValueResult,
): number {
  switch (request) {
    case ioctls.FIONREAD:
      // tcp_ioctl(), unix_inq_len().
      if (socket.acceptQueue() !== undefined) return -EINVAL;
      argument.view.setInt32(0, socket.readable(), true);
      return 0;
    case ioctls.SIOCATMARK: {
      const returned = socket.type === SOCK.STREAM ? socket.atMark() : -ENOTTY;
      if (returned >= 0) argument.view.setInt32(0, returned, true);
      return Math.min(returned, 0);
    }
    case ioctls.SIOCOUTQ:
    case ioctls.SIOCOUTQNSD: {
      const { queued, unsent } = socket.unacknowledged?.() ?? NO_QUEUE;
      const count = request === ioctls.SIOCOUTQ ? queued : unsent;
      if (count >= 0) argument.view.setInt32(0, count, true);
      return Math.min(count, 0);
    }
    case ioctls.SIOCGSTAMP:
    case ioctls.SIOCGSTAMPNS: {
      const stamp = socket.stamp?.() ?? BigInt(-ENOTTY);
      if (stamp < 0n) return Number(stamp);
      const fraction = stamp % SECOND;
      argument.view.setBigInt64(0, stamp / SECOND, true);
      argument.view.setBigInt64(8, request === ioctls.SIOCGSTAMP ? fraction / 1_000n : fraction, true);
      return 0;
    }
    case ioctls.SIOCGPGRP:
      // No process asks for signals.
      argument.view.setInt32(0, 0, true);
      return 0;
    case ioctls.SIOCSPGRP:
      // f_setown(): a simulated host has no processes to send signals to.
      return argument.view.getInt32(0, true) === 0 ? 0 : -ESRCH;
    case ioctls.SIOCGIFNAME: {
      const index = argument.view.getInt32(VALUE, true);
      const found = interfaces.find((each) => each.index === index);
      if (found === undefined) return -ENODEV;
      argument.bytes.fill(0, 0, VALUE);
      new TextEncoder().encodeInto(found.name, argument.bytes.subarray(0, VALUE - 1));
      return 0;
    }
    default:
      return interfaceIoctl(socket, interfaces, request, argument);
  }
}

/** dev_ifsioc_locked() and devinet_ioctl(). */
function interfaceIoctl(
  socket: KernelSocket,
  interfaces: readonly NetworkInterface[],
  request: number,
  { bytes, view }: ValueResult,
): number {
  const name = new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0)));
  const found = interfaces.find((each) => each.name === name);
  const address = found?.addresses.find(({ version }) => version === 4);
  const setInt = (value: number): number => {
    if (found === undefined) return -ENODEV;
    view.setInt32(VALUE, value, true);
    return 0;
  };
  const setAddress = (text: string | undefined): number => {
    if (socket.domain !== AF.INET) return -ENOTTY;
    if (found === undefined) return -ENODEV;
    if (text === undefined) return -EADDRNOTAVAIL;
    view.setUint16(VALUE, AF.INET, true);
    bytes.set(defined(parseIpv4(text), "an interface's address is one"), VALUE + ADDRESS);
    return 0;
  };
  switch (request) {
    case ioctls.SIOCSIFADDR:
    case ioctls.SIOCSIFBRDADDR:
    case ioctls.SIOCSIFDSTADDR:
    case ioctls.SIOCSIFFLAGS:
    case ioctls.SIOCSIFHWADDR:
    case ioctls.SIOCSIFMTU:
    case ioctls.SIOCSIFNAME:
    case ioctls.SIOCSIFNETMASK:
    case ioctls.SIOCSIFTXQLEN:
      // Its network configures a host, which has no CAP_NET_ADMIN.
      return -EPERM;
    case ioctls.SIOCGIFADDR:
    // A point-to-point interface would have a peer's; none is simulated.
    case ioctls.SIOCGIFDSTADDR:
      return setAddress(address?.address);
    case ioctls.SIOCGIFBRDADDR:
      return setAddress(address && (address.broadcast ?? "0.0.0.0"));
    case ioctls.SIOCGIFNETMASK:
      return setAddress(address && maskOf(address.prefix));
    case ioctls.SIOCGIFFLAGS:
      return setInt(found === undefined ? 0 : flagsOf(found));
    case ioctls.SIOCGIFINDEX:
      return setInt(found?.index ?? 0);
    case ioctls.SIOCGIFMTU:
      return setInt(found?.mtu ?? 0);
    case ioctls.SIOCGIFTXQLEN:
      return setInt(TRANSMIT_QUEUE);
    case ioctls.SIOCGIFHWADDR:
      if (found === undefined) return -ENODEV;
      view.setUint16(VALUE, found.loopback ? HARDWARE.LOOPBACK : HARDWARE.ETHER, true);
      bytes.set(found.hardware, VALUE + HARDWARE_ADDRESS);
      return 0;
    default:
      return -ENOTTY;
  }
}

function maskOf(prefix: number): string {
  const mask = prefix === 0 ? 0 : (-1 << (32 - prefix)) >>> 0;
  return [24, 16, 8, 0].map((shift) => (mask >>> shift) & 0xff).join(".");
}

/** dev_get_flags(). */
function flagsOf({ loopback, up }: NetworkInterface): number {
  const kind = loopback ? IFF.LOOPBACK : IFF.BROADCAST | IFF.MULTICAST;
  return kind | (up ? IFF.UP | IFF.RUNNING : 0);
}
