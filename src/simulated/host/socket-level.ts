import { constants } from "../../system/linux/constants.ts";
import { errnos } from "../../system/linux/errno.ts";
import { options } from "../../system/linux/options.ts";
import type { ValueResult } from "../../system/system.ts";
import { giveBytes, giveInt, ints, readWide, takenInt, wide } from "./option-value.ts";
import { optionKey, Refused } from "./simple-option.ts";
import { writeSockaddr } from "./sockaddr.ts";
import type { SocketBase } from "./socket-base.ts";
import { SOCKET_OPTION, socketOptions } from "./socket-options.ts";
import { readTimeout, timeval } from "./timeout-option.ts";

const { IPPROTO, SOL } = constants;
const { EINVAL, ENODATA, ENODEV, ENOPROTOOPT, EOPNOTSUPP, EPERM } = errnos;

// include/net/sock.h: SOCK_MIN_SNDBUF, SOCK_MIN_RCVBUF.
const MIN_SNDBUF = 4_608;
const MIN_RCVBUF = 2_304;
const INT_MAX = 0x7fffffff;
/** SOF_TXTIME_FLAGS_MASK. */
const TXTIME_FLAGS = 3;

/** getsockopt() of SOL_SOCKET: sk_getsockopt(). */
export function getSocketOption(socket: SocketBase, name: number, value: ValueResult): number {
  switch (name) {
    case options.SO_SNDBUF.number:
      return giveInt(value, socket.sendBuffer);
    case options.SO_RCVBUF.number:
      return giveInt(value, socket.receiveBuffer);
    case options.SO_TYPE.number:
      return giveInt(value, socket.type);
    case options.SO_PROTOCOL.number:
      return giveInt(value, socket.protocol);
    case options.SO_DOMAIN.number:
      return giveInt(value, socket.domain);
    case options.SO_ERROR.number:
      return giveInt(value, -socket.takeError());
    case options.SO_ACCEPTCONN.number:
      return giveInt(value, socket.acceptQueue() === undefined ? 0 : 1);
    case options.SO_LINGER.number:
      return giveBytes(
        value,
        ints(socket.settings.linger === undefined ? 0 : 1, socket.settings.linger ?? 0),
      );
    case options.SO_RCVTIMEO.number:
      return giveBytes(value, timeval(socket.settings.receiveTimeout));
    case options.SO_SNDTIMEO.number:
      return giveBytes(value, timeval(socket.settings.sendTimeout));
    case options.SO_RCVLOWAT.number:
      return giveInt(value, socket.settings.receiveLowWater);
    case options.SO_SNDLOWAT.number:
      return giveInt(value, 1);
    case options.SO_BINDTODEVICE.number:
      return getDevice(socket, value);
    case options.SO_BINDTOIFINDEX.number:
      return giveInt(value, socket.boundInterface);
    case options.SO_BPF_EXTENSIONS.number:
      return giveInt(value, 64);
    case options.SO_INCOMING_NAPI_ID.number:
    case options.SO_RESERVE_MEM.number:
      return giveInt(value, 0);
    case options.SO_COOKIE.number:
      return value.length < 8 ? -EINVAL : giveBytes(value, wide(socket.cookie));
    case options.SO_NETNS_COOKIE.number:
      return value.length === 8 ? giveBytes(value, wide(1)) : -EINVAL;
    case options.SO_MAX_PACING_RATE.number:
      return getPacingRate(socket, value);
    case options.SO_TIMESTAMPING.number:
      return giveBytes(value, ints(socket.value(SOCKET_OPTION.TIMESTAMPING), 0));
    case options.SO_TXTIME.number:
      return giveBytes(value, ints(...socket.settings.transmitTime));
    case options.SO_MEMINFO.number:
      return giveBytes(value, ints(...socket.memoryInfo()));
    case options.SO_PEERCRED.number: {
      const { pid, uid, gid } = socket.peerCredentials ?? { pid: 0, uid: -1, gid: -1 };
      return giveBytes(value, ints(pid, uid, gid));
    }
    case options.SO_PEERGROUPS.number:
      return getPeerGroups(socket, value);
    case options.SO_PEERPIDFD.number:
      return -ENODATA;
    case options.SO_PEERNAME.number:
      return getPeerName(socket, value);
    case options.SO_GET_FILTER.number:
      value.length = socket.filter?.length ?? 0;
      return 0;
    default:
      return getSimple(socket, name, value);
  }
}

