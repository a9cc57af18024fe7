import type { AddressInput } from "../../address/address.ts";
import type { Borrowed } from "../../posix/borrow.ts";
import { BorrowedSocket } from "../../posix/borrowed-socket.ts";
import { endpointOf } from "../../posix/endpoint.ts";
import { tryGetpeername } from "../../posix/getpeername.ts";
import { recvErrorName } from "../../posix/recv-errno.ts";
import { type RecvfromError, recvfromErrors } from "../../posix/recvfrom.ts";
import { sendErrorName } from "../../posix/send-errno.ts";
import { type SendtoError, sendtoErrors } from "../../posix/sendto.ts";
import type { System } from "../../system/system.ts";

/** An error of a datagram socket: one of `sendto()` or of `recvfrom()`. */
export type DatagramError = SendtoError | RecvfromError;

/** Why a datagram could not be sent. */
export function sendtoError(socket: Borrowed, errno: number, to: AddressInput | null): SendtoError {
  return sendtoErrors.failure(socket.system, errno, {
    ask: (code) => sendErrorName(socket, code),
    where: () => (to === null ? peerOf(socket) : endpointOf(to)),
  }).error;
}

/** Why receiving failed, for example because an earlier datagram was not received. */
export function recvfromError(socket: Borrowed, errno: number): RecvfromError {
  return recvfromErrors.failure(socket.system, errno, {
    ask: (code) => recvErrorName(socket, code),
    where: () => peerOf(socket),
  }).error;
}

function peerOf({ system, fd }: Borrowed) {
  const peer = tryGetpeername(new BorrowedSocket(system, { fd }));
  return peer.ok ? endpointOf(peer.value) : undefined;
}

/** The error of receiving on a closed socket. */
export const receivingClosed = (system: System): RecvfromError =>
  recvfromErrors.fail(system, "SocketClosed").error;

/** The error of sending on a closed socket. */
export const sendingClosed = (system: System): SendtoError => sendtoErrors.fail(system, "SocketClosed").error;
