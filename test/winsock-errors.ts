import type { ErrorName } from "../src/errors/names.ts";
import type { Winsock } from "../src/system/windows/ws2_32.ts";
import type { ScriptedSocket } from "./scripted/scripted-winsock.ts";

/**
 * For one code of one call: its name; or that the call is retried, or has succeeded all the same.
 */
export type Meaning = ErrorName | "made again" | "succeeds";

/**
 * A code that Microsoft's page of a function lists, and what our call makes of it; and the socket,
 * if it depends on that.
 */
export type DocumentedCode = readonly [code: keyof typeof wsa, meaning: Meaning, socket?: ScriptedSocket];

/** winsock2.h */
export const wsa = {
  WSAEINTR: 10004,
  WSAEACCES: 10013,
  WSAEFAULT: 10014,
  WSAEINVAL: 10022,
  WSAEMFILE: 10024,
  WSAEWOULDBLOCK: 10035,
  WSAEINPROGRESS: 10036,
  WSAEALREADY: 10037,
  WSAENOTSOCK: 10038,
  WSAEDESTADDRREQ: 10039,
  WSAEMSGSIZE: 10040,
  WSAEPROTOTYPE: 10041,
  WSAENOPROTOOPT: 10042,
  WSAEPROTONOSUPPORT: 10043,
  WSAESOCKTNOSUPPORT: 10044,
  WSAEOPNOTSUPP: 10045,
  WSAEAFNOSUPPORT: 10047,
  WSAEADDRINUSE: 10048,
  WSAEADDRNOTAVAIL: 10049,
  WSAENETDOWN: 10050,
  WSAENETUNREACH: 10051,
  WSAENETRESET: 10052,
  WSAECONNABORTED: 10053,
  WSAECONNRESET: 10054,
  WSAENOBUFS: 10055,
  WSAEISCONN: 10056,
  WSAENOTCONN: 10057,
  WSAESHUTDOWN: 10058,
  WSAETIMEDOUT: 10060,
  WSAECONNREFUSED: 10061,
  WSAEHOSTUNREACH: 10065,
  WSANOTINITIALISED: 10093,
  WSAEINVALIDPROCTABLE: 10104,
  WSAEINVALIDPROVIDER: 10105,
  WSAEPROVIDERFAILEDINIT: 10106,
} as const;

const datagram = { datagram: true } as const;

const everywhere: readonly DocumentedCode[] = [
  ["WSANOTINITIALISED", "Unexpected"],
  ["WSAENETDOWN", "NetworkSubsystemFailed"],
  ["WSAEINPROGRESS", "Unexpected"],
];

/** The codes that sending and receiving share. */
const transfers: readonly DocumentedCode[] = [
  ...everywhere,
  ["WSAEINTR", "made again"],
  ["WSAENOTCONN", "SocketNotConnected"],
  ["WSAENETRESET", "ConnectionTimedOut"],
  ["WSAENETRESET", "HostUnreachable", datagram],
  ["WSAENOTSOCK", "FileDescriptorNotASocket"],
  ["WSAEOPNOTSUPP", "OperationNotSupported", { connected: true }],
  ["WSAEWOULDBLOCK", "WouldBlock"],
  ["WSAECONNABORTED", "ConnectionAborted"],
  ["WSAECONNRESET", "ConnectionResetByPeer"],
  ["WSAECONNRESET", "ConnectionRefused", datagram],
  ["WSAETIMEDOUT", "ConnectionTimedOut"],
  ["WSAETIMEDOUT", "WouldBlock", { connected: true, timeout: 100 }],
  ["WSAETIMEDOUT", "ConnectionTimedOut", { timeout: 100 }],
];

const receiving: readonly DocumentedCode[] = [
  ...transfers,
  ["WSAEFAULT", "Unexpected"],
  ["WSAEINVAL", "SocketNotConnected"],
  ["WSAEINVAL", "SocketNotBound", datagram],
  ["WSAEINVAL", "InvalidArgument", { datagram: true, bound: true }],
  ["WSAEINVAL", "InvalidArgument", { bound: true, connected: true }],
  ["WSAEMSGSIZE", "succeeds", datagram],
  ["WSAESHUTDOWN", "SocketShutDown"],
];

const sending: readonly DocumentedCode[] = [
  ...transfers,
  ["WSAEACCES", "AccessDenied"],
  ["WSAEFAULT", "InvalidArgument"],
  ["WSAEHOSTUNREACH", "HostUnreachable"],
  ["WSAEINVAL", "InvalidArgument"],
  ["WSAEMSGSIZE", "MessageTooBig"],
  ["WSAENOBUFS", "SystemResources"],
  ["WSAESHUTDOWN", "BrokenPipe"],
];

