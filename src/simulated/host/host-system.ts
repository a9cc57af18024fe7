import type { Clock } from "../../clock/clock.ts";
import { CLOSE_ON_EXEC, NONBLOCKING } from "../../system/descriptor-flags.ts";
import { constants } from "../../system/linux/constants.ts";
import { errnos } from "../../system/linux/errno.ts";
import { linuxNumbers } from "../../system/linux/numbers.ts";
import { tcpState } from "../../system/linux/tcp-state.ts";
import { receivingEnded } from "../../system/receiving-ended.ts";
import type { Resolver, SocketFiles } from "../../system/services.ts";
import type {
  AcceptQueue,
  Capabilities,
  FileIdentity,
  MessageHeader,
  MessageMemory,
  SocketState,
  System,
} from "../../system/system.ts";
import { LENGTH_SIZE, OPTION_CAPACITY, ValueResult } from "../../system/value-result.ts";
import { addressInfo, type LocalNames, nameInfo } from "./address-info.ts";
import type { Blocking } from "./blocking.ts";
import { SocketFile } from "./descriptors.ts";
import type { FileTable } from "./file-table.ts";
import { socketIoctl } from "./ioctl.ts";
import type { KernelSocket } from "./kernel-socket.ts";
import type { NetworkInterface } from "./network-interface.ts";
import { poll } from "./poll.ts";
import { protocolByName, serviceByName } from "./services.ts";
import { readSockaddr, writeSockaddr } from "./sockaddr.ts";
import type { SocketFactory } from "./socket-factory.ts";
import {
  LONGEST_ADDRESS,
  receiveMessage,
  receiveMessages,
  sendMessage,
  type TransferContext,
} from "./transfer.ts";

const { SOCK } = constants;
const {
  EAGAIN,
  EALREADY,
  EBADF,
  EINPROGRESS,
  EINVAL,
  EMFILE,
  ENODEV,
  ENOENT,
  ENOPROTOOPT,
  ENOTSOCK,
  ENOTTY,
  ENXIO,
  ECONNABORTED,
} = errnos;
const { CLOEXEC = 0, NONBLOCK = 0 } = SOCK;

/**
 * Room for the 253 descriptors that a message can carry, and further control messages; as much as
 * on a machine (system/message-memory.ts).
 */
const CONTROL_SIZE = 2_048 - 2 * LENGTH_SIZE - LONGEST_ADDRESS;
/** The device of sockets' files: the number is arbitrary. */
const SOCKFS = 8;

/** What the System of one boot needs. */
export interface HostSystemParts {
  readonly hostName: string;
  readonly clock: Clock;
  readonly resolver: Resolver;
  /** The names for getaddrinfo() and getnameinfo(). */
  readonly names: LocalNames;
  readonly socketFiles: SocketFiles;
  readonly files: FileTable;
  readonly blocking: Blocking;
  readonly sockets: SocketFactory;
  /** net.core.somaxconn. */
  somaxconn(): number;
  /** The network interfaces, by their indexes. */
  interfaces(): readonly NetworkInterface[];
  /** Delivers packets of the host to itself, at the end of a call. */
  settle(): void;
  /** Whether the host has crashed since this boot. */
  ended(): boolean;
}

/** What Node and other processes cannot do with a simulated descriptor. */
const capabilities: Capabilities = {
  ...linuxNumbers.capabilities,
  inheritsDescriptors: false,
  tellsHandles: false,
  serversTakeDescriptors: false,
  // The garbage collector, not the seed, would decide what happens.
  closesLeaks: false,
};

const memory = (size: number): ValueResult => new ValueResult(new ArrayBuffer(LENGTH_SIZE + size));

/**
 * The calls of one boot of a simulated host, with Linux's numbers, layouts and errnos. After the
 * host crashed, every call fails with EBADF.
 */