/** setsockopt() of SOL_SOCKET: sk_setsockopt(). */
export function setSocketOption(socket: SocketBase, name: number, value: Uint8Array): number {
  if (name === options.SO_BINDTODEVICE.number) return setDevice(socket, value);
  const int = takenInt(value);
  if (int === undefined) return -EINVAL;
  switch (name) {
    case options.SO_SNDBUF.number:
      return setSendBuffer(socket, Math.min(int >>> 0, socket.host.sysctls.get("net.core.wmem_max")));
    case options.SO_SNDBUFFORCE.number:
      return socket.host.user === 0 ? setSendBuffer(socket, Math.max(int, 0)) : -EPERM;
    case options.SO_RCVBUF.number:
      return setReceiveBuffer(socket, Math.min(int >>> 0, socket.host.sysctls.get("net.core.rmem_max")));
    case options.SO_RCVBUFFORCE.number:
      return socket.host.user === 0 ? setReceiveBuffer(socket, Math.max(int, 0)) : -EPERM;
    case options.SO_LINGER.number:
      return setLinger(socket, value, int);
    case options.SO_RCVTIMEO.number:
    case options.SO_SNDTIMEO.number:
      return setTimeoutOption(socket, name, value);
    case options.SO_RCVLOWAT.number:
      return socket.setReceiveLowWater(int < 0 ? INT_MAX : int);
    case options.SO_BINDTOIFINDEX.number:
      if (int < 0) return -EINVAL;
      socket.boundInterface = int;
      return 0;
    case options.SO_MAX_PACING_RATE.number:
      socket.configure({
        pacingRate: int === -1 ? Number.POSITIVE_INFINITY : (readWide(value) ?? int >>> 0),
      });
      return 0;
    case options.SO_TIMESTAMP.number:
    case options.SO_TIMESTAMPNS.number:
      // They exclude each other: sock_set_timestamp().
      socket.setValue(SOCKET_OPTION.TIMESTAMP, name === options.SO_TIMESTAMP.number && int !== 0 ? 1 : 0);
      socket.setValue(SOCKET_OPTION.TIMESTAMPNS, name === options.SO_TIMESTAMPNS.number && int !== 0 ? 1 : 0);
      return 0;
    case options.SO_RESERVE_MEM.number:
      return int < 0 ? -EINVAL : -EOPNOTSUPP;
    case options.SO_BUSY_POLL_BUDGET.number:
      return int < 0 || int > 0xffff ? -EINVAL : 0;
    case options.SO_CNX_ADVICE.number:
      return 0;
    case options.SO_DETACH_FILTER.number:
      return socket.detachFilter();
    case options.SO_DETACH_REUSEPORT_BPF.number:
      return socket.detachReuseportFilter();
    case options.SO_ATTACH_FILTER.number:
    case options.SO_ATTACH_REUSEPORT_CBPF.number:
      // Their value is a pointer, which comes through attachFilter() and its like.
      return -EINVAL;
    case options.SO_TXTIME.number:
      return setTransmitTime(socket, value, int);
    case options.SO_ATTACH_BPF.number:
    case options.SO_ATTACH_REUSEPORT_EBPF.number:
      // No descriptor is a program of BPF; those of standard input, output and error are others.
      return value.length === 4 && (int < 0 || int > 2) ? -errnos.EBADF : -EINVAL;
    case options.SO_DEVMEM_DONTNEED.number:
      return socket.protocol === IPPROTO.TCP ? -EINVAL : -errnos.EBADF;
    default:
      return setSimple(socket, name, int);
  }
}

function getSimple(socket: SocketBase, name: number, value: ValueResult): number {
  const option = socketOptions.get(optionKey(SOL.SOCKET, name));
  if (option === undefined) return -ENOPROTOOPT;
  const lacks = socket.lacksOption(option, undefined);
  return lacks < 0 ? lacks : giveInt(value, socket.value(option));
}

