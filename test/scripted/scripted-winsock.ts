import { constants } from "../../src/system/windows/constants.ts";
import { options, SO_PROTOCOL_INFOW } from "../../src/system/windows/options.ts";
import type { Winsock } from "../../src/system/windows/ws2_32.ts";

/** The socket of a scripted Winsock, for any handle: the answers to our own queries. */
export interface ScriptedSocket {
  readonly datagram?: boolean;
  readonly bound?: boolean;
  readonly connected?: boolean;
  readonly listening?: boolean;
  /** SO_RCVTIMEO and SO_SNDTIMEO, in milliseconds. */
  readonly timeout?: number;
}

/** Which function fails, with which WSAGetLastError(), and whether only once. */
export interface ScriptedFailure {
  readonly function: keyof Winsock;
  readonly code: number;
  readonly once?: boolean;
}

const { AF, SOCK } = constants;
const WSAEINVAL = 10022;
const WSAENOTCONN = 10057;
const WSAEOPNOTSUPP = 10045;
/** WSAPROTOCOL_INFOW's iAddressFamily. */
const ADDRESS_FAMILY = 76;

/**
 * Winsock's functions, one of which fails, so that every code of every call can be tested on any
 * host.
 */
export function scriptedWinsock(failure: ScriptedFailure, socket: ScriptedSocket = {}): Winsock {
  let lastError = 0;
  let failures = 0;
  const fail = (code: number): number => {
    lastError = code;
    return -1;
  };

  /** The function, with the failure applied. */
  function play<Name extends keyof Winsock>(name: Name, otherwise: () => number): () => number {
    return () => {
      if (name !== failure.function || (failure.once && failures > 0)) return otherwise();
      failures += 1;
      return fail(failure.code);
    };
  }
  const succeed = <Name extends keyof Winsock>(name: Name) => play(name, () => 0);

  const getsockopt: Winsock["getsockopt"] = (_socket, level, name, value, length) => {
    if (failure.function === "getsockopt" && name === options.SO_KEEPALIVE.number) return fail(failure.code);
    const answer = answerOf(level, name);
    if (typeof value === "bigint" || typeof length === "bigint") return 0;
    new DataView(value.buffer, value.byteOffset).setUint32(
      name === SO_PROTOCOL_INFOW.number ? ADDRESS_FAMILY : 0,
      answer,
      true,
    );
    return 0;
  };

  function answerOf(_level: number, name: number): number {
    switch (name) {
      case options.SO_TYPE.number:
        return socket.datagram ? SOCK.DGRAM : SOCK.STREAM;
      case options.SO_ACCEPTCONN.number:
        return socket.listening ? 1 : 0;
      case options.SO_RCVTIMEO.number:
      case options.SO_SNDTIMEO.number:
        return socket.timeout ?? 0;
      case SO_PROTOCOL_INFOW.number:
        return AF.INET;
      default:
        return 0;
    }
  }

  return {
    WSAGetLastError: () => lastError,
    WSADuplicateSocketW: succeed("WSADuplicateSocketW"),
    WSAIoctl: () => fail(WSAEOPNOTSUPP),
    WSAPoll: play("WSAPoll", () => 1),
    WSARecv: succeed("WSARecv"),
    WSARecvMsg: succeed("WSARecvMsg"),
    WSASend: succeed("WSASend"),
    WSASendMsg: succeed("WSASendMsg"),
    WSASendTo: succeed("WSASendTo"),
    WSASocketW: play("WSASocketW", () => 1000),
    accept: play("accept", () => 1004),
    bind: succeed("bind"),
    closesocket: succeed("closesocket"),
    connect: succeed("connect"),
    getpeername: play("getpeername", () => (socket.connected ? 0 : fail(WSAENOTCONN))),
    getsockname: (_socket, address, length) => {
      if (failure.function === "getsockname") return fail(failure.code);
      if (!socket.bound) return fail(WSAEINVAL);
      if (typeof address === "bigint" || typeof length === "bigint") return 0;
      // A sockaddr_in with a port.
      address.set([AF.INET, 0, 0, 80]);
      new DataView(length.buffer, length.byteOffset).setInt32(0, 16, true);
      return 0;
    },
    getsockopt,
    ioctlsocket: succeed("ioctlsocket"),
    listen: succeed("listen"),
    recv: succeed("recv"),
    recvfrom: succeed("recvfrom"),
    select: () => 0,
    send: succeed("send"),
    sendto: succeed("sendto"),
    setsockopt: succeed("setsockopt"),
    shutdown: succeed("shutdown"),
    GetHandleInformation: () => 1,
    SetHandleInformation: () => 1,
    if_indextoname: () => null,
    if_nametoindex: () => 0,
  };
}