export function hostSystem(parts: HostSystemParts): System {
  const { hostName, files, blocking, sockets, settle } = parts;
  const messages: MessageMemory[] = [];

  /** What a descriptor refers to; undefined if it is not open. */
  const entryOf = (fd: number) => (parts.ended() ? undefined : files.pollable(fd));

  /** The file of a socket's descriptor, or the errno that sockfd_lookup() gives. */
  function lookUp(fd: number): SocketFile | number {
    const entry = entryOf(fd);
    if (entry === undefined) return -EBADF;
    return entry instanceof SocketFile ? entry : -ENOTSOCK;
  }

  /** Makes a call of a socket, which never waits. */
  function onSocket(fd: number, call: (socket: KernelSocket) => number): number {
    const file = lookUp(fd);
    if (typeof file === "number") return file;
    const result = call(file.socket);
    settle();
    return result;
  }

  const waiting = (call: string, { socket }: SocketFile) => ({
    host: hostName,
    what: `${call}() on ${socket.describe()}`,
  });

  /** Opens a descriptor for a new socket. */
  const openSocket = (socket: KernelSocket, flags: number): number =>
    files.open(socket, (flags & NONBLOCKING) !== 0, (flags & CLOSE_ON_EXEC) !== 0);

  /** The flags that the type of a socket carries, as descriptor-flags.ts has them. */
  const typeFlags = (type: number): number =>
    (type & CLOEXEC ? CLOSE_ON_EXEC : 0) | (type & NONBLOCK ? NONBLOCKING : 0);

  function accept(fd: number, address: ValueResult, flags: number): number {
    const file = lookUp(fd);
    if (typeof file === "number") return file;
    // do_accept() comes after get_unused_fd_flags().
    if (!files.descriptors.canOpen()) return -EMFILE;
    let accepted: KernelSocket | number = -EAGAIN;
    const attempt = (): number => {
      accepted = file.socket.accept(!file.nonblocking);
      return typeof accepted === "number" ? accepted : 0;
    };
    const timeout = file.nonblocking ? 0 : file.socket.receiveTimeout;
    const result = blocking.run(waiting("accept", file), [file], timeout, attempt);
    if (result < 0 || typeof accepted === "number") return result;
    const socket: KernelSocket = accepted;
    address.length = address.capacity;
    const peer = socket.acceptedFrom?.() ?? socket.getpeername();
    if (typeof peer === "number") {
      socket.close();
      return -ECONNABORTED;
    }
    writeSockaddr(peer, address);
    return openSocket(socket, flags);
  }

  /** SCTP is not simulated. */
  const noSctp = (fd: number) => onSocket(fd, () => -ENOPROTOOPT);

  /** connect(), and the wait for it: inet_stream_connect(), unix_stream_connect(). */
  function connect(fd: number, address: ValueResult): number {
    const file = lookUp(fd);
    if (typeof file === "number") return file;
    if (address.validLength > LONGEST_ADDRESS) return -EINVAL;
    const { socket } = file;
    const to = readSockaddr(address);
    const first = socket.connect(to);
    settle();
    const pending = first === -EINPROGRESS || first === -EALREADY;
    if (file.nonblocking || !(pending || first === -EAGAIN)) return first;
    const result = blocking.run(waiting("connect", file), [file], socket.sendTimeout, () => {
      const next = socket.connect(to);
      return next === -EINPROGRESS || next === -EALREADY ? -EAGAIN : next;
    });
    return result === -EAGAIN ? first : result;
  }

  function close(fd: number): number {
    if (parts.ended()) return -EBADF;
    const closed = files.close(fd);
    if (typeof closed === "number") return closed;
    settle();
    const linger = closed.lingering();
    if (linger > 0) {
      const what = { host: hostName, what: `close() of ${closed.describe()}` };
      blocking.wait(what, linger, () => closed.lingering() === 0);
    }
    return 0;
  }

  function socketpair(
    domain: number,
    type: number,
    protocol: number,
    fds: Int32Array,
    flags: number,
  ): number {
    if (parts.ended()) return -EBADF;
    if (!files.descriptors.canOpen(2)) return -EMFILE;
    const pair = sockets.pair(domain, type, protocol);
    if (typeof pair === "number") return pair;
    const [first, second] = pair;
    fds[0] = openSocket(first, flags | typeFlags(type));
    fds[1] = openSocket(second, flags | typeFlags(type));
    return 0;
  }

  function send(fd: number, data: readonly Uint8Array[], flags: number, address?: ValueResult): number {
    const file = lookUp(fd);
    if (typeof file === "number") return file;
    const sent = sendMessage(context, file, { data, address, control: undefined, flags });
    settle();
    return sent;
  }

  function sendmsg(fd: number, { data, address, control }: MessageHeader, flags: number): number {
    const file = lookUp(fd);
    if (typeof file === "number") return file;
    // ___sys_sendmsg(): no length is no name.
    const to = address === null || address.length === 0 ? undefined : address;
    const sent = sendMessage(context, file, { data, address: to, control: control ?? undefined, flags });
    settle();
    return sent;
  }

  function receive(fd: number, data: readonly Uint8Array[], flags: number, address?: ValueResult): number {
    const file = lookUp(fd);
    if (typeof file === "number") return file;
    if (address !== undefined) address.length = address.capacity;
    const { received } = receiveMessage(context, file, { data, address, control: undefined, flags });
    settle();
    return received;
  }

  const system: System = {
    ...linuxNumbers,
    capabilities,
    clock: parts.clock,
    resolver: parts.resolver,
    files: parts.socketFiles,
    address: memory(LONGEST_ADDRESS),
    option: memory(OPTION_CAPACITY),
    messageMemory(index) {
      while (messages.length <= index) {
        messages.push({ address: memory(LONGEST_ADDRESS), control: memory(CONTROL_SIZE) });
      }
      return messages[index] ?? { address: memory(LONGEST_ADDRESS), control: memory(CONTROL_SIZE) };
    },

    accept,
    bind: (fd, address) =>
      onSocket(fd, (socket) =>
        address.validLength > LONGEST_ADDRESS ? -EINVAL : socket.bind(readSockaddr(address)),
      ),
    close,
    connect,
    getpeername: (fd, address) => onSocket(fd, (socket) => giveName(socket.getpeername(), address)),
    getsockname: (fd, address) => onSocket(fd, (socket) => giveName(socket.getsockname(), address)),
    getsockopt: (fd, level, name, value) =>
      onSocket(fd, (socket) => {
        if (value.length > value.capacity) value.length = value.capacity;
        return value.length < 0 ? -EINVAL : socket.getsockopt(level, name, value);
      }),
    ioctl(fd, request, argument) {
      const returned = onSocket(fd, (socket) => socketIoctl(socket, parts.interfaces(), request, argument));
      // Files other than sockets have other requests.
      return returned === -ENOTSOCK ? -ENOTTY : returned;
    },
    listen: (fd, backlog) =>
      onSocket(fd, (socket) => socket.listen(Math.min(backlog >>> 0, parts.somaxconn()))),
    poll: (entries, timeout) => poll(parts, entries, timeout),
    recv: (fd, buffer, flags) => receive(fd, [buffer], flags),
    recvfrom: (fd, buffer, flags, address) => receive(fd, [buffer], flags, address),
    recvmmsg(fd, headers, flags) {
      const file = lookUp(fd);
      if (typeof file === "number") return file;
      const count = receiveMessages(context, file, headers, flags);
      settle();
      return count;
    },
    recvmsg(fd, message, flags) {
      const file = lookUp(fd);
      if (typeof file === "number") return file;
      const { data, address, control } = message;
      const buffers = { data, address: address ?? undefined, control: control ?? undefined, flags };
      const { received, outFlags } = receiveMessage(context, file, buffers);
      settle();
      if (received >= 0) message.flags = outFlags;
      return received;
    },
    send: (fd, buffer, flags) => send(fd, [buffer], flags),
    sendmmsg(fd, headers, flags) {
      let sent = 0;
      for (const message of headers) {
        const bytes = sendmsg(fd, message, flags);
        if (bytes < 0) return sent > 0 ? sent : bytes;
        message.bytes = bytes;
        sent += 1;
      }
      return sent > 0 ? sent : onSocket(fd, () => 0);
    },
    sendmsg,
    sendto: (fd, buffer, flags, address) => send(fd, [buffer], flags, address),
    sctp_bindx: noSctp,
    sctp_connectx: noSctp,
    sctp_peeloff: noSctp,
    setsockopt: (fd, level, name, value) =>
      onSocket(fd, (socket) => socket.setsockopt(level, name, value.valid)),
    shutdown: (fd, how) => onSocket(fd, (socket) => socket.shutdown(how)),
    sockatmark: (fd) => onSocket(fd, (socket) => socket.atMark()),
    socket(domain, type, protocol, flags) {
      if (parts.ended()) return -EBADF;
      const socket = sockets.create(domain, type, protocol);
      return typeof socket === "number" ? socket : openSocket(socket, flags | typeFlags(type));
    },
    socketpair,

    attachFilter: (fd, filter) => onSocket(fd, (socket) => socket.attachFilter(filter)),
    attachReuseportFilter: (fd, filter) => onSocket(fd, (socket) => socket.attachReuseportFilter(filter)),
    detachFilter: (fd) => onSocket(fd, (socket) => socket.detachFilter()),
    getaddrinfo(node, service, hints, into) {
      const found = addressInfo(parts.names, node, service, hints);
      if (typeof found === "number") return found;
      into.push(...found);
      return 0;
    },
    getnameinfo: (address, flags, into) => found(nameInfo(parts.names, readSockaddr(address), flags), into),
    getprotobyname: (name, into) => found(protocolByName(name) ?? -ENOENT, into),
    getservbyname: (name, protocol, into) =>
      found(serviceByName(name, protocol ?? undefined) ?? -ENOENT, into),
    dup(fd, flags, least) {
      const entry = entryOf(fd);
      return entry === undefined ? -EBADF : files.duplicate(entry, (flags & CLOSE_ON_EXEC) !== 0, least);
    },
    if_indextoname(index, name) {
      const found = parts.interfaces().find((each) => each.index === index);
      if (found === undefined) return -ENXIO;
      name.fill(0);
      new TextEncoder().encodeInto(found.name, name);
      return 0;
    },
    if_nameindex(into) {
      for (const { index, name } of parts.interfaces()) into.push({ index, name });
      return 0;
    },
    if_nametoindex(name) {
      // dev_ioctl(): what follows a colon is an alias's.
      const [own] = name.split(":");
      return parts.interfaces().find((each) => each.name === own)?.index ?? -ENODEV;
    },

    getNonblocking(fd) {
      const entry = entryOf(fd);
      return entry === undefined ? -EBADF : Number(entry.file?.nonblocking ?? false);
    },
    setNonblocking(fd, nonblocking) {
      const entry = entryOf(fd);
      if (entry === undefined) return -EBADF;
      if (entry.file !== undefined) entry.file.nonblocking = nonblocking;
      return 0;
    },
    getCloseOnExec: (fd) => (entryOf(fd) === undefined ? -EBADF : Number(files.descriptors.closesOnExec(fd))),
    setCloseOnExec(fd, closeOnExec) {
      if (entryOf(fd) === undefined) return -EBADF;
      files.descriptors.setCloseOnExec(fd, closeOnExec);
      return 0;
    },
    identity(fd): FileIdentity | null {
      const entry = files.pollable(fd);
      return entry === undefined ? null : { device: SOCKFS, inode: entry.inode };
    },
    // A simulated host has no threads.
    closeAtThreadEnd() {},
    keepAtThreadEnd() {},
    tcpState: (fd): SocketState | undefined => tcpState(system, fd),
    receivingEnded: (fd) => receivingEnded(system, fd),
    acceptQueue(fd): AcceptQueue | undefined {
      const file = lookUp(fd);
      return typeof file === "number" ? undefined : file.socket.acceptQueue();
    },
  };
  const context: TransferContext = { system, files, blocking, hostName };
  return system;
}

/** Passes on the result of a lookup, or returns its errno. */
function found<Entry>(entry: Entry | number, into: Entry[]): number {
  if (typeof entry === "number") return entry;
  into.push(entry);
  return 0;
}

function giveName(name: ReturnType<KernelSocket["getpeername"]>, address: ValueResult): number {
  if (typeof name === "number") return name;
  address.length = address.capacity;
  writeSockaddr(name, address);
  return 0;
}
