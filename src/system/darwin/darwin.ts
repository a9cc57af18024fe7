import { mapMemory } from "../../native/memory.ts";
import { closeAtThreadEnd, keepAtThreadEnd } from "../../native/thread-end.ts";
import { F_DUPFD, F_GETFD, F_GETFL, F_SETFD, FD_CLOEXEC, O_NONBLOCK } from "../bsd/fcntl.ts";
import { FIONBIO, flagOf } from "../bsd/ioctl.ts";
import { readHeaders, writeHeaders } from "../bsd/message-headers.ts";
import { stateOf } from "../bsd/tcp-state.ts";
import { CLOSE_ON_EXEC, NONBLOCKING } from "../descriptor-flags.ts";
import { bsdEai } from "../eai.ts";
import { flagIn } from "../flag-in.ts";
import { machineServices } from "../machine-services.ts";
import { messageByMessage } from "../message-by-message.ts";
import { messageMemory } from "../message-memory.ts";
import { noFilters } from "../no-filters.ts";
import { noSctp } from "../no-sctp.ts";
import { posixCalls } from "../posix-calls.ts";
import type { System } from "../system.ts";
import { LENGTH_SIZE, OPTION_CAPACITY, ValueResult } from "../value-result.ts";
import { acceptQueue } from "./accept-queue.ts";
import { errnos } from "./errno.ts";
import { identity } from "./identity.ts";
import * as libc from "./libc.ts";
import { darwinNumbers } from "./numbers.ts";
import { options } from "./options.ts";
import { SOI_S_CANTRCVMORE, socketInfo } from "./socket-info.ts";

export type DarwinLibc = typeof libc;

/** sys/fcntl.h */
export const F_DUPFD_CLOEXEC = 67;

const { ENOPROTOOPT } = errnos;

/** sockaddr_storage (sys/socket.h) has 128 bytes. */
const ADDRESS_SIZE = 128;

const one = new Uint8Array(Int32Array.of(1).buffer);

/** The order in struct addrinfo of <netdb.h>, and its numbers. */
export const NETDB = { addr: 32, canonname: 24, eai: bsdEai };

/** macOS, over its C library, or over a test's. */
export function darwinOver(libc: DarwinLibc): System {
  const result = (returned: number): number => (returned === -1 ? -libc.errno() : returned);
  const calls = posixCalls(libc, { readHeaders, writeHeaders }, NETDB);
  const info = (fd: number) => socketInfo(libc.proc_pidfdinfo, fd);
  const setNonblocking = (fd: number, nonblocking: boolean): number =>
    result(libc.ioctl(fd, FIONBIO, flagOf(nonblocking)));

  /**
   * Applies flags to a new descriptor; `mode` is whether it is non-blocking, if known. macOS has
   * neither SOCK_CLOEXEC nor accept4(): a program that another thread starts between the two calls
   * inherits the descriptor.
   */
  function made(fd: number, flags: number, mode?: boolean): number {
    if (flags & CLOSE_ON_EXEC) libc.fcntl(fd, F_SETFD, FD_CLOEXEC);
    // Needed because macOS 10.15 lacks MSG_NOSIGNAL. Setting it fails if the peer has already reset
    // the connection (sosetoptlock in bsd/kern/uipc_socket.c); then only a send by other code could
    // raise the signal.
    const { level, number } = options.SO_NOSIGPIPE;
    libc.setsockopt(fd, level, number, one, one.byteLength);
    const nonblocking = (flags & NONBLOCKING) !== 0;
    if (nonblocking !== mode) setNonblocking(fd, nonblocking);
    return fd;
  }

  /**
   * SO_DOMAIN and SO_PROTOCOL, which the kernel lacks. A descriptor that is not a socket fails as
   * with any option.
   */
  function tell(fd: number, member: "family" | "protocol", value: ValueResult): number {
    const { level, number } = options.SO_TYPE;
    const returned = calls.getsockopt(fd, level, number, value);
    if (returned < 0) return returned;
    const socket = info(fd);
    if (socket === undefined) return -ENOPROTOOPT;
    value.ints[0] = socket[member];
    value.length = 4;
    return 0;
  }

  return {
    ...darwinNumbers,
    ...machineServices,
    address: new ValueResult(mapMemory(LENGTH_SIZE + ADDRESS_SIZE)),
    option: new ValueResult(mapMemory(LENGTH_SIZE + OPTION_CAPACITY)),
    messageMemory,
    ...noFilters(errnos.ENOPROTOOPT),
    ...noSctp(errnos.ENOPROTOOPT),
    ...calls,

    accept(fd, address, flags) {
      address.length = address.capacity;
      const accepted = result(libc.accept(fd, address.pointer, address.lengthPointer));
      // It has its listener's mode (accept_nocancel in bsd/kern/uipc_syscalls.c).
      return accepted < 0 ? accepted : made(accepted, flags);
    },
    dup: (fd, flags, least) =>
      result(libc.fcntl(fd, flags & CLOSE_ON_EXEC ? F_DUPFD_CLOEXEC : F_DUPFD, least)),
    getsockopt(fd, level, name, value) {
      if (level === options.SO_DOMAIN.level) {
        if (name === options.SO_DOMAIN.number) return tell(fd, "family", value);
        if (name === options.SO_PROTOCOL.number) return tell(fd, "protocol", value);
      }
      return calls.getsockopt(fd, level, name, value);
    },
    recvmmsg(fd, messages, flags) {
      return messageByMessage(messages, (message) => calls.recvmsg(fd, message, flags));
    },
    sendmmsg(fd, messages, flags) {
      return messageByMessage(messages, (message) => calls.sendmsg(fd, message, flags));
    },
    socket(domain, type, protocol, flags) {
      const fd = result(libc.socket(domain, type, protocol));
      return fd < 0 ? fd : made(fd, flags, false);
    },
    ioctl: (fd, request, argument) => result(libc.ioctl(fd, request, argument.pointer)),
    socketpair(domain, type, protocol, fds, flags) {
      const bytes = new Uint8Array(fds.buffer, fds.byteOffset, 8);
      const returned = result(libc.socketpair(domain, type, protocol, bytes));
      if (returned < 0) return returned;
      for (const fd of fds) made(fd, flags, false);
      return returned;
    },

    getNonblocking: (fd) => flagIn(result(libc.fcntl(fd, F_GETFL, 0)), O_NONBLOCK),
    setNonblocking,
    getCloseOnExec: (fd) => flagIn(result(libc.fcntl(fd, F_GETFD, 0)), FD_CLOEXEC),
    setCloseOnExec: (fd, closeOnExec) => result(libc.fcntl(fd, F_SETFD, closeOnExec ? FD_CLOEXEC : 0)),

    identity: (fd) => identity(libc.fstat, fd, info),
    tcpState(fd) {
      const tcps = info(fd)?.tcpState;
      return tcps === undefined ? undefined : stateOf(tcps);
    },
    receivingEnded: (fd) => ((info(fd)?.state ?? 0) & SOI_S_CANTRCVMORE) !== 0,
    acceptQueue: (fd) => acceptQueue(info(fd)),
    closeAtThreadEnd,
    keepAtThreadEnd,
  };
}

/** macOS: the kernel's sockets, through libSystem. */
export const darwin = (): System => darwinOver(libc);