function setSimple(socket: SocketBase, name: number, int: number): number {
  const option = socketOptions.get(optionKey(SOL.SOCKET, name));
  if (option === undefined) return -ENOPROTOOPT;
  const lacks = socket.lacksOption(option, int);
  if (lacks < 0) return lacks;
  const accepted = option.accept(int);
  if (accepted instanceof Refused) return accepted.errno;
  socket.setValue(option, accepted);
  return 0;
}

function setSendBuffer(socket: SocketBase, bytes: number): number {
  socket.sendBuffer = Math.max(Math.min(bytes * 2, INT_MAX), MIN_SNDBUF);
  socket.setValue(SOCKET_OPTION.BUF_LOCK, socket.value(SOCKET_OPTION.BUF_LOCK) | 1);
  socket.host.changed(socket, constants.POLL.OUT);
  return 0;
}

function setReceiveBuffer(socket: SocketBase, bytes: number): number {
  socket.receiveBuffer = Math.max(Math.min(bytes * 2, INT_MAX), MIN_RCVBUF);
  socket.setValue(SOCKET_OPTION.BUF_LOCK, socket.value(SOCKET_OPTION.BUF_LOCK) | 2);
  return 0;
}

/** struct sock_txtime: kept, but packets leave when they can. */
function setTransmitTime(socket: SocketBase, value: Uint8Array, clock: number): number {
  const flags = takenInt(value, 4);
  if (value.length !== 8 || flags === undefined || (flags & ~TXTIME_FLAGS) !== 0) return -EINVAL;
  socket.configure({ transmitTime: [clock, flags] });
  return 0;
}

function setLinger(socket: SocketBase, value: Uint8Array, on: number): number {
  const seconds = takenInt(value, 4);
  if (seconds === undefined) return -EINVAL;
  socket.configure({ linger: on === 0 ? undefined : seconds });
  return 0;
}

function setTimeoutOption(socket: SocketBase, name: number, value: Uint8Array): number {
  const timeout = readTimeout(value);
  if (typeof timeout !== "number") return timeout.errno;
  if (name === options.SO_RCVTIMEO.number) socket.configure({ receiveTimeout: timeout });
  else socket.configure({ sendTimeout: timeout });
  return 0;
}

function setDevice(socket: SocketBase, value: Uint8Array): number {
  const end = value.indexOf(0);
  const name = String.fromCharCode(...value.subarray(0, Math.min(end === -1 ? value.length : end, 15)));
  const found = name === "" ? undefined : socket.host.interfaceByName(name);
  if (name !== "" && found === undefined) return -ENODEV;
  socket.boundInterface = found?.index ?? 0;
  return 0;
}

function getDevice(socket: SocketBase, value: ValueResult): number {
  if (socket.boundInterface === 0) {
    value.length = 0;
    return 0;
  }
  if (value.length < 16) return -EINVAL;
  const found = socket.host.interfaceByIndex(socket.boundInterface);
  if (found === undefined) return -ENODEV;
  return giveBytes(
    value,
    Uint8Array.from(`${found.name}\0`, (char) => char.charCodeAt(0)),
  );
}

function getPacingRate(socket: SocketBase, value: ValueResult): number {
  const { pacingRate } = socket.settings;
  const all = pacingRate === Number.POSITIVE_INFINITY;
  if (value.length < 8) return giveInt(value, all ? -1 : Math.min(pacingRate, 0xffffffff) | 0);
  return giveBytes(value, all ? new Uint8Array(8).fill(0xff) : wide(pacingRate));
}

function getPeerGroups(socket: SocketBase, value: ValueResult): number {
  const credentials = socket.peerCredentials;
  if (credentials === undefined) return -ENODATA;
  const short = value.length < 4;
  value.length = 4;
  if (short) return -errnos.ERANGE;
  return giveBytes(value, ints(credentials.gid));
}

function getPeerName(socket: SocketBase, value: ValueResult): number {
  const address = socket.getpeername();
  if (typeof address === "number") return address;
  if (address.length < value.length) return -EINVAL;
  const { length } = value;
  writeSockaddr(address, value);
  value.length = length;
  return 0;
}