const addressed: readonly DocumentedCode[] = [
  ...sending,
  ["WSAEADDRNOTAVAIL", "AddressNotAvailable"],
  ["WSAEAFNOSUPPORT", "AddressFamilyNotSupported"],
  ["WSAEDESTADDRREQ", "DestinationAddressRequired"],
  ["WSAENETUNREACH", "NetworkUnreachable"],
];

/**
 * The codes that Microsoft's pages list under "Error code"
 * (learn.microsoft.com/windows/win32/api/winsock2 and ws2tcpip, and mswsock for WSARecvMsg and
 * WSASendMsg), sorted by our call. Codes of overlapped calls, WSA_IO_PENDING and
 * WSA_OPERATION_ABORTED, are left out: none is made.
 */
export const winsockErrors: Readonly<
  Record<string, { readonly function: keyof Winsock; readonly codes: readonly DocumentedCode[] }>
> = {
  accept: {
    function: "accept",
    codes: [
      ...everywhere,
      ["WSAECONNRESET", "ConnectionAborted"],
      ["WSAEFAULT", "Unexpected"],
      ["WSAEINTR", "made again"],
      ["WSAEINVAL", "SocketNotListening"],
      ["WSAEMFILE", "ProcessFdQuotaExceeded"],
      ["WSAENOBUFS", "SystemResources"],
      ["WSAENOTSOCK", "FileDescriptorNotASocket"],
      ["WSAEOPNOTSUPP", "OperationNotSupported"],
      ["WSAEWOULDBLOCK", "WouldBlock"],
    ],
  },
  bind: {
    function: "bind",
    codes: [
      ...everywhere,
      ["WSAEACCES", "AccessDenied"],
      ["WSAEADDRINUSE", "AddressInUse"],
      ["WSAEADDRNOTAVAIL", "AddressNotAvailable"],
      ["WSAEFAULT", "InvalidArgument"],
      ["WSAEINVAL", "AlreadyBound", { bound: true }],
      ["WSAENOBUFS", "SystemResources"],
      ["WSAENOTSOCK", "FileDescriptorNotASocket"],
    ],
  },
  close: {
    function: "closesocket",
    codes: [
      ...everywhere,
      ["WSAEINTR", "succeeds"],
      ["WSAENOTSOCK", "FileDescriptorNotASocket"],
      ["WSAEWOULDBLOCK", "made again"],
    ],
  },
  connect: {
    function: "connect",
    codes: [
      ...everywhere,
      ["WSAEACCES", "AccessDenied"],
      ["WSAEADDRINUSE", "AddressInUse"],
      ["WSAEADDRNOTAVAIL", "AddressNotAvailable"],
      ["WSAEAFNOSUPPORT", "AddressFamilyNotSupported"],
      ["WSAEALREADY", "ConnectionPending"],
      ["WSAECONNREFUSED", "ConnectionRefused"],
      ["WSAEFAULT", "InvalidArgument"],
      ["WSAEHOSTUNREACH", "HostUnreachable"],
      ["WSAEINTR", "made again"],
      ["WSAEINVAL", "InvalidArgument"],
      ["WSAEINVAL", "SocketListening", { listening: true }],
      ["WSAEISCONN", "AlreadyConnected"],
      ["WSAENETUNREACH", "NetworkUnreachable"],
      ["WSAENOBUFS", "SystemResources"],
      ["WSAENOTSOCK", "FileDescriptorNotASocket"],
      ["WSAETIMEDOUT", "ConnectionTimedOut"],
      ["WSAEWOULDBLOCK", "ConnectionPending"],
    ],
  },
  dup: {
    function: "WSADuplicateSocketW",
    codes: [
      ...everywhere,
      ["WSAEFAULT", "Unexpected"],
      ["WSAEINVAL", "ProcessFdQuotaExceeded"],
      ["WSAEMFILE", "ProcessFdQuotaExceeded"],
      ["WSAENOBUFS", "SystemResources"],
      ["WSAENOTSOCK", "FileDescriptorNotASocket"],
    ],
  },
  getpeername: {
    function: "getpeername",
    codes: [
      ...everywhere,
      ["WSAEFAULT", "Unexpected"],
      ["WSAENOTCONN", "SocketNotConnected"],
      ["WSAENOTSOCK", "FileDescriptorNotASocket"],
    ],
  },
  getsockname: {
    function: "getsockname",
    codes: [
      ...everywhere,
      ["WSAEFAULT", "Unexpected"],
      ["WSAEINVAL", "SocketNotBound"],
      ["WSAENOTSOCK", "FileDescriptorNotASocket"],
    ],
  },
  getsockopt: {
    function: "getsockopt",
    codes: [
      ...everywhere,
      ["WSAEFAULT", "InvalidArgument"],
      ["WSAEINVAL", "InvalidArgument"],
      ["WSAENOPROTOOPT", "OptionNotSupported"],
      ["WSAENOTSOCK", "FileDescriptorNotASocket"],
    ],
  },
  ioctl: {
    function: "ioctlsocket",
    codes: [
      ...everywhere,
      ["WSAEFAULT", "Unexpected"],
      ["WSAEINVAL", "InvalidArgument"],
      ["WSAENOTSOCK", "FileDescriptorNotASocket"],
    ],
  },
  listen: {
    function: "listen",
    codes: [
      ...everywhere,
      ["WSAEADDRINUSE", "AddressInUse"],
      ["WSAEINVAL", "SocketNotBound"],
      ["WSAEISCONN", "AlreadyConnected"],
      ["WSAEMFILE", "SystemResources"],
      ["WSAENOBUFS", "SystemResources"],
      ["WSAENOTSOCK", "FileDescriptorNotASocket"],
      ["WSAEOPNOTSUPP", "OperationNotSupported"],
    ],
  },
  poll: {
    function: "WSAPoll",
    codes: [
      ["WSAENETDOWN", "NetworkSubsystemFailed"],
      ["WSAEFAULT", "Unexpected"],
      ["WSAEINVAL", "InvalidArgument"],
      ["WSAENOBUFS", "SystemResources"],
    ],
  },
  recv: { function: "recv", codes: receiving },
  recvfrom: { function: "recvfrom", codes: [...receiving, ["WSAEISCONN", "AlreadyConnected"]] },
  recvmsg: {
    function: "WSARecvMsg",
    // Streams are received from with WSARecv(), whose codes are recv()'s.
    codes: [
      ["WSANOTINITIALISED", "Unexpected", datagram],
      ["WSAENETDOWN", "NetworkSubsystemFailed", datagram],
      ["WSAEINPROGRESS", "Unexpected", datagram],
      ["WSAECONNRESET", "ConnectionRefused", datagram],
      ["WSAEFAULT", "Unexpected", datagram],
      ["WSAEINTR", "made again", datagram],
      ["WSAEINVAL", "SocketNotBound", datagram],
      ["WSAEMSGSIZE", "succeeds", datagram],
      ["WSAENETRESET", "HostUnreachable", datagram],
      ["WSAENOTCONN", "SocketNotConnected", datagram],
      ["WSAEOPNOTSUPP", "OperationNotSupported", datagram],
      ["WSAETIMEDOUT", "ConnectionTimedOut", datagram],
      ["WSAEWOULDBLOCK", "WouldBlock", datagram],
    ],
  },
  send: { function: "send", codes: sending },
  sendmsg: { function: "WSASend", codes: sending },
  sendto: { function: "sendto", codes: addressed },
  setNonblocking: {
    function: "ioctlsocket",
    codes: [...everywhere, ["WSAEFAULT", "Unexpected"], ["WSAENOTSOCK", "FileDescriptorNotASocket"]],
  },
  setsockopt: {
    function: "setsockopt",
    codes: [
      ...everywhere,
      ["WSAEFAULT", "InvalidArgument"],
      ["WSAEINVAL", "InvalidArgument"],
      ["WSAENETRESET", "SocketNotConnected"],
      ["WSAENOPROTOOPT", "OptionNotSupported"],
      ["WSAENOTCONN", "SocketNotConnected"],
      ["WSAENOTSOCK", "FileDescriptorNotASocket"],
    ],
  },
  shutdown: {
    function: "shutdown",
    codes: [
      ...everywhere,
      ["WSAECONNABORTED", "ConnectionAborted"],
      ["WSAECONNRESET", "ConnectionResetByPeer"],
      ["WSAEINVAL", "InvalidArgument"],
      ["WSAENOTCONN", "SocketNotConnected"],
      ["WSAENOTSOCK", "FileDescriptorNotASocket"],
    ],
  },
  sockatmark: {
    function: "ioctlsocket",
    codes: [
      ...everywhere,
      ["WSAEFAULT", "Unexpected"],
      ["WSAEINVAL", "OperationNotSupported"],
      ["WSAENOTSOCK", "FileDescriptorNotASocket"],
    ],
  },
  socket: {
    function: "WSASocketW",
    codes: [
      ...everywhere,
      ["WSAEAFNOSUPPORT", "AddressFamilyNotSupported"],
      ["WSAEFAULT", "Unexpected"],
      ["WSAEINVAL", "InvalidArgument"],
      ["WSAEINVALIDPROCTABLE", "NetworkSubsystemFailed"],
      ["WSAEINVALIDPROVIDER", "NetworkSubsystemFailed"],
      ["WSAEMFILE", "ProcessFdQuotaExceeded"],
      ["WSAENOBUFS", "SystemResources"],
      ["WSAEPROTONOSUPPORT", "ProtocolNotSupported"],
      ["WSAEPROTOTYPE", "SocketTypeNotSupported"],
      ["WSAEPROVIDERFAILEDINIT", "NetworkSubsystemFailed"],
      ["WSAESOCKTNOSUPPORT", "SocketTypeNotSupported"],
    ],
  },
};
