import { defined } from "../../invariant.ts";
import { mapMemory } from "../../native/memory.ts";
import { closeAtThreadEnd, keepAtThreadEnd } from "../../native/thread-end.ts";
import { CLOSE_ON_EXEC, NONBLOCKING } from "../descriptor-flags.ts";
import { machineServices } from "../machine-services.ts";
import { messageByMessage } from "../message-by-message.ts";
import { messageMemory } from "../message-memory.ts";
import { noFilters } from "../no-filters.ts";
import { noSctp } from "../no-sctp.ts";
import type { System, ValueResult } from "../system.ts";
import { LENGTH_SIZE, OPTION_CAPACITY, ValueResult as Room } from "../value-result.ts";
import { lengthOf } from "../view.ts";
import { constants } from "./constants.ts";
import { errnoOfCode, errnos } from "./errno.ts";
import { receiveMessage, receiveStream, sendMessage, WSAEMSGSIZE } from "./message.ts";
import { SIOCATMARK, windowsNumbers } from "./numbers.ts";
import { options } from "./options.ts";
import { poll, pollMissesFailures } from "./poll.ts";
import { PROTOCOL_INFO_SIZE, protocolInfo } from "./protocol-info.ts";
import { socketpair } from "./socketpair.ts";
import { tcpState } from "./tcp-state.ts";
import { openWinsock, type Winsock } from "./ws2_32.ts";

const { POLL, SOCK, SOL } = constants;

// winsock2.h, handleapi.h
const WSA_FLAG_OVERLAPPED = 0x01;
const WSA_FLAG_NO_HANDLE_INHERIT = 0x80;
const HANDLE_FLAG_INHERIT = 0x1;
const FIONBIO = 0x8004667e | 0;
const WSAEWOULDBLOCK = 10035;

const one = new Uint8Array(Int32Array.of(1).buffer);
const zero = new Uint8Array(4);

/** Memory that is never moved or unmapped. */
const mappedBuffer = (size: number): ValueResult => new Room(mapMemory(LENGTH_SIZE + size));

/**
 * Windows, over a table of Winsock's functions: those of ws2_32.dll, or a test's. `misses` is
 * whether its WSAPoll() does not report failed connections.
 */
