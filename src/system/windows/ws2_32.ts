import { defined } from "../../invariant.ts";
import { type CType, functionAt, openLibraryOn } from "../../native/library.ts";
import type { Bytes } from "../value-result.ts";

/**
 * The functions of Winsock that the System needs, with the prototypes of winsock2.h, ws2tcpip.h and
 * mswsock.h. A SOCKET is a handle as a number, INVALID_SOCKET is -1. A `void*` is a mapped address,
 * or a Uint8Array used only during the call.
 *
 * Safety: WSAGetLastError() is read right after the call that failed. koffi keeps the thread's last
 * error from one native call to the next, whatever Node and V8 do in between (WRAP in
 * src/koffi/src/interp.cc), so only our own `if` comes in between.
 */
export interface Winsock {
  WSAGetLastError(): number;
  WSADuplicateSocketW(socket: number, process: number, info: Uint8Array): number;
  WSAIoctl(
    socket: number,
    code: number,
    from: Bytes | null,
    fromSize: number,
    to: Bytes | null,
    toSize: number,
    returned: Bytes,
    overlapped: null,
    completion: null,
  ): number;
  WSAPoll(entries: Bytes, count: number, timeout: number): number;
  WSARecv(
    socket: number,
    buffers: Bytes,
    count: number,
    received: Bytes,
    flags: Bytes,
    overlapped: null,
    completion: null,
  ): number;
  /**
   * Only for datagram and raw sockets. Winsock returns it by its GUID, to the owner of any socket.
   */
  WSARecvMsg(socket: number, message: Bytes, received: Bytes, overlapped: null, completion: null): number;
  WSASend(
    socket: number,
    buffers: Bytes,
    count: number,
    sent: Bytes,
    flags: number,
    overlapped: null,
    completion: null,
  ): number;
  /** Only for datagram and raw sockets. */
  WSASendMsg(
    socket: number,
    message: Bytes,
    flags: number,
    sent: Bytes,
    overlapped: null,
    completion: null,
  ): number;
  WSASendTo(
    socket: number,
    buffers: Bytes,
    count: number,
    sent: Bytes,
    flags: number,
    address: Bytes,
    length: number,
    overlapped: null,
    completion: null,
  ): number;
  WSASocketW(
    domain: number,
    type: number,
    protocol: number,
    info: Uint8Array | null,
    group: number,
    flags: number,
  ): number;
  accept(socket: number, address: Bytes | null, length: Bytes | null): number;
  bind(socket: number, address: Bytes, length: number): number;
  closesocket(socket: number): number;
  connect(socket: number, address: Bytes, length: number): number;
  getpeername(socket: number, address: Bytes, length: Bytes): number;
  getsockname(socket: number, address: Bytes, length: Bytes): number;
  getsockopt(socket: number, level: number, name: number, value: Bytes, length: Bytes): number;
  ioctlsocket(socket: number, command: number, argument: Bytes): number;
  listen(socket: number, backlog: number): number;
  recv(socket: number, buffer: Bytes, size: number, flags: number): number;
  recvfrom(socket: number, buffer: Bytes, size: number, flags: number, address: Bytes, length: Bytes): number;
  select(count: number, read: null, write: Bytes | null, except: Bytes, timeout: Bytes): number;
  send(socket: number, buffer: Bytes, size: number, flags: number): number;
  sendto(socket: number, buffer: Bytes, size: number, flags: number, address: Bytes, length: number): number;
  setsockopt(socket: number, level: number, name: number, value: Bytes, length: number): number;
  shutdown(socket: number, how: number): number;
  /** Of kernel32.dll. */
  GetHandleInformation(handle: number, flags: Uint8Array): number;
  SetHandleInformation(handle: number, mask: number, flags: number): number;
  /** Of iphlpapi.dll. */
  if_indextoname(index: number, name: Uint8Array): bigint | null;
  if_nametoindex(name: Uint8Array): number;
}

const SOCKET = "ssize_t";

/**
 * Loads Winsock and starts it, once per process. It is never shut down, since the handles live as
 * long as the process may.
 */
export function openWinsock(): Winsock {
  const ws2_32 = openLibraryOn(["win32"], "ws2_32.dll");
  const kernel32 = openLibraryOn(["win32"], "kernel32.dll");
  const iphlpapi = openLibraryOn(["win32"], "iphlpapi.dll");
  const func = <Name extends keyof Winsock>(name: Name, result: CType, args: CType[]) =>
    ws2_32.func<Winsock[Name]>(name, result, args);
  const WSAIoctl = func("WSAIoctl", "int", [
    SOCKET,
    "uint",
    "void*",
    "uint",
    "void*",
    "uint",
    "void*",
    "void*",
    "void*",
  ]);
  let recvMsg: Winsock["WSARecvMsg"] | undefined;
  const winsock: Winsock = {
    WSAGetLastError: func("WSAGetLastError", "int", []),
    WSADuplicateSocketW: func("WSADuplicateSocketW", "int", [SOCKET, "uint", "void*"]),
    WSAIoctl,
    WSAPoll: func("WSAPoll", "int", ["void*", "uint", "int"]),
    WSARecv: func("WSARecv", "int", [SOCKET, "void*", "uint", "void*", "void*", "void*", "void*"]),
    WSARecvMsg(socket, message, received, overlapped, completion) {
      recvMsg ??= findRecvMsg(WSAIoctl, socket);
      return recvMsg?.(socket, message, received, overlapped, completion) ?? -1;
    },
    WSASend: func("WSASend", "int", [SOCKET, "void*", "uint", "void*", "uint", "void*", "void*"]),
    WSASendMsg: func("WSASendMsg", "int", [SOCKET, "void*", "uint", "void*", "void*", "void*"]),
    WSASendTo: func("WSASendTo", "int", [
      SOCKET,
      "void*",
      "uint",
      "void*",
      "uint",
      "void*",
      "int",
      "void*",
      "void*",
    ]),
    WSASocketW: func("WSASocketW", SOCKET, ["int", "int", "int", "void*", "uint", "uint"]),
    accept: func("accept", SOCKET, [SOCKET, "void*", "void*"]),
    bind: func("bind", "int", [SOCKET, "void*", "int"]),
    closesocket: func("closesocket", "int", [SOCKET]),
    connect: func("connect", "int", [SOCKET, "void*", "int"]),
    getpeername: func("getpeername", "int", [SOCKET, "void*", "void*"]),
    getsockname: func("getsockname", "int", [SOCKET, "void*", "void*"]),
    getsockopt: func("getsockopt", "int", [SOCKET, "int", "int", "void*", "void*"]),
    ioctlsocket: func("ioctlsocket", "int", [SOCKET, "int", "void*"]),
    listen: func("listen", "int", [SOCKET, "int"]),
    recv: func("recv", "int", [SOCKET, "void*", "int", "int"]),
    recvfrom: func("recvfrom", "int", [SOCKET, "void*", "int", "int", "void*", "void*"]),
    select: func("select", "int", ["int", "void*", "void*", "void*", "void*"]),
    send: func("send", "int", [SOCKET, "void*", "int", "int"]),
    sendto: func("sendto", "int", [SOCKET, "void*", "int", "int", "void*", "int"]),
    setsockopt: func("setsockopt", "int", [SOCKET, "int", "int", "void*", "int"]),
    shutdown: func("shutdown", "int", [SOCKET, "int"]),
    GetHandleInformation: kernel32.func("GetHandleInformation", "int", [SOCKET, "void*"]),
    SetHandleInformation: kernel32.func("SetHandleInformation", "int", [SOCKET, "uint", "uint"]),
    if_indextoname: iphlpapi.func("if_indextoname", "void*", ["uint", "void*"]),
    if_nametoindex: iphlpapi.func("if_nametoindex", "uint", ["void*"]),
  };
  if (process.platform === "win32") {
    const startup = ws2_32.func<(version: number, data: Uint8Array) => number>("WSAStartup", "int", [
      "uint",
      "void*",
    ]);
    // WSADATA has 408 bytes. The error is the return value, not WSAGetLastError().
    const code = startup(0x0202, new Uint8Array(512));
    if (code !== 0) throw new Error(`berkeley: WSAStartup failed with ${code}: Winsock 2.2 is unavailable`);
  }
  return winsock;
}

// mswsock.h: SIO_GET_EXTENSION_FUNCTION_POINTER and WSAID_WSARECVMSG,
// {f689d7c8-6f1f-436b-8a53-e54fe351c322}.
const SIO_GET_EXTENSION_FUNCTION_POINTER = 0xc8000006;
const WSAID_WSARECVMSG = Uint8Array.of(
  ...[0xc8, 0xd7, 0x89, 0xf6, 0x1f, 0x6f, 0x6b, 0x43],
  ...[0x8a, 0x53, 0xe5, 0x4f, 0xe3, 0x51, 0xc3, 0x22],
);

/** Undefined if Winsock does not return it, with the cause in WSAGetLastError(). */
function findRecvMsg(WSAIoctl: Winsock["WSAIoctl"], socket: number): Winsock["WSARecvMsg"] | undefined {
  const pointer = new BigUint64Array(1);
  const bytes = new Uint8Array(pointer.buffer);
  const id = WSAID_WSARECVMSG;
  const returned = new Uint8Array(4);
  const code = SIO_GET_EXTENSION_FUNCTION_POINTER;
  if (WSAIoctl(socket, code, id, id.byteLength, bytes, bytes.byteLength, returned, null, null) !== 0) {
    return undefined;
  }
  return functionAt(defined(pointer[0], "the address is one pointer"), "int", [
    SOCKET,
    "void*",
    "void*",
    "void*",
    "void*",
  ]);
}