export function windowsOver(winsock: Winsock, misses = false, scratch = mappedBuffer): System {
  const result = (returned: number): number =>
    returned === -1 ? -errnoOfCode(winsock.WSAGetLastError()) : returned;

  const setNonblocking = (fd: number, nonblocking: boolean): number =>
    result(winsock.ioctlsocket(fd, FIONBIO, nonblocking ? one : zero));

  /**
   * Applies flags to a new socket, and closes it if that fails. An accepted socket has its
   * listener's mode.
   */
  function made(fd: number, isNonblocking: boolean, flags: number): number {
    const nonblocking = (flags & NONBLOCKING) !== 0;
    const returned = nonblocking === isNonblocking ? 0 : setNonblocking(fd, nonblocking);
    if (returned >= 0) return fd;
    winsock.closesocket(fd);
    return returned;
  }

  function typeOf(fd: number): number {
    const value = new Int32Array(1);
    const length = new Uint8Array(Int32Array.of(4).buffer);
    const { level, number } = options.SO_TYPE;
    return result(winsock.getsockopt(fd, level, number, new Uint8Array(value.buffer), length)) < 0
      ? -1
      : defined(value[0], "the type is one int");
  }

  const system: System = {
    ...windowsNumbers,
    ...machineServices,
    // The largest sockaddr is SOCKADDR_STORAGE, 128 bytes (ws2def.h).
    address: scratch(128),
    option: scratch(OPTION_CAPACITY),
    messageMemory,
    ...noFilters(errnos.ENOPROTOOPT),
    ...noSctp(errnos.ENOPROTOOPT),

    accept(fd, address, flags) {
      address.length = address.capacity;
      const accepted = result(winsock.accept(fd, address.pointer, address.lengthPointer));
      // A connection that was reset while it waited: Winsock reports WSAECONNRESET, and Wine that
      // its peer no longer has a name.
      if (accepted === -errnos.ENOTCONN) return -errnos.ECONNRESET;
      if (accepted < 0) return accepted;
      // accept() has no flag for it: a program that another thread starts in between inherits the
      // socket.
      winsock.SetHandleInformation(
        accepted,
        HANDLE_FLAG_INHERIT,
        flags & CLOSE_ON_EXEC ? 0 : HANDLE_FLAG_INHERIT,
      );
      // An accepted socket has its listener's mode, which cannot be queried: set it in any case.
      return made(accepted, (flags & NONBLOCKING) === 0, flags);
    },
    // Safety: no length passed to Winsock reaches past the memory, whatever was written there.
    bind: (fd, address) => result(winsock.bind(fd, address.pointer, address.validLength)),
    close(fd) {
      const returned = winsock.closesocket(fd);
      if (returned === 0) return 0;
      const code = winsock.WSAGetLastError();
      // A non-blocking socket with SO_LINGER: nothing is closed, so make it blocking first
      // (closesocket, Return value).
      if (code === WSAEWOULDBLOCK && setNonblocking(fd, false) >= 0) return result(winsock.closesocket(fd));
      return -errnoOfCode(code);
    },
    connect(fd, address) {
      const returned = result(winsock.connect(fd, address.pointer, address.validLength));
      // POSIX has a separate errno for it; EAGAIN means something else there.
      return returned === -errnos.EAGAIN ? -errnos.EINPROGRESS : returned;
    },
    dup(fd, flags) {
      const info = new Uint8Array(PROTOCOL_INFO_SIZE);
      const told = result(winsock.WSADuplicateSocketW(fd, process.pid, info));
      if (told < 0) return told;
      const inherit = flags & CLOSE_ON_EXEC ? WSA_FLAG_NO_HANDLE_INHERIT : 0;
      return result(winsock.WSASocketW(-1, -1, -1, info, 0, WSA_FLAG_OVERLAPPED | inherit));
    },
    getpeername(fd, address) {
      address.length = address.capacity;
      return result(winsock.getpeername(fd, address.pointer, address.lengthPointer));
    },
    // GetAddrInfoW(), whose names are UTF-16, is untested; node:dns has both.
    getaddrinfo: () => -errnos.EOPNOTSUPP,
    getnameinfo: () => -errnos.EOPNOTSUPP,
    // struct servent has another layout there, which is untested.
    getprotobyname: () => -errnos.EOPNOTSUPP,
    getservbyname: () => -errnos.EOPNOTSUPP,
    getsockname(fd, address) {
      address.length = address.capacity;
      return result(winsock.getsockname(fd, address.pointer, address.lengthPointer));
    },
    getsockopt(fd, level, name, value) {
      if (value.length > value.capacity) value.length = value.capacity;
      if (level === SOL.SOCKET && name === options.SO_DOMAIN.number) return info(fd, "domain", value);
      if (level === SOL.SOCKET && name === options.SO_PROTOCOL.number) return info(fd, "protocol", value);
      // A BOOL may be returned in one byte: the others must be 0.
      value.bytes.fill(0, 0, value.length);
      const returned = result(winsock.getsockopt(fd, level, name, value.pointer, value.lengthPointer));
      if (level === SOL.SOCKET && name === options.SO_ERROR.number && returned >= 0) {
        const code = defined(value.ints[0], "an option's value has room for an int");
        value.ints[0] = code === 0 ? 0 : errnoOfCode(code);
      }
      return returned;
    },
    ioctl: (fd, request, argument) => result(winsock.ioctlsocket(fd, request, argument.pointer)),
    listen: (fd, backlog) => result(winsock.listen(fd, backlog)),
    poll: (entries, timeout) => result(poll(winsock, entries, timeout, misses)),
    recv(fd, buffer, flags) {
      const length = lengthOf(buffer);
      return cut(winsock.recv(fd, buffer, length, flags), length);
    },
    recvfrom(fd, buffer, flags, address) {
      address.length = address.capacity;
      const length = lengthOf(buffer);
      const { pointer, lengthPointer } = address;
      const returned = cut(winsock.recvfrom(fd, buffer, length, flags, pointer, lengthPointer), length);
      // It is left unchanged for a stream.
      if (address.length === address.capacity) address.length = 0;
      return returned;
    },
    recvmmsg(fd, messages, flags) {
      return messageByMessage(messages, (message) => system.recvmsg(fd, message, flags));
    },
    recvmsg(fd, message, flags) {
      const type = typeOf(fd);
      if (type < 0) return result(-1);
      const receive = type === SOCK.STREAM ? receiveStream : receiveMessage;
      return result(receive(winsock, fd, message, flags));
    },
    send: (fd, buffer, flags) => result(winsock.send(fd, buffer, lengthOf(buffer), flags)),
    sendmmsg(fd, messages, flags) {
      return messageByMessage(messages, (message) => system.sendmsg(fd, message, flags));
    },
    sendmsg: (fd, message, flags) => result(sendMessage(winsock, fd, message, flags)),
    sendto: (fd, buffer, flags, address) =>
      result(winsock.sendto(fd, buffer, lengthOf(buffer), flags, address.pointer, address.validLength)),
    setsockopt: (fd, level, name, value) =>
      result(winsock.setsockopt(fd, level, name, value.pointer, value.validLength)),
    shutdown: (fd, how) => result(winsock.shutdown(fd, how)),
    sockatmark(fd) {
      const answer = new Int32Array(1);
      const returned = result(winsock.ioctlsocket(fd, SIOCATMARK, new Uint8Array(answer.buffer)));
      return returned < 0 ? returned : Number(answer[0] !== 0);
    },
    socket(domain, type, protocol, flags) {
      const inherit = flags & CLOSE_ON_EXEC ? WSA_FLAG_NO_HANDLE_INHERIT : 0;
      const fd = result(winsock.WSASocketW(domain, type, protocol, null, 0, WSA_FLAG_OVERLAPPED | inherit));
      return fd < 0 ? fd : made(fd, false, flags);
    },
    socketpair: (domain, type, protocol, fds, flags) =>
      socketpair(system, domain, type, protocol, fds, flags),

    // Winsock has no call that reads the mode.
    getNonblocking: () => -errnos.EOPNOTSUPP,
    setNonblocking,
    getCloseOnExec(fd) {
      const flags = new Uint32Array(1);
      if (winsock.GetHandleInformation(fd, new Uint8Array(flags.buffer)) === 0) return -errnos.EBADF;
      return Number((defined(flags[0], "the flags are one DWORD") & HANDLE_FLAG_INHERIT) === 0);
    },
    // BOOL: 0 on failure, for something that is not a handle.
    setCloseOnExec: (fd, closeOnExec) =>
      winsock.SetHandleInformation(fd, HANDLE_FLAG_INHERIT, closeOnExec ? 0 : HANDLE_FLAG_INHERIT) === 0
        ? -errnos.EBADF
        : 0,
    // No other code in the process can close a SOCKET by its number: node:fs and libuv use C's
    // descriptors, which are different numbers.
    identity: (fd) => ({ device: 0, inode: fd }),
    closeAtThreadEnd,
    keepAtThreadEnd,
    tcpState: (fd) => tcpState(winsock, fd),
    receivingEnded(fd) {
      const entry = { fd, events: POLL.RDNORM, revents: 0 };
      return system.poll([entry], 0) > 0 && (entry.revents & POLL.HUP) !== 0;
    },
    // Neither reports an error code (netioapi.h).
    if_indextoname: (index, name) => (winsock.if_indextoname(index, name) === null ? -errnos.ENXIO : 0),
    if_nameindex: () => -errnos.EOPNOTSUPP,
    if_nametoindex: (name) => winsock.if_nametoindex(Buffer.from(`${name}\0`)) || -errnos.ENODEV,
    // Windows does not report it.
    acceptQueue: () => undefined,
  };
  return system;

  /** A message longer than the buffer fills it; only Winsock treats that as an error. */
  function cut(returned: number, length: number): number {
    if (returned !== -1) return returned;
    const code = winsock.WSAGetLastError();
    return code === WSAEMSGSIZE ? length : -errnoOfCode(code);
  }

  function info(fd: number, what: "domain" | "protocol", value: ValueResult): number {
    const answer = protocolInfo(winsock, fd);
    if (answer === undefined) return result(-1);
    value.ints[0] = answer[what];
    value.length = 4;
    return 0;
  }
}

/** Windows: ws2_32.dll. */
export const windows = (): System => windowsOver(openWinsock(), pollMissesFailures());
